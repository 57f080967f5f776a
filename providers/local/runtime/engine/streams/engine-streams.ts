import type { Log } from "../../../../../src/provider.ts";
import { createDoors } from "../../network/doors.ts";
import type { Runtime } from "../../runtime.ts";
import { killerName, labels } from "../names.ts";
import type { Workshop } from "../perform.ts";
import { engineAttach } from "./attach.ts";
import { engineExec } from "./exec.ts";
import { engineForward } from "./forward.ts";
import { createSessionKiller } from "./kill-sessions.ts";
import { localProcess } from "./local-process.ts";

export interface EngineStreams {
  readonly calls: Required<Pick<Runtime, "exec" | "attach" | "forward">>;
  /** Resolves when no command of a client that has gone is left to kill. Open streams go on. */
  close(): Promise<void>;
}

/** What a runtime can do with the streams of what runs. */
export function engineStreams(
  { client, clock, engine }: Pick<Workshop, "client" | "clock" | "engine">,
  { log, clusterUid, nodeName }: { readonly log: Log; readonly clusterUid: string; readonly nodeName: string },
): EngineStreams {
  const killer = createSessionKiller({
    client,
    clock,
    log,
    image: async () => (await engine()).pause,
    name: killerName(clusterUid, nodeName),
    labels: { [labels.cluster]: clusterUid, [labels.node]: nodeName },
  });
  const doors = createDoors(clock);
  const parts = { client, clock, killer, doors, processOf: localProcess };
  return {
    calls: {
      exec: (target, command, signal) => engineExec(parts, target, command, signal),
      attach: (target, how, signal) => engineAttach(parts, target, how, signal),
      forward: (task, port, signal) => engineForward(parts, task, port, signal),
    },
    async close() {
      doors.close();
      await killer.idle();
    },
  };
}
