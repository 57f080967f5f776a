/** A control plane, the stand-in for Azure and burstlet with one node on Container Instances, as one e2e file needs them. */
import type { LedgerEntry } from "../../../localstack/ledger.ts";
import type { Localstack } from "../../../localstack/localstack.ts";
import type { Pod } from "../../../src/model/kube.ts";
import { eventually } from "../../support/eventually.ts";
import { type CloudOptions, startCloudWorld } from "./cloud-world.ts";
import type { World } from "./world.ts";

export interface AciWorld {
  readonly world: World;
  readonly azure: Localstack;
  /** Where the process runtime keeps the stand-in's groups. */
  readonly stateDir: string;
  stop(): Promise<void>;
}

export interface AciOptions extends CloudOptions {
  /** More of the node's part `aci`. */
  readonly aci?: object;
}

export async function startAciWorld({ aci = {}, ...options }: AciOptions = {}): Promise<AciWorld> {
  const usual = { subscription: "00000000-0000-0000-0000-000000000000", locations: ["westeurope", "northeurope"] };
  const { cloud, ...rest } = await startCloudWorld((endpoint) => {
    const node = { name: "burst-aci", provider: "aci", network: "routed", aci: { ...usual, endpoint, ...aci } };
    return { node };
  }, options);
  return { ...rest, azure: cloud };
}

type Group<Event extends string> = Extract<LedgerEntry, { event: Event }>;

/** Groups that were really made, for one pod or for all. */
export function groupsOf({ azure }: AciWorld, pod?: Pod): Group<"group put">[] {
  return azure.ledger.entries
    .filter((entry) => entry.event === "group put")
    .filter(({ outcome }) => outcome === "created")
    .filter(({ tags }) => pod === undefined || tags["burstlet-pod-uid"] === pod.metadata?.uid);
}

/** Attempts of pods for which more than one group was made, and groups that a PUT has started anew: there must be none. */
export function madeTwice(cloud: AciWorld): string[] {
  const marks = groupsOf(cloud).map(({ tags }) => `${tags["burstlet-pod-uid"]}/${tags["burstlet-attempt"]}`);
  const anew = cloud.azure.ledger.entries.filter(
    (entry) => entry.event === "group put" && entry.outcome === "restarted",
  );
  return [...marks.filter((mark, index) => marks.indexOf(mark) !== index), ...anew.map(({ event }) => event)];
}

/** Resolves when every group that was made is gone. */
export async function nothingIsLeft(cloud: AciWorld, withinMs?: number): Promise<void> {
  const gone = () => cloud.azure.ledger.entries.filter(({ event }) => event === "group gone").length;
  await eventually("every group is gone", () => gone() === groupsOf(cloud).length, withinMs);
}
