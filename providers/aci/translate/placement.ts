/** Identities, registries and subnet: those of the node, or what the pod's annotations name and a grant allows. Pure. */
import { credentialsFor, isGranted, Late, type Refusal, type ResolvedPod } from "../../../src/provider.ts";
import { identityId, subnetId } from "../config.ts";
import type { GroupBody, Place, RegistryCredential } from "../request.ts";
import type { TranslateContext } from "./context.ts";

const prefix = "aci.burstlet.dev/";

const podAnnotations = {
  identities: `${prefix}identities`,
  subnet: `${prefix}subnet`,
  dnsNameLabel: `${prefix}dns-name-label`,
} as const;

type Key = keyof typeof podAnnotations;

/** Of an annotation: what its values look like, how many there may be, in words, and whether each needs a grant. */
interface Form {
  readonly fits: (value: string) => boolean;
  readonly most: number;
  readonly words: string;
  readonly granted: boolean;
}

const forms: Readonly<Record<Key, Form>> = {
  identities: {
    fits: (value) => identityId.safeParse(value).success,
    most: 20,
    words: "1 to 20 resource ids of user-assigned managed identities, separated by commas",
    granted: true,
  },
  subnet: {
    fits: (value) => subnetId.safeParse(value).success,
    most: 1,
    words: "the resource id of one subnet",
    granted: true,
  },
  dnsNameLabel: {
    fits: (value) => /^[a-z][a-z0-9-]{1,61}[a-z0-9]$/.test(value),
    most: 1,
    words: "3 to 63 lowercase letters, digits and hyphens, with a letter first and no hyphen last",
    granted: false,
  },
};

export interface Placed {
  readonly places: readonly Place[];
  readonly identity: GroupBody["identity"];
  readonly dnsNameLabel: string | undefined;
  readonly registryCredentials: readonly RegistryCredential[];
  readonly refusals: readonly Refusal[];
}

export function placedOf(pod: ResolvedPod, context: TranslateContext): Placed {
  const { config } = context;
  const found = keys.map((key) => ({ key, ...named(pod, key, context.grants) }));
  const valuesOf = (key: Key) => found.find((one) => one.key === key)?.values;
  const [subnet] = valuesOf("subnet") ?? [];
  const [dnsNameLabel] = valuesOf("dnsNameLabel") ?? [];
  const registries = registriesOf(pod, config.registries);
  // Whoever pulls must be one of the group's identities, and then the pod's programs may use it too.
  const pulling = registries.credentials.flatMap((one) => ("identity" in one ? [one.identity] : []));
  const identities = [...new Set([...(valuesOf("identities") ?? config.identities), ...pulling])];
  return {
    places: placesOf(config, subnet),
    identity: identityOf(identities),
    dnsNameLabel,
    registryCredentials: registries.credentials,
    refusals: [
      ...unknownKeys(pod),
      ...found.flatMap(({ refusals }) => refusals),
      ...needRefusals(pod, config, { subnet, dnsNameLabel }),
      ...registries.refusals,
    ],
  };
}

const keys = Object.keys(podAnnotations) as readonly Key[];

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
function needRefusals(
  { containers }: ResolvedPod,
  { network }: TranslateContext["config"],
  { subnet, dnsNameLabel }: { readonly subnet: string | undefined; readonly dnsNameLabel: string | undefined },
): Refusal[] {
  const isNameless = network === "subnet" || !containers.some(({ kind, ports }) => kind !== "init" && ports.length > 0);
  const label = "Only a public address has a name: that of a pod with ports, on a node with aci.network: public.";
  const virtual = "Only on a node with aci.network: subnet are groups in a virtual network.";
  return [
    ...(dnsNameLabel !== undefined && isNameless
      ? [{ path: pathOf(podAnnotations.dnsNameLabel), sentence: label }]
      : []),
    ...(subnet !== undefined && network === "public"
      ? [{ path: pathOf(podAnnotations.subnet), sentence: virtual }]
      : []),
  ];
}

function named(pod: ResolvedPod, key: Key, grants: TranslateContext["grants"]) {
  const name = podAnnotations[key];
  const text = pod.annotations[name];
  if (text === undefined) return { values: undefined, refusals: [] };
  const { fits, most, words, granted } = forms[key];
  const values = text.split(",").map((value) => value.trim());
  const path = pathOf(name);
  if (values.length > most || !values.every(fits))
    return { values: undefined, refusals: [{ path, sentence: `Expected ${words}.` }] };
  const who = { namespace: pod.namespace, serviceAccount: pod.serviceAccountName || "default" };
  const refusals = (granted ? values : []).flatMap((id): Refusal[] => {
    if (isGranted(grants, who, id)) return [];
    const whom = `namespace ${who.namespace} or its service account ${who.serviceAccount}`;
    return [{ path, sentence: `No grant of the node's configuration allows ${id} to ${whom}.` }];
  });
  return { values, refusals };
}

/** A misspelt one would otherwise run the pod without its identity. */
function unknownKeys({ annotations }: ResolvedPod): Refusal[] {
  const known: readonly string[] = Object.values(podAnnotations);
  return Object.keys(annotations).flatMap((name) =>
    name.startsWith(prefix) && !known.includes(name)
      ? [{ path: pathOf(name), sentence: `Only ${known.join(", ")} mean something here.` }]
      : [],
  );
}

function pathOf(annotation: string): string {
  return `metadata.annotations[${annotation}]`;
}

/** One credential for each registry that the pod's images come from: the node's identity, or the best of the pull secrets. */
function registriesOf(
  { containers, pullCredentials }: ResolvedPod,
  identities: TranslateContext["config"]["registries"],
): { readonly credentials: readonly RegistryCredential[]; readonly refusals: readonly Refusal[] } {
  const images = [...new Set(containers.map(({ image }) => image))];
  const found = images.flatMap((image): RegistryCredential[] => {
    const server = serverOf(image);
    const own = identities.find((one) => one.server === server);
    if (own !== undefined) return [{ server, identity: own.identity }];
    const [best] = credentialsFor(image, pullCredentials);
    if (best === undefined || best.password instanceof Late) return [];
    return [{ server, username: best.username, password: best.password }];
  });
  const byServer = Map.groupBy(found, ({ server }) => server);
  const refusals = [...byServer].flatMap(([server, all]): Refusal[] => {
    const isOne = all.every((one) => JSON.stringify(shownOf(one)) === JSON.stringify(shownOf(all[0])));
    const sentence = `Azure takes one credential for ${server}, and the images need different ones: use one that may pull all.`;
    return isOne ? [] : [{ path: "spec.imagePullSecrets", sentence }];
  });
  return { credentials: [...byServer.values()].flatMap(([first]) => first ?? []), refusals };
}

/** Whose credential it is: two secrets with one user are taken for the same. */
function shownOf(one: RegistryCredential | undefined): unknown {
  return one !== undefined && "identity" in one ? one.identity : one?.username;
}

/** The registry of an image as Azure wants it, without scheme and path. Docker Hub's is `index.docker.io`. */
export function serverOf(image: string): string {
  const [first = "", ...rest] = image.split("/");
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  return isHost && first !== "docker.io" ? first : "index.docker.io";
}
