import type PQueue from "p-queue";
import type { Clock, Log, TaskState } from "../../../../../src/provider.ts";
import type { Doors } from "../../network/doors.ts";
import type { TaskSpec } from "../../runtime.ts";
import type { Holder } from "../container/holder.ts";
import { spawnSandbox } from "../container/sandbox.ts";
import { replaceFiles, writeVolumes } from "../container/files/volumes.ts";
import type { LateValues } from "../container/text.ts";
import type { Host } from "../host/abilities.ts";
import type { Pipes } from "../host/pipes.ts";
import type { ProcessMark } from "../host/processes.ts";
import type { TerminalKind } from "../terminal/terminals.ts";
import { taskDirectory } from "../paths.ts";
import type { TaskRecord } from "./record.ts";
import type { Store } from "./store.ts";

/** What all tasks of a supervisor share. */
export interface TaskContext {
  readonly stateDir: string;
  readonly host: Host;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** `undefined`: the best that can be had. */
  readonly terminals?: TerminalKind | undefined;
  readonly doors: Doors;
  readonly pipes: Pipes;
  readonly changed: (state: TaskState) => void;
  /** Where namespaces and containers are made, a few at a time: the first ones run soon, however many come at once. */
  readonly makers: PQueue;
}

/** What a task's containers share, made when the first of them needs it and again when it was lost. */
export interface Sandbox {
  /** `record` writes the holder's mark to disk before the holder does anything. */
  hold(record: (mark: ProcessMark) => void): Promise<Held>;
  /** Writes the files of these volumes anew, if there are any yet. */
  refill(volumes: readonly string[]): Promise<void>;
  /** Ends the namespaces; resolves when they are gone. */
  close(): Promise<void>;
  /** Gives the task's address back. */
  free(): void;
}

export interface Held {
  /** `undefined` without isolation. */
  readonly mark: ProcessMark | undefined;
  readonly address: string | undefined;
  readonly late: LateValues;
}

/** `specNow`: as it was last changed. */
export function createSandbox(
  specNow: () => TaskSpec,
  task: Pick<TaskRecord, "key" | "hostIP">,
  context: TaskContext,
): Sandbox {
  const { ground, network } = context.host;
  const directory = taskDirectory(context.stateDir, task.key);
  let holder: Holder | undefined;
  let held: Promise<Held> | undefined;

  const make = async (record: (mark: ProcessMark) => void): Promise<Held> => {
    const address = network?.addresses.take(task.key);
    const late = lateValues(address, task.hostIP);
    const spec = specNow();
    const mounts = writeVolumes(spec, directory, late);
    if (!ground.abilities.isolation) return { mark: undefined, address, late };
    const own = spawnSandbox({ hostname: spec.hostname, ownNetwork: network !== undefined, mounts, directory });
    holder = own;
    record(own.mark);
    void own.ended.then(() => {
      if (holder === own) held = undefined;
    });
    await own.go();
    if (address !== undefined) await network?.join(own.mark.pid, address);
    return { mark: own.mark, address, late };
  };

  return {
    hold(record) {
      held ??= make(record).catch((error: unknown) => {
        holder?.kill();
        held = undefined;
        throw error;
      });
      return held;
    },
    async refill(volumes) {
      // Where that fails, the next to hold it writes the new ones.
      const late = (await held?.catch(() => undefined))?.late;
      if (late !== undefined) for (const name of volumes) replaceFiles(specNow(), name, directory, late);
    },
    async close() {
      holder?.kill();
      await holder?.ended;
    },
    free() {
      if (network === undefined) return;
      network.addresses.free(network.addresses.take(task.key));
    },
  };
}

function lateValues(address: string | undefined, hostIP: string | undefined): LateValues {
  return { podIP: address ?? "", podIPs: address ?? "", hostIP: hostIP ?? "", hostIPs: hostIP ?? "" };
}
