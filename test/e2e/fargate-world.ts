/** A control plane, the stand-in for AWS and burstlet with one node on Fargate, as one e2e file needs them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LedgerEntry } from "../../localstack/ledger.ts";
import { type Localstack, startLocalstack } from "../../localstack/localstack.ts";
import { metadataHostOf, openRuntimeOf } from "../../localstack/runtimes.ts";
import type { ScenarioInput } from "../../localstack/scenario/schema.ts";
import { shutdownSupervisor } from "../../providers/local/runtime/process/process-runtime.ts";
import type { Pod } from "../../src/model/kube.ts";
import { systemClock as clock } from "../../src/telemetry/clock.ts";
import { eventually } from "../support/eventually.ts";
import { silentLog as log } from "../support/silent-log.ts";
import { standInNode } from "../support/stand-in-node.ts";
import { startWorld, type World, type WorldOptions } from "./world.ts";

export interface FargateWorld {
  readonly world: World;
  readonly aws: Localstack;
  stop(): Promise<void>;
}

export interface FargateOptions extends Omit<WorldOptions, "local" | "node" | "nodes"> {
  /** What runs the stand-in's tasks; default the scripted runtime. */
  readonly runtime?: "scripted" | "process";
  readonly scenario?: ScenarioInput;
}

export async function startFargateWorld(options: FargateOptions = {}): Promise<FargateWorld> {
  const { runtime: kind = "scripted", scenario = {}, ...rest } = options;
  const stateDir = mkdtempSync(join(tmpdir(), "burstlet-aws-"));
  const aws = await startLocalstack({
    clock,
    port: 0,
    scenario,
    runtime: await openRuntimeOf(kind, { clock, log, stateDir }),
    metadataHost: metadataHostOf(kind),
  });
  const { node, env } = standInNode(aws.url);
  const endCloud = async (): Promise<void> => {
    await aws.close();
    if (kind === "process") await shutdownSupervisor(stateDir, clock);
    rmSync(stateDir, { recursive: true, force: true });
  };
  try {
    const world = await startWorld({ ...rest, env, node: { name: "burst-fargate", ...node } });
    return {
      world,
      aws,
      async stop() {
        await world.stop();
        await endCloud();
      },
    };
  } catch (error) {
    await endCloud();
    throw error;
  }
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

/** Why a pod's first container waits. */
export const waitsFor = ({ status }: Pod): string | undefined => status?.containerStatuses?.[0]?.state?.waiting?.reason;
