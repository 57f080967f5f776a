/** Output of containers in a directory of this machine, because Azure forgets most of it when a group stops. */
import { appendFile, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ContainerRef, TaskIdentity } from "../../../../src/provider.ts";
import { linesOf, type LogLine, writtenLine } from "./lines.ts";
import { droppedNotice, notice } from "./notices.ts";

/** One file for each run of a container: `<pod's uid>.<attempt>/<container>.<instance>.log`. Calls for one run follow each other. */
export interface Spool {
  append(run: ContainerRef, lines: readonly LogLine[]): Promise<void>;
  /** `undefined`: there is nothing of that run. `last`: so many lines at the end. */
  read(run: ContainerRef, last?: number): Promise<readonly LogLine[] | undefined>;
  remove(identity: TaskIdentity): Promise<void>;
}

export interface SpoolLimits {
  readonly directory: string;
  /** Of all files together. */
  readonly maxBytes: number;
}

/** One run has no more of the room than this part of it. */
const share = 4;
/** Bytes at the end of a file in which its last lines are looked for first. */
const tailBytes = 256 * 1024;

interface Kept {
  size: number;
  /** Rises with each use: the file that was written longest ago goes first. */
  used: number;
}

export async function openSpool({ directory, maxBytes }: SpoolLimits): Promise<Spool> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const files = await found(directory);
  const turns = new Map<string, Promise<unknown>>();
  let uses = files.size;

  const inTurn = async <T>(path: string, work: () => Promise<T>): Promise<T> => {
    const before = turns.get(path) ?? Promise.resolve();
    const turn = before.then(work, work);
    const settled = turn.catch(() => undefined);
    turns.set(path, settled);
    void settled.then(() => turns.get(path) === settled && turns.delete(path));
    return turn;
  };
  const makeRoom = async (path: string): Promise<void> => {
    const total = (): number => [...files.values()].reduce((sum, { size }) => sum + size, 0);
    const kept = files.get(path);
    if (kept !== undefined && kept.size > maxBytes / share) kept.size = await halve(join(directory, path));
    while (total() > maxBytes && files.size > 1) {
      const [oldest] = [...files].filter(([name]) => name !== path).toSorted(([, a], [, b]) => a.used - b.used);
      if (oldest === undefined) return;
      files.delete(oldest[0]);
      await rm(join(directory, oldest[0]), { force: true });
    }
  };
  return {
    async append(run, lines) {
      const path = pathOf(run);
      await inTurn(path, async () => {
        const text = lines.map(writtenLine).join("");
        await mkdir(join(directory, folderOf(run.task.identity)), { recursive: true, mode: 0o700 });
        await appendFile(join(directory, path), text, { mode: 0o600 });
        files.set(path, { size: (files.get(path)?.size ?? 0) + Buffer.byteLength(text), used: ++uses });
        await makeRoom(path);
      });
    },
    async read(run, last) {
      const path = pathOf(run);
      if (!files.has(path)) return undefined;
      return inTurn(path, async () => readLines(join(directory, path), last));
    },
    async remove(identity) {
      const folder = folderOf(identity);
      for (const path of files.keys()) if (path.startsWith(`${folder}/`)) files.delete(path);
      await rm(join(directory, folder), { recursive: true, force: true });
    },
  };
}

/** Uids and container names have letters, digits and hyphens alone; whatever else came would be no path either. */
const plain = (text: string): string => text.replaceAll(/[^\w-]/g, "_");
const folderOf = ({ podUid, attempt }: TaskIdentity): string => `${plain(podUid)}.${attempt}`;

function pathOf({ task: { identity }, container, instance }: ContainerRef): string {
  return `${folderOf(identity)}/${plain(container)}.${instance}.log`;
}

/** What another run of burstlet has left, oldest first. */
async function found(directory: string): Promise<Map<string, Kept>> {
  const entries = await readdir(directory, { recursive: true });
  const logs = entries.filter((entry) => /^[\w-]+\.\d+\/[\w-]+\.\d+\.log$/.test(entry));
  const stats = await Promise.all(logs.map(async (path) => ({ path, ...(await sizeAndTime(join(directory, path))) })));
  const sorted = stats.toSorted((a, b) => a.time - b.time);
  return new Map(sorted.map(({ path, size }, index) => [path, { size, used: index }]));
}

async function sizeAndTime(path: string): Promise<{ readonly size: number; readonly time: number }> {
  const { size, mtimeMs } = await stat(path);
  return { size, time: mtimeMs };
}

async function readLines(path: string, last?: number): Promise<readonly LogLine[]> {
  if (last === undefined) return linesOf(await readFile(path, "utf8"), 0).lines;
  if (last === 0) return [];
  const file = await open(path);
  try {
    const { size } = await file.stat();
    for (let length = tailBytes; ; length *= 8) {
      const at = Math.max(0, size - length);
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(Math.min(size, length)), position: at });
      const text = buffer.toString("utf8", 0, bytesRead);
      const { lines } = linesOf(at === 0 ? text : text.slice(text.indexOf("\n") + 1), 0);
      if (lines.length >= last || at === 0) return lines.slice(-last);
    }
  } finally {
    await file.close();
  }
}

/** Leaves the newer half, behind a line that says so. Returns its size. */
async function halve(path: string): Promise<number> {
  const text = await readFile(path, "utf8");
  const rest = text.slice(text.indexOf("\n", text.length >> 1) + 1);
  const [first] = linesOf(rest.slice(0, 4_096), 0).lines;
  const half = first === undefined ? rest : `${writtenLine(notice(droppedNotice, first))}${rest}`;
  await writeFile(`${path}.new`, half, { mode: 0o600 });
  await rename(`${path}.new`, path);
  return Buffer.byteLength(half);
}
