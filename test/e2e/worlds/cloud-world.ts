/** A control plane, the stand-in for clouds and burstlet with one node on one of them, as one e2e file needs them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Localstack, startLocalstack } from "../../../localstack/localstack.ts";
import { metadataHostOf, openRuntimeOf } from "../../../localstack/runtimes.ts";
import type { ScenarioInput } from "../../../localstack/scenario/schema.ts";
import { shutdownSupervisor } from "../../../providers/local/runtime/process/process-runtime.ts";
import type { Pod } from "../../../src/model/kube.ts";
import { systemClock as clock } from "../../../src/telemetry/clock.ts";
import { silentLog as log } from "../../support/silent-log.ts";
import { startWorld, type World, type WorldOptions } from "./world.ts";

export interface CloudWorld {
  readonly world: World;
  readonly cloud: Localstack;
  /** Where the process runtime keeps the stand-in's tasks. */
  readonly stateDir: string;
  stop(): Promise<void>;
}

export interface CloudOptions extends Omit<WorldOptions, "local" | "node" | "nodes"> {
  /** What runs the stand-in's tasks; default the scripted runtime. */
  readonly runtime?: "scripted" | "process";
  readonly scenario?: ScenarioInput;
}

/** The node of burstlet's configuration, given where the stand-in is, for burstlet and for tasks, and what burstlet's environment needs for it. */
export type NodeOf = (
  url: string,
  insideUrl: string,
) => { readonly node: object; readonly env?: Readonly<Record<string, string>> };

export async function startCloudWorld(nodeOf: NodeOf, options: CloudOptions = {}): Promise<CloudWorld> {
  const { runtime: kind = "scripted", scenario = {}, ...rest } = options;
  const stateDir = mkdtempSync(join(tmpdir(), "burstlet-cloud-"));
  const cloud = await startLocalstack({
    clock,
    port: 0,
    scenario,
    runtime: await openRuntimeOf(kind, { clock, log, stateDir }),
    metadataHost: metadataHostOf(kind),
  });
  const endCloud = async (): Promise<void> => {
    await cloud.close();
    if (kind === "process") await shutdownSupervisor(stateDir, clock);
    rmSync(stateDir, { recursive: true, force: true });
  };
  try {
    const world = await startWorld({ ...rest, ...nodeOf(cloud.url, cloud.insideUrl) });
    return {
      world,
      cloud,
      stateDir,
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

/** Why a pod's first container waits. */
export const waitsFor = ({ status }: Pod): string | undefined => status?.containerStatuses?.[0]?.state?.waiting?.reason;
