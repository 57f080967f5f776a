/**
 * Processes of this host, by pid and start time: a pid alone may belong to somebody else by now.
 * Facts from /proc (proc(5)).
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { constants } from "node:os";

export interface ProcessMark {
  readonly pid: number;
  /** Clock ticks after boot, field 22 of /proc/<pid>/stat. */
  readonly startTime: string;
}

/** USER_HZ is 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;
const pageBytes = 4096;

export function markOf(pid: number): ProcessMark | undefined {
  const startTime = stat(pid)?.[19];
  return startTime === undefined ? undefined : { pid, startTime };
}

export function isAlive(mark: ProcessMark): boolean {
  const fields = stat(mark.pid);
  return fields?.[19] === mark.startTime && fields[0] !== "Z";
}

/** Signals the marked process, never another one that has its pid now. */
export function signalMarked(mark: ProcessMark, signal: NodeJS.Signals): void {
  if (isAlive(mark)) sendSignal(mark.pid, signal);
}

/** As kill(2), a negative pid is a process group; a process that is gone is no error. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Does the process catch or ignore this signal? */
export function handlesSignal(pid: number, signal: NodeJS.Signals): boolean {
  const status = readText(`/proc/${pid}/status`) ?? "";
  const bit = 1n << BigInt(constants.signals[signal] - 1);
  return ["SigCgt", "SigIgn"].some((name) => {
    const mask = new RegExp(`^${name}:\\s*([0-9a-f]+)$`, "m").exec(status)?.[1];
    return mask !== undefined && (BigInt(`0x${mask}`) & bit) !== 0n;
  });
}

export function childrenOf(pid: number): readonly number[] {
  const threads = listDirectory(`/proc/${pid}/task`);
  return threads.flatMap((thread) => {
    const text = readText(`/proc/${pid}/task/${thread}/children`);
    return text === undefined ? [] : text.trim().split(" ").filter(Boolean).map(Number);
  });
}

/** Names a namespace of the process: equal for two that share it, `undefined` when the process is gone. */
export function namespaceOf(pid: number, kind: "pid" | "pid_for_children"): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`);
  } catch {
    return undefined;
  }
}

export function leadsSession(pid: number): boolean {
  return stat(pid)?.[3] === String(pid);
}

/** The process and everything below it. */
export function treeOf(pid: number): readonly number[] {
  return [pid, ...childrenOf(pid).flatMap((child) => treeOf(child))];
}

/** Every process whose environment says `name=value` (as it was at its exec). */
export function withEnvironment(name: string, value: string): readonly ProcessMark[] {
  const wanted = `\0${name}=${value}\0`;
  return listDirectory("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => `\0${readText(`/proc/${pid}/environ`) ?? ""}`.includes(wanted))
    .map((pid) => markOf(Number(pid)))
    .filter((mark) => mark !== undefined);
}

/** CPU seconds (with waited-for children) and resident bytes of these processes together. */
export function usageOf(pids: readonly number[]): { cpuSeconds: number; memoryBytes: number } {
  const all = pids.map(stat).filter((fields) => fields !== undefined);
  // utime, stime, cutime, cstime are fields 14 to 17, rss is field 24.
  const ticks = all.flatMap((fields) => fields.slice(11, 15).map(Number));
  const pages = all.map((fields) => Number(fields[21]));
  return { cpuSeconds: sum(ticks) / ticksPerSecond, memoryBytes: sum(pages) * pageBytes };
}

/** Fields of /proc/<pid>/stat from the third on; the second is a name in parentheses that may hold anything. */
function stat(pid: number): readonly string[] | undefined {
  const text = readText(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(")") + 2).split(" ");
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function listDirectory(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, value) => total + value, 0);
}
