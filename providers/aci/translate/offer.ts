/**
 * Which of Azure's offers a group is: Spot, Confidential, in one zone. What each cannot have: Azure's pages on Spot and
 * Confidential containers and on quotas. Pure.
 */
import type { Refusal, ResolvedPod } from "../../../src/provider.ts";
import type { AciConfig } from "../config.ts";
import type { GroupBody, GroupProperties, Place } from "../request.ts";
import type { Offer } from "../size/sizes.ts";
import type { Named } from "./annotations/named.ts";

export interface Offered {
  /** By which sizes and prices go. */
  readonly offer: Offer;
  readonly zones: GroupBody["zones"];
  readonly properties: Pick<GroupProperties, "sku" | "priority" | "confidentialComputeProperties">;
  readonly refusals: readonly Refusal[];
}

export function offeredTo(pod: ResolvedPod, named: Named, config: AciConfig): Offered {
  const [zone] = named.valuesOf("zone") ?? [];
  const [priority] = named.valuesOf("priority") ?? [];
  const [ccePolicy] = named.valuesOf("ccePolicy") ?? [];
  const [sku] = named.valuesOf("sku") ?? [];
  // Whoever brings a policy wants it enforced, which Confidential alone does.
  const isConfidential = sku === "Confidential" || ccePolicy !== undefined;
  const isSpot = priority === "Spot";
  return {
    offer: isSpot ? "Spot" : isConfidential ? "Confidential" : "Standard",
    zones: zone === undefined ? undefined : [zone],
    properties: {
      sku: isConfidential ? "Confidential" : "Standard",
      ...(isSpot && { priority: "Spot" }),
      ...(ccePolicy !== undefined && { confidentialComputeProperties: { ccePolicy } }),
    },
    refusals: [
      ...(isSpot ? spotRefusals(pod, named, config, { isConfidential, zone }) : []),
      ...(sku === "Standard" && ccePolicy !== undefined
        ? [
            {
              path: named.pathOf("ccePolicy"),
              sentence: "Only a Confidential group has a policy: leave sku out, or this.",
            },
          ]
        : []),
    ],
  };
}

/** Regions with Spot, which is a preview: whether there are more by now is not verified. */
const spotRegions: ReadonlySet<string> = new Set(["eastus2", "westeurope", "westus"]);

/** Those of these places that have the offer. */
export function offeredPlaces(places: readonly Place[], offer: Offer): readonly Place[] {
  return offer === "Spot" ? places.filter(({ location }) => spotRegions.has(location)) : places;
}

function spotRefusals(
  { containers }: ResolvedPod,
  named: Named,
  { network, locations }: AciConfig,
  { isConfidential, zone }: { readonly isConfidential: boolean; readonly zone: string | undefined },
): Refusal[] {
  const path = named.pathOf("priority");
  const hasPorts = containers.some(({ kind, ports }) => kind !== "init" && ports.length > 0);
  const sentences = [
    network === "subnet" ? "A Spot group cannot be in a virtual network: use a node with aci.network: public." : "",
    network === "public" && hasPorts ? "A Spot group has no address: remove the ports of the containers." : "",
    isConfidential ? "A Spot group cannot be Confidential: choose one of them." : "",
    zone === undefined ? "" : "A Spot group cannot be in a zone of one's choice: remove the zone.",
    locations.some((location) => spotRegions.has(location))
      ? ""
      : `Spot groups are in ${[...spotRegions].join(", ")} alone, and the node has ${locations.join(", ")}.`,
  ];
  return sentences.filter((sentence) => sentence !== "").map((sentence) => ({ path, sentence }));
}
