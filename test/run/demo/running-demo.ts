/**
 * A demo's folder in the user's cache, gone with the demo. In it: the note by which `npm run kubectl` finds a demo that
 * runs, and by which a later demo finds what a killed one has left.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

interface RunningDemo {
  readonly kubeconfig: string;
  /** Whose network namespace the control plane is in. */
  readonly pid: number;
  /** When that process began, as its kernel counts it: another one may get the same id. */
  readonly began: string;
  /** The folder of the project that started it: a clone elsewhere has demos of its own. */
  readonly project: string;
}

/** What outlives a demo that was killed, and must be ended or removed. */
interface Leftovers {
  readonly process?: { readonly pid: number; readonly began: string };
  readonly folder?: string;
}

const cache = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "burstlet");
const project = join(import.meta.dirname, "../../..");
const prefix = "demo-";
const note = "demo.json";
const leftoversNote = "leftovers.json";

/** Everything that the demo of this process keeps on disk. */
export function makeDemoFolder(pid: number): string {
  const folder = join(cache, `${prefix}${pid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

export function writeNote(folder: string, kubeconfig: string): void {
  const demo: RunningDemo = { kubeconfig, pid: process.pid, began: beganAt(process.pid) ?? "", project };
  writeFileSync(join(folder, note), JSON.stringify(demo), { mode: 0o600 });
}

/** The demo that was started last from this folder and still runs. */
export function runningDemo(): RunningDemo | undefined {
  return demoFolders()
    .map((folder) => readJson<RunningDemo>(join(folder, note)))
    .filter((demo) => demo !== undefined)
    .filter((demo) => demo.project === project)
    .filter((demo) => beganAt(demo.pid) === demo.began)
    .toSorted((a, b) => Number(a.began) - Number(b.began))
    .at(-1);
}

/** Folders of demos that died before they could clean up. */
export function staleDemoFolders(): string[] {
  return demoFolders().filter((folder) => beganAt(Number(folder.slice(folder.lastIndexOf("-") + 1))) === undefined);
}

function demoFolders(): string[] {
  if (!existsSync(cache)) return [];
  const names = readdirSync(cache).filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)));
  return names.map((name) => join(cache, name));
}

/** `pid`: burstlet's. `scratch`: the control plane's own folder. */
export function writeLeftovers(folder: string, pid: number, scratch: string): void {
  const leftovers: Leftovers = { process: { pid, began: beganAt(pid) ?? "" }, folder: scratch };
  writeFileSync(join(folder, leftoversNote), JSON.stringify(leftovers), { mode: 0o600 });
}

/** Ends the process and names the folder that a killed demo has left. */
export function endLeftovers(folder: string): string | undefined {
  const left = readJson<Leftovers>(join(folder, leftoversNote));
  const { process: lost } = left ?? {};
  if (lost !== undefined && beganAt(lost.pid) === lost.began) process.kill(lost.pid, "SIGKILL");
  return left?.folder;
}

function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as T;
  } catch {
    return undefined;
  }
}

/** Clock ticks from boot to the process's start (proc(5), stat, field 22); `undefined` when there is none. */
function beganAt(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may hold spaces.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return isAlive(pid) ? "" : undefined;
  }
}

/** Where there is no /proc. */
function isAlive(pid: number): boolean {
  if (existsSync("/proc/self")) return false;
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The words that come before a command which must run in the demo's network: none where it is our own. */
export function inItsNetwork({ pid }: Pick<RunningDemo, "pid">): string[] {
  const theirs = `/proc/${pid}/ns/net`;
  try {
    return readlinkSync(theirs) === readlinkSync("/proc/self/ns/net") ? [] : ["nsenter", `--net=${theirs}`];
  } catch {
    return [];
  }
}
