import type { ProcessRuntimeOptions } from "../providers/local/runtime/process/process-runtime.ts";
import type { Runtime } from "../providers/local/runtime/runtime.ts";
import type { Clock } from "../src/model/clock.ts";
import { owner } from "./ecs/task/spec.ts";
import type { LocalstackOptions } from "./localstack.ts";
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
