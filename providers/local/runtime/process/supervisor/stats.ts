import { readFileSync, statSync } from "node:fs";
import { opendir, lstat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock, TaskStats } from "../../../../../src/provider.ts";
import { logLimits, rotatedName } from "../../log-writer.ts";
import type { Run } from "../container/run.ts";
import { isAlive } from "../host/processes.ts";
import { containerDirectory, logPath } from "../paths.ts";
import type { TaskRecord } from "./record.ts";

/** A scratch root with more entries than this is not counted: its size is left out. */
const maxEntries = 2000;
const blockBytes = 512;

type ContainerStats = TaskStats["containers"][number];

/** What is known now of a task and those of its containers that run. */
export async function statsOf(
  record: TaskRecord,
  runs: ReadonlyMap<string, Run>,
  { stateDir, clock }: { readonly stateDir: string; readonly clock: Clock },
): Promise<TaskStats> {
  const running = [...runs].flatMap(([name, run]) => {
    const usage = run.ran ? run.usage() : undefined;
    return usage === undefined ? [] : [{ name, time: clock.now(), startedAt: run.startedAt, ...usage }];
  });
  const containers = await Promise.all(
    running.map(async (known): Promise<ContainerStats> => {
      const instance = record.containers.find(({ name }) => name === known.name)?.instance ?? 0;
      const diskBytes = await sizeOf(join(containerDirectory(stateDir, record.key, known.name), "root"));
      const logBytes = logSize(logPath(stateDir, record.key, known.name, instance));
      return { ...known, ...(diskBytes !== undefined && { diskBytes }), logBytes };
    }),
  );
  const network = networkOf(record);
  return { identity: record.identity, ...(network && { network }), containers };
}

/** The task's own interface; tasks that share the host's network have no numbers of their own. */
function networkOf({ sandbox, address }: TaskRecord): TaskStats["network"] {
  if (sandbox === undefined || address === undefined || !isAlive(sandbox)) return undefined;
  try {
    return interfaceBytes(readFileSync(`/proc/${sandbox.pid}/net/dev`, "utf8"), "eth0");
  } catch {
    return undefined;
  }
}

/** From the table of /proc/net/dev: received and sent bytes are its 1st and 9th number. Pure. */
export function interfaceBytes(table: string, name: string): { rxBytes: number; txBytes: number } | undefined {
  const line = table.split("\n").find((each) => each.trimStart().startsWith(`${name}:`));
  const numbers = line
    ?.slice(line.indexOf(":") + 1)
    .trim()
    .split(/\s+/)
    .map(Number);
  const [rxBytes, txBytes] = [numbers?.[0], numbers?.[8]];
  return rxBytes === undefined || txBytes === undefined ? undefined : { rxBytes, txBytes };
}

function logSize(path: string): number {
  let bytes = 0;
  for (let n = 0; n < logLimits.maxFiles; n += 1)
    bytes += statSync(rotatedName(path, n), { throwIfNoEntry: false })?.size ?? 0;
  return bytes;
}

/** Bytes on disk below a directory: what the container wrote and what was made for it; nothing that is mounted there. */
async function sizeOf(root: string): Promise<number | undefined> {
  let left = maxEntries;
  const below = async (path: string): Promise<number> => {
    let bytes = 0;
    for await (const entry of await opendir(path)) {
      left -= 1;
      if (left < 0) throw new Error("too many files to count");
      const inner = join(path, entry.name);
      // A container removes its files as it likes.
      bytes += (await lstat(inner).catch(() => undefined))?.blocks ?? 0;
      if (entry.isDirectory()) bytes += await below(inner);
    }
    return bytes;
  };
  return below(root).then(
    (blocks) => blocks * blockBytes,
    () => undefined,
  );
}
