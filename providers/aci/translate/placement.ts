/** Identities, registries, subnet and offer: those of the node, or what the pod's annotations name and a grant allows. Pure. */
import type { Refusal, ResolvedPod } from "../../../src/provider.ts";
import type { GroupBody, Place, RegistryCredential } from "../request.ts";
import { type Named, namedBy } from "./annotations/named.ts";
import type { TranslateContext } from "./context.ts";
import { type Offered, offeredPlaces, offeredTo } from "./offer.ts";
import { registriesOf } from "./registries.ts";

export interface Placed {
  readonly places: readonly Place[];
  readonly identity: GroupBody["identity"];
  readonly dnsNameLabel: string | undefined;
  readonly offered: Offered;
  readonly registryCredentials: readonly RegistryCredential[];
  readonly refusals: readonly Refusal[];
}

export function placedOf(pod: ResolvedPod, context: TranslateContext): Placed {
  const { config } = context;
  const named = namedBy(pod, context.grants);
  const [subnet] = named.valuesOf("subnet") ?? [];
  const [dnsNameLabel] = named.valuesOf("dnsNameLabel") ?? [];
  const registries = registriesOf(pod, config.registries);
  const offered = offeredTo(pod, named, config);
  // Whoever pulls must be one of the group's identities, and then the pod's programs may use it too.
  const pulling = registries.credentials.flatMap((one) => ("identity" in one ? [one.identity] : []));
  const identities = [...new Set([...(named.valuesOf("identities") ?? config.identities), ...pulling])];
  return {
    places: offeredPlaces(placesOf(config, subnet), offered.offer),
    identity: identityOf(identities),
    dnsNameLabel,
    offered,
    registryCredentials: registries.credentials,
    refusals: [...named.refusals, ...needRefusals(pod, config, named), ...offered.refusals, ...registries.refusals],
  };
}

function placesOf({ network, locations, subnets }: TranslateContext["config"], own: string | undefined): Place[] {
  const [first = ""] = locations;
  // A subnet has one region, which its id does not tell.
  if (own !== undefined) return [{ location: first, subnet: own }];
  return locations.map((location) => {
    const subnet = network === "subnet" ? subnets[location] : undefined;
    return { location, ...(subnet !== undefined && { subnet }) };
  });
}

function identityOf(ids: readonly string[]): GroupBody["identity"] {
  if (ids.length === 0) return undefined;
  return { type: "UserAssigned", userAssignedIdentities: Object.fromEntries(ids.map((id) => [id, {}])) };
}

/** What an annotation needs besides a grant. */
function needRefusals({ containers }: ResolvedPod, { network }: TranslateContext["config"], named: Named): Refusal[] {
  const isNameless = network === "subnet" || !containers.some(({ kind, ports }) => kind !== "init" && ports.length > 0);
  const label = "Only a public address has a name: that of a pod with ports, on a node with aci.network: public.";
  const virtual = "Only on a node with aci.network: subnet are groups in a virtual network.";
  return [
    ...(named.valuesOf("dnsNameLabel") !== undefined && isNameless
      ? [{ path: named.pathOf("dnsNameLabel"), sentence: label }]
      : []),
    ...(named.valuesOf("subnet") !== undefined && network === "public"
      ? [{ path: named.pathOf("subnet"), sentence: virtual }]
      : []),
  ];
}
