/** A control plane, the stand-in for AWS and burstlet with one node on Fargate, as one e2e file needs them. */
import type { LedgerEntry } from "../../../localstack/ledger.ts";
import type { Localstack } from "../../../localstack/localstack.ts";
import type { Pod } from "../../../src/model/kube.ts";
import { eventually } from "../../support/eventually.ts";
import { standInNode } from "../../support/stand-in-node.ts";
import { type CloudOptions, startCloudWorld } from "./cloud-world.ts";
import type { World } from "./world.ts";

export { waitsFor } from "./cloud-world.ts";

export interface FargateWorld {
  readonly world: World;
  readonly aws: Localstack;
  /** Where the process runtime keeps the stand-in's tasks. */
  readonly stateDir: string;
  stop(): Promise<void>;
}

export interface FargateOptions extends CloudOptions {
  /** More of the node's part `fargate`, given where tasks reach the stand-in. */
  readonly fargate?: object | ((insideUrl: string) => object);
  /** What pods may name by annotation. */
  readonly grants?: readonly object[];
}

export async function startFargateWorld({
  fargate = {},
  grants = [],
  ...options
}: FargateOptions = {}): Promise<FargateWorld> {
  const { cloud, ...rest } = await startCloudWorld((url, insideUrl) => {
    const { node, env } = standInNode(url);
    const more = typeof fargate === "function" ? (fargate(insideUrl) as object) : fargate;
    const own = { ...node, grants, fargate: { ...node.fargate, ...more } };
    return { node: { name: "burst-fargate", ...own }, env };
  }, options);
  return { ...rest, aws: cloud };
}

type Launch = Extract<LedgerEntry, { event: "launch" }>;
type Ended = Extract<LedgerEntry, { event: "ended" }>;

/** Tasks that were really started, for one pod or for all. */
export function launchesOf({ aws }: FargateWorld, pod?: Pod): Launch[] {
  return aws.ledger.entries
    .filter((entry) => entry.event === "launch")
    .filter(({ outcome }) => outcome === "launched")
    .filter(({ startedBy }) => pod === undefined || startedBy.includes(`/${pod.metadata?.uid}/`));
}

export function endsOf({ aws }: FargateWorld): Ended[] {
  return aws.ledger.entries.filter((entry) => entry.event === "ended");
}

/** Attempts of pods for which more than one task was started: there must be none. */
export function launchedTwice(cloud: FargateWorld): string[] {
  const marks = launchesOf(cloud).map(({ startedBy }) => startedBy);
  return marks.filter((mark, index) => marks.indexOf(mark) !== index);
}

/** Resolves when every task that was started has ended. */
export async function nothingRuns(cloud: FargateWorld, withinMs?: number): Promise<void> {
  await eventually("every task has ended", () => endsOf(cloud).length === launchesOf(cloud).length, withinMs);
}
