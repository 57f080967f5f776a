/** One run of one container, from its start to its end. */
import type { ChildProcess } from "node:child_process";
import { basename } from "node:path";
import type { Clock, Log, Terminated } from "../../../../../src/provider.ts";
import { openLogWriter, type LogWriter } from "../../log-writer.ts";
import type { Cgroup } from "../host/cgroup.ts";
import { usageOf } from "../host/processes.ts";
import type { Enclosure, Ground, RunWant } from "./enclosure.ts";
import { whyNotExecutable } from "./files/in-root.ts";
import { endOfRun, startError, unknownEnd } from "./outcome.ts";
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
  const impossible = whyNotExecutable(enclosure.view, program.argv[0], program.env["PATH"] ?? "", program.cwd);
  const tell = (message: string) => (error: Error) => log.error(message, { run: want.logPath, error: error.message });
  const output = openLogWriter(want.logPath, { now: clock.now, trouble: tell("output of a container is lost") });
  const child = impossible === undefined ? trySpawn(enclosure, program) : impossible;
  const ended =
    typeof child === "string"
      ? abandon({ enclosure, output, cgroup, clock, startedAt }, child)
      : follow({ child, output, enclosure, cgroup, want, clock, startedAt }).catch((error: unknown) => {
          tell("end of a container is not known")(error as Error);
          return unknownEnd(startedAt, clock.now());
        });
  if (typeof child !== "string" && child.pid !== undefined)
    void cgroup?.attach(child.pid).catch(tell("control group not joined"));
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
    ran: typeof child !== "string",
    signal,
    kill: enclosure.kill,
    usage: steadyUsage(enclosure, cgroup),
    ended,
  };
}

/** The process, or why there is none: arguments that execve cannot take, such as a NUL byte. */
function trySpawn(enclosure: Enclosure, program: Program): ChildProcess | string {
  try {
    return enclosure.spawn(program);
  } catch (error) {
    return (error as Error).message;
  }
}

type Abandoned = Pick<Followed, "enclosure" | "output" | "cgroup" | "clock" | "startedAt">;

async function abandon(
  { enclosure, output, cgroup, clock, startedAt }: Abandoned,
  problem: string,
): Promise<Terminated> {
  enclosure.kill();
  output.end();
  await removeGroup(cgroup, clock);
  return startError(problem, startedAt, clock.now());
}

interface Followed {
  readonly child: ChildProcess;
  readonly output: LogWriter;
  readonly enclosure: Enclosure;
  readonly cgroup: Cgroup | undefined;
  readonly want: RunWant & { logPath: string };
  readonly clock: Clock;
  readonly startedAt: number;
}

async function follow({ child, output, enclosure, cgroup, want, clock, startedAt }: Followed): Promise<Terminated> {
  child.stdout?.on("data", (chunk: Buffer) => output.write("stdout", chunk));
  child.stderr?.on("data", (chunk: Buffer) => output.write("stderr", chunk));
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
  output.end();
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
