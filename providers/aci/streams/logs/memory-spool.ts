/** What is kept of runs that are about to end, where the node has no directory for output: in memory, and little of it. */
import type { ContainerRef, TaskIdentity } from "../../../../src/provider.ts";
import type { LogLine } from "./lines.ts";
import { noRoomNotice, notice } from "./notices.ts";
import { runKey } from "./poller.ts";
import type { Spool } from "./spool.ts";

/** Characters of one run, and of all together: the runs that were begun first go first. */
interface Room {
  readonly run: number;
  readonly all: number;
}

interface Kept {
  readonly identity: TaskIdentity;
  lines: LogLine[];
  size: number;
}

const sizeOf = (lines: readonly LogLine[]): number => lines.reduce((sum, { text }) => sum + text.length, 0);

export function createMemorySpool(room: Room = { run: 1 << 20, all: 32 << 20 }): Spool {
  const runs = new Map<string, Kept>();
  let total = 0;
  const drop = (key: string): void => {
    total -= runs.get(key)?.size ?? 0;
    runs.delete(key);
  };
  return {
    async append(run: ContainerRef, lines) {
      const key = runKey(run);
      const kept = runs.get(key) ?? { identity: run.task.identity, lines: [], size: 0 };
      drop(key);
      runs.set(key, kept);
      kept.lines.push(...lines);
      kept.size += sizeOf(lines);
      if (kept.size > room.run) halve(kept);
      total += kept.size;
      for (const oldest of runs.keys()) {
        if (total <= room.all || oldest === key) break;
        drop(oldest);
      }
    },
    async read(run, last) {
      const lines = runs.get(runKey(run))?.lines;
      return last === undefined ? lines?.slice() : lines?.slice(Math.max(0, lines.length - last));
    },
    async remove({ clusterUid, podUid, attempt }) {
      for (const [key, { identity }] of runs)
        if (identity.clusterUid === clusterUid && identity.podUid === podUid && identity.attempt === attempt) drop(key);
    },
  };
}

/** Leaves the newer half, behind a line that says so. */
function halve(kept: Kept): void {
  const half = kept.size / 2;
  let at = 0;
  for (; at < kept.lines.length - 1 && kept.size > half; at++) kept.size -= kept.lines[at]?.text.length ?? 0;
  const rest = kept.lines.slice(at);
  const [first] = rest;
  kept.lines = first === undefined ? rest : [notice(noRoomNotice, first), ...rest];
}
