/** What Linux tells of a process: processor time and memory. */
import { readdirSync, readFileSync } from "node:fs";

/** Kernel's USER_HZ: 100 on every architecture that Node runs on. */
const ticksPerSecond = 100;

/** Seconds of processor time since its start, user and system, all threads. */
export function cpuSeconds(pid: number): number {
  return stat(pid).cpuSeconds;
}

/** The same of this process and of all that came of it and still lives: control plane, node process and benchmark. */
export function familyCpuSeconds(): number {
  const all = new Map<number, Stat>();
  for (const name of readdirSync("/proc")) {
    try {
      if (/^\d+$/.test(name)) all.set(Number(name), stat(Number(name)));
    } catch {
      // Ended between the two looks.
    }
  }
  const isOurs = (pid: number): boolean => pid === process.pid || (all.has(pid) && isOurs(all.get(pid)?.parent ?? 0));
  return [...all].reduce((sum, [pid, one]) => sum + (isOurs(pid) ? one.cpuSeconds : 0), 0);
}

interface Stat {
  readonly parent: number;
  readonly cpuSeconds: number;
}

function stat(pid: number): Stat {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name, in parentheses, may hold spaces: fields are counted behind it. utime and stime are fields 14 and 15.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { parent: Number(fields[1]), cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond };
}

export interface Memory {
  /** Bytes. */
  readonly now: number;
  readonly peak: number;
}

export function memory(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/status`, "utf8");
  const kibibytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1]);
  return { now: kibibytes("VmRSS") * 1024, peak: kibibytes("VmHWM") * 1024 };
}
