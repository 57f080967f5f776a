import { constants } from "node:os";
import { Writable, type PassThrough } from "node:stream";
import { finished } from "node:stream/promises";
import { ProviderError, type Clock, type ExecCommand, type ProcessStream } from "../../../../../src/provider.ts";
import { enter } from "../container/entrance.ts";
import { whyNotExecutable } from "../container/files/in-root.ts";
import type { Program } from "../container/program.ts";
import { isAlive, markOf } from "../host/processes.ts";
import type { Place } from "../protocol.ts";
import type { Wired } from "../terminal/wired.ts";
import { openWiring, type WiringMeans } from "../terminal/wiring.ts";
import { nameCommand, openExecGroup, type ExecGroup } from "./exec-group.ts";

/** What a shell and every container runtime add to the number of a signal. */
const signalBase = 128;
/** Longest wait for output after the command's end: what it started may hold it open, milliseconds. */
const outputWait = 2000;
const outputLook = 20;

export interface ExecMeans extends WiringMeans {
  /** Of its group; by default one that nobody else knows. */
  readonly name?: string;
}

/**
 * Runs a command in a container: its namespaces, root, environment, working directory and control groups. What it
 * started and left running when it ended by itself runs on, as in any container; an abort leaves nothing. A command
 * that is not there, or cannot be executed, is `invalid` with the container runtimes' sentence.
 */
export async function execIn(
  place: Place,
  command: ExecCommand,
  means: ExecMeans,
  signal: AbortSignal,
): Promise<ProcessStream> {
  signal.throwIfAborted();
  using wiring = await openWiring(command, means);
  signal.throwIfAborted();
  // A pid alone may be somebody else's by now.
  if (!isAlive(place.mark)) throw new ProviderError("conflict", "ContainerNotRunning", "the container has just ended");
  const program = programOf(place, command);
  const group = openExecGroup(place.groups, means.name ?? nameCommand());
  try {
    const marked = { ...program, env: { ...program.env, ...group.env } };
    const way = enter(place.entrance, marked, { terminal: command.tty, groups: group.directories });
    return streamOf(wiring.start(way), group, command, means.clock, signal);
  } catch (error) {
    group.leave();
    throw new ProviderError("invalid", "StartError", (error as Error).message, { cause: error });
  }
}

function programOf(place: Place, { argv: [file, ...args], tty }: ExecCommand): Program {
  const cannot = (why: string): ProviderError => new ProviderError("invalid", "StartError", why);
  if (file === undefined) throw cannot("no command was given");
  // execve(2) would take what is before it for the whole.
  if ([file, ...args].some((word) => word.includes("\0"))) throw cannot("a NUL byte cannot be part of a command");
  const impossible = whyNotExecutable(place.entrance.view, file, place.env["PATH"] ?? "", place.cwd);
  if (impossible !== undefined) throw cannot(impossible);
  return { argv: [file, ...args], env: { ...(tty && { TERM: "xterm" }), ...place.env }, cwd: place.cwd };
}

function streamOf(
  wired: Wired,
  group: ExecGroup,
  command: ExecCommand,
  clock: Clock,
  signal: AbortSignal,
): ProcessStream {
  const outputs = wired.stderr === undefined ? [wired.stdout] : [wired.stdout, wired.stderr];
  const mark = wired.child.pid === undefined ? undefined : markOf(wired.child.pid);
  let killed: Promise<void> | undefined;
  const kill = (): void => {
    killed ??= group.kill(mark, clock);
    // Who has gone reads no more, and his end must not wait for it.
    for (const output of outputs) output.destroy();
  };
  const ended = endOf(wired.child);
  signal.addEventListener("abort", kill, { once: true });
  const stdin = inputOf(command.stdin ? wired.stdin : undefined, wired.child, kill);
  if (!command.stdin) wired.stdin?.end();
  const exit = (async (): Promise<{ code: number }> => {
    const code = await ended.finally(() => signal.removeEventListener("abort", kill));
    await drain(wired, outputs, clock);
    await Promise.all(outputs.map(async (output) => finished(output).catch(() => undefined)));
    await killed;
    group.leave();
    stdin.destroy();
    return { code };
  })();
  exit.catch(() => undefined);
  return { stdin, stdout: wired.stdout, stderr: wired.stderr, resize: wired.resize, exit };
}

/** 0–255; killed by signal n is 128 + n. */
function endOf(child: Wired["child"]): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("exit", (code, signal) =>
      resolve(code ?? signalBase + (signal === null ? 0 : constants.signals[signal])),
    );
    child.once("error", (error) => reject(new ProviderError("unknown", "ExecFailed", error.message, { cause: error })));
  });
}

/** After the command's end: takes what is still on its way, and then waits no longer for what runs on. */
async function drain(wired: Wired, outputs: readonly PassThrough[], clock: Clock): Promise<void> {
  const isOver = (): boolean => outputs.every(({ writableEnded, destroyed }) => writableEnded || destroyed);
  // Held up by a slow reader: there may be more to come.
  const isHeldUp = (): boolean => outputs.some(({ writableNeedDrain }) => writableNeedDrain);
  const over = Promise.all(outputs.map(async (output) => finished(output, { readable: false }).catch(() => undefined)));
  for (const end = clock.monotonic() + outputWait; !isOver(); await Promise.race([over, clock.sleep(outputLook)]))
    if (clock.monotonic() > end && !isHeldUp()) break;
  wired.close();
}

/** What is written goes to `to`, if anywhere; who destroys it ends the command, and the command's end is no error. */
function inputOf(to: Wired["stdin"], child: Wired["child"], kill: () => void): Writable {
  const stdin: Writable = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (to === undefined || !to.writable || to.write(chunk)) return done();
      const goOn = (): void => {
        to.off("drain", goOn).off("close", goOn);
        done();
      };
      to.on("drain", goOn).on("close", goOn);
    },
    final(done) {
      if (to === undefined || to.closed) return done();
      to.end();
      // Not before all of it has left: the destruction that follows would take the rest away.
      to.once("close", () => done());
    },
    destroy(error, done) {
      if (!stdin.writableFinished && child.exitCode === null && child.signalCode === null) kill();
      to?.destroy();
      done(error);
    },
  });
  return stdin;
}
