import type { ProcessRuntimeOptions } from "../providers/local/runtime/process/process-runtime.ts";
import type { Runtime } from "../providers/local/runtime/runtime.ts";
import type { Clock } from "../src/model/clock.ts";
import type { LocalstackOptions } from "./localstack.ts";
import { owner } from "./owner.ts";
import { scriptedRuntime } from "./scripted.ts";

export type RuntimeKind = "scripted" | "process" | "engine";

export interface RuntimeParts {
  /** The machine's clock: what really runs does not run faster because the stand-in's clock does. */
  readonly clock: Clock;
  readonly log: ProcessRuntimeOptions["log"];
  /** Folder for what a runtime keeps of its tasks. */
  readonly stateDir: string;
  /** For `engine`: `unix:///path` or `tcp://host:port`; default DOCKER_HOST, then Docker's socket. */
  readonly engine?: string | undefined;
}

/** Address of the bridge that the process runtime joins its tasks to, where it gives them addresses. */
const processBridge = "10.213.0.1";

/** Where tasks of this kind find this machine, for the metadata endpoint; `undefined`: where the stand-in listens. */
export function metadataHostOf(kind: RuntimeKind): LocalstackOptions["metadataHost"] {
  if (kind !== "process") return undefined;
  return async (runtime) => ((await runtime.facts()).taskAddresses ? processBridge : undefined);
}

/** What runs the stand-in's tasks, by name; only the code of that runtime is loaded. */
export async function openRuntimeOf(kind: RuntimeKind, parts: RuntimeParts): Promise<LocalstackOptions["runtime"]> {
  const { clock, log, stateDir, engine } = parts;
  switch (kind) {
    case "scripted":
      return scriptedRuntime;
    case "process": {
      const { createProcessRuntime } = await import("../providers/local/runtime/process/process-runtime.ts");
      return (): Promise<Runtime> => createProcessRuntime({ stateDir, clock, log });
    }
    case "engine": {
      const { createEngineRuntime } = await import("../providers/local/runtime/engine/engine-runtime.ts");
      return (): Promise<Runtime> =>
        createEngineRuntime({ host: engine ?? process.env["DOCKER_HOST"], stateDir, clock, log, ...owner });
    }
  }
}
