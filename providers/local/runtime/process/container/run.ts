/** One run of one container, from its start to its end. */
import type { ChildProcess } from "node:child_process";
import { basename } from "node:path";
import type { Clock, Log, Terminated } from "../../../../../src/provider.ts";
import { openLogWriter } from "../../log-writer.ts";
import type { Cgroup } from "../host/cgroup.ts";
import { usageOf } from "../host/processes.ts";
import type { Enclosure, Ground, RunWant } from "./enclosure.ts";
import { whyNotExecutable } from "./files/in-root.ts";
import { endOfRun, startError } from "./outcome.ts";
import type { Program } from "./program.ts";
import { terminationMessage } from "./files/termination-message.ts";

export interface Run {
  readonly startedAt: number;
  /** `false` when the program could not be executed: it never ran. */
  readonly ran: boolean;
  signal(signal: NodeJS.Signals): void;
  kill(): void;
  usage(): { cpuSeconds: number; memoryBytes: number };
  /** Everything of the run is over: output on disk, processes gone. */
  readonly ended: Promise<Terminated>;
}

/** Longest wait for output after the program's end: somebody who left its group may hold the pipe. */
const outputWait = 2000;
/**
 * A program that has just been started gets this long to set up its handler, milliseconds: as process 1 of a container
 * it would lose an earlier signal, here it would die of it.
 */
const settleTime = 500;
const signalRetry = 5;
/** How long a control group may still be busy with dying processes, milliseconds. */
const groupWait = 5000;

/** Starts the program in its enclosure. A program that cannot be executed is a run that ended at once. */
export function startRun(
  enclosure: Enclosure,
  wanted: Program,
  want: RunWant & { logPath: string },
  ground: Ground,
  { clock, log }: { clock: Clock; log: Log },
): Run {
  const startedAt = clock.now();
  const program = enclosure.adapt(wanted);
  const cgroup = ground.cgroups?.create(`${basename(want.taskDirectory)}.${want.container.name}.${want.instance}`, {
    cpu: want.container.cpuLimit,
    memory: want.container.memoryLimit,
  });
  let problem = whyNotExecutable(enclosure.view, program.argv[0], program.env["PATH"] ?? "", program.cwd);
  let child: ChildProcess | undefined;
  try {
    if (problem === undefined) child = enclosure.spawn(program);
  } catch (error) {
    // Arguments that execve cannot take: a NUL byte, more than the kernel allows.
    problem = (error as Error).message;
  }
  const ended =
    child === undefined
      ? abandon(enclosure, cgroup, clock, startedAt, problem ?? "")
      : follow({ child, enclosure, cgroup, want, clock, startedAt });
  if (child?.pid !== undefined && cgroup !== undefined) {
    const failed = (error: Error): void =>
      log.error("control group not joined", { group: want.directory, error: error.message });
    void cgroup.attach(child.pid).catch(failed);
  }
  const begun = clock.monotonic();
  let over = false;
  void ended.then(() => (over = true));
  const signal = (name: NodeJS.Signals): void => {
    if (over) return;
    const early = clock.monotonic() - begun < settleTime && !enclosure.handles(name);
    if (early || !enclosure.signal(name)) clock.after(signalRetry, () => signal(name));
  };
  return {
    startedAt,
    ran: child !== undefined,
    signal,
    kill: enclosure.kill,
    usage: steadyUsage(enclosure, cgroup),
    ended,
  };
}

async function abandon(
  enclosure: Enclosure,
  cgroup: Cgroup | undefined,
  clock: Clock,
  startedAt: number,
  problem: string,
): Promise<Terminated> {
  enclosure.kill();
  await removeGroup(cgroup, clock);
  return startError(problem, startedAt, clock.now());
}

interface Followed {
  readonly child: ChildProcess;
  readonly enclosure: Enclosure;
  readonly cgroup: Cgroup | undefined;
  readonly want: RunWant & { logPath: string };
  readonly clock: Clock;
  readonly startedAt: number;
}

async function follow({ child, enclosure, cgroup, want, clock, startedAt }: Followed): Promise<Terminated> {
  const log = openLogWriter(want.logPath, clock.now);
  child.stdout?.on("data", (chunk: Buffer) => log.write("stdout", chunk));
  child.stderr?.on("data", (chunk: Buffer) => log.write("stderr", chunk));
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const exit = await new Promise<{ code: number | null; signal: NodeJS.Signals | null } | { error: Error }>(
    (resolve) => {
      child.once("exit", (code, signal) => resolve({ code, signal }));
      child.once("error", (error) => resolve({ error }));
    },
  );
  const finishedAt = clock.now();
  // Process 1 is gone: so is whatever it left behind, as in any container.
  enclosure.kill();
  await Promise.race([closed, clock.sleep(outputWait)]);
  child.stdout?.destroy();
  child.stderr?.destroy();
  log.end();
  await enclosure.ended;
  const oomKilled = cgroup?.oomKilled() ?? false;
  await removeGroup(cgroup, clock);
  if ("error" in exit) return startError(exit.error.message, startedAt, finishedAt);
  const end = endOfRun({ code: exit.code, signal: exit.signal, oomKilled, startedAt, finishedAt });
  const message = await terminationMessage({
    file: enclosure.messageFile,
    log: want.logPath,
    fallback: want.container.terminationMessageFallback && end.exitCode !== 0,
    clock,
  });
  return message === "" ? end : { ...end, message };
}

async function removeGroup(cgroup: Cgroup | undefined, clock: Clock): Promise<void> {
  const end = clock.monotonic() + groupWait;
  while (cgroup?.remove() === false && clock.monotonic() < end) await clock.sleep(20);
}

/**
 * CPU time never falls, also where children that ended took theirs with them. Memory that a process had before it came
 * into its group is not counted there: a small program may seem to have none.
 */
function steadyUsage(enclosure: Enclosure, cgroup: Cgroup | undefined): Run["usage"] {
  let most = 0;
  return () => {
    const now = cgroup?.usage() ?? usageOf(enclosure.pids());
    most = Math.max(most, now.cpuSeconds);
    const memoryBytes = now.memoryBytes > 0 ? now.memoryBytes : usageOf(enclosure.pids()).memoryBytes;
    return { cpuSeconds: most, memoryBytes };
  };
}
