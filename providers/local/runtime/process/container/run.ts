/** One run of one container, from its start to its end. */
import { basename } from "node:path";
import type { Duplex } from "node:stream";
import { ProviderError, type Clock, type Log, type Terminated } from "../../../../../src/provider.ts";
import { openLogWriter, type LogWriter } from "../../log-writer.ts";
import type { Cgroup, GroupUsage } from "../host/cgroup.ts";
import { usageOf } from "../host/processes.ts";
import type { Place } from "../protocol.ts";
import type { Wired } from "../terminal/wired.ts";
import type { Wiring } from "../terminal/wiring.ts";
import { openAudience, type Audience } from "./audience.ts";
import type { Enclosure, Ground, RunWant } from "./enclosure.ts";
import { whyNotExecutable } from "./files/in-root.ts";
import { endOfRun, startError, unknownEnd } from "./outcome.ts";
import type { Program } from "./program.ts";
import { terminationMessage } from "./files/termination-message.ts";

export interface Run {
  readonly startedAt: number;
  /** `false` when the program could not be executed: it never ran. */
  readonly ran: boolean;
  /** Its streams are one terminal. */
  readonly tty: boolean;
  /** SIGTERM, once; SIGKILL after the shortest grace that was ever given, in seconds; without one, never. */
  end(graceSeconds?: number): void;
  kill(): void;
  /** `undefined` where nothing can be said of it. */
  usage(): RunUsage | undefined;
  /** Where a command has to be started to run beside the program; `undefined` when there is nothing to be beside of. */
  place(): Place | undefined;
  /** Gives the connection the run's streams, from now on. */
  attach(connection: Duplex, how: { readonly stdin: boolean }): void;
  resize(columns: number, rows: number): void;
  /** Everything of the run is over: output on disk, processes gone. */
  readonly ended: Promise<Terminated>;
}

/** Where a command is started beside the program. */
export function placeOf(run: Run): Place {
  const place = run.place();
  if (place === undefined) throw new ProviderError("conflict", "ContainerNotRunning", "the container is just ending");
  return place;
}

export type RunUsage = Pick<GroupUsage, "cpuSeconds" | "memoryBytes"> & Partial<GroupUsage>;

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
  { clock, log, wiring }: { clock: Clock; log: Log; wiring: Wiring },
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
  const spawned = impossible === undefined ? trySpawn(enclosure, program, wiring) : impossible;
  const wired = typeof spawned === "string" ? undefined : spawned;
  const audience = wired && openAudience(wired, output, want.container);
  const ended =
    typeof spawned === "string" || audience === undefined
      ? abandon({ enclosure, output, cgroup, clock, startedAt }, spawned as string)
      : follow({ wired: spawned, audience, output, enclosure, cgroup, want, clock, startedAt }).catch(
          (error: unknown) => {
            tell("end of a container is not known")(error as Error);
            return unknownEnd(startedAt, clock.now());
          },
        );
  if (wired?.child.pid !== undefined) void cgroup?.attach(wired.child.pid).catch(tell("control group not joined"));
  const begun = clock.monotonic();
  let over = false;
  void ended.then(({ exitCode }) => {
    over = true;
    audience?.end({ code: exitCode });
  });
  const signal = (name: NodeJS.Signals): void => {
    if (over) return;
    const early = clock.monotonic() - begun < settleTime && !enclosure.handles(name);
    if (early || !enclosure.signal(name)) clock.after(signalRetry, () => signal(name));
  };
  return {
    startedAt,
    ran: wired !== undefined,
    tty: want.container.tty,
    ...ending(() => signal("SIGTERM"), enclosure.kill, clock, ended),
    usage: steadyUsage(enclosure, cgroup),
    place() {
      const door = enclosure.door();
      return door && { ...door, env: program.env, cwd: program.cwd, groups: cgroup?.directories ?? [] };
    },
    attach: (connection, how) => audience?.join(connection, how),
    resize: (columns, rows) => wired?.resize(columns, rows),
    ended,
  };
}

/** Who gets no grace sees no SIGTERM: of two signals at once, either may be the one that ends a program. */
function ending(
  terminate: () => void,
  kill: () => void,
  clock: Clock,
  ended: Promise<unknown>,
): Pick<Run, "end" | "kill"> {
  let told = false;
  let killAt = Infinity;
  let cancelKill = (): void => undefined;
  void ended.then(() => {
    killAt = -Infinity;
    cancelKill();
  });
  return {
    end(graceSeconds = Infinity) {
      if (!told && graceSeconds > 0) terminate();
      told = true;
      const deadline = clock.monotonic() + graceSeconds * 1000;
      if (deadline >= killAt) return;
      killAt = deadline;
      cancelKill();
      cancelKill = clock.after(graceSeconds * 1000, kill);
    },
    kill() {
      told = true;
      kill();
    },
  };
}

/** The process, or why there is none: arguments that execve cannot take, such as a NUL byte. */
function trySpawn(enclosure: Enclosure, program: Program, { start }: Wiring): Wired | string {
  try {
    return enclosure.spawn(program, start);
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
  readonly wired: Wired;
  readonly audience: Audience;
  readonly output: LogWriter;
  readonly enclosure: Enclosure;
  readonly cgroup: Cgroup | undefined;
  readonly want: RunWant & { logPath: string };
  readonly clock: Clock;
  readonly startedAt: number;
}

async function follow({ wired, audience, output, ...run }: Followed): Promise<Terminated> {
  const { enclosure, cgroup, want, clock, startedAt } = run;
  const { child } = wired;
  const exit = await new Promise<{ code: number | null; signal: NodeJS.Signals | null } | { error: Error }>(
    (resolve) => {
      child.once("exit", (code, signal) => resolve({ code, signal }));
      child.once("error", (error) => resolve({ error }));
    },
  );
  const finishedAt = clock.now();
  // Process 1 is gone: so is whatever it left behind, as in any container.
  enclosure.kill();
  audience.hurry();
  await Promise.race([audience.heard, clock.sleep(outputWait)]);
  wired.close();
  await audience.heard;
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
    const own = usageOf(enclosure.pids());
    const now = cgroup === undefined ? own : cgroup.usage();
    if (now === undefined) return undefined;
    most = Math.max(most, now.cpuSeconds);
    const memoryBytes = now.memoryBytes > 0 ? now.memoryBytes : own.memoryBytes;
    if (memoryBytes <= 0) return undefined;
    const { rssBytes = 0 }: Partial<GroupUsage> = now;
    return { cpuSeconds: most, memoryBytes, ...(rssBytes > 0 && { rssBytes }) };
  };
}
