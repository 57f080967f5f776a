import { createHash } from "node:crypto";
import type { Duplex, Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { expect } from "vitest";
import type { ContainerRef, ExecCommand, ProcessStream } from "../../../src/provider.ts";
import type { ContractTest } from "../contract.ts";
import type { Behaviour } from "../target.ts";
import { type BenchTask, containerOf, forever, hasEnded, isRunning, oneMain, type Workbench } from "../workbench.ts";

const port = 8000;
/** Of time in which nothing happens, milliseconds. */
const quiet = 1000;

/** Tests of exec, attach and forward: with programs of a shell. A provider without one of them lists a gap. */
export const streamTests: readonly ContractTest[] = [
  {
    name: "exec tells both outputs of a command apart, and its exit code",
    async run(bench) {
      const task = await running(bench, forever);
      for (const code of [0, 3, 255]) {
        const stream = await exec(bench, task, { argv: shell(`echo out; echo err >&2; exit ${code}`) });
        const [out, err, exit] = await Promise.all([text(stream.stdout), textOf(stream.stderr), stream.exit]);
        expect({ out, err, exit }).toEqual({ out: "out\n", err: "err\n", exit: { code } });
      }
    },
  },
  {
    name: "exec of a command that is not there fails, or ends with 126 or 127",
    async run(bench) {
      const task = await running(bench, forever);
      // At once, or by the stream's end.
      const ended = exec(bench, task, { argv: ["no-such-command"] }).then(codeOf);
      const code = await ended.catch((error: unknown) => {
        expect(error).toMatchObject({ name: "ProviderError" });
        return 127;
      });
      expect([126, 127]).toContain(code);
    },
  },
  {
    name: "exec without stdin reads from an empty one",
    async run(bench) {
      const task = await running(bench, forever);
      expect(await codeOf(await exec(bench, task, { argv: shell("cat; exit 5") }))).toBe(5);
    },
  },
  {
    name: "exec carries a megabyte there and back byte for byte, and ends stdin when its writer does",
    async run(bench) {
      const task = await running(bench, forever);
      const stream = await exec(bench, task, { argv: ["cat"], stdin: true });
      const bytes = noise(1024 * 1024);
      stream.stdin.end(bytes);
      stream.stderr?.resume();
      const back = await buffer(stream.stdout);
      expect(back.equals(bytes)).toBe(true);
      expect(await stream.exit).toEqual({ code: 0 });
    },
  },
  {
    name: "exec that is aborted leaves nothing running of the command",
    async run(bench) {
      const task = await running(bench, forever);
      const stop = new AbortController();
      const command = { argv: shell("sleep 98761 & sleep 98762") };
      const stream = await exec(bench, task, command, stop.signal);
      discard(stream);
      const sleepers = async (): Promise<number> => {
        // Who has the command's words among his own may be a shell around it.
        const each = "for f in /proc/[0-9]*/cmdline; do tr '\\0' ' ' < $f; echo; done 2> /dev/null";
        const look = await exec(bench, task, { argv: shell(`${each} | grep -cE '^([^ ]*/)?sleep 9876[12] $'`) });
        look.stderr?.resume();
        return Number(await text(look.stdout));
      };
      await bench.until("both sleep", async () => (await sleepers()) === 2);
      stop.abort();
      await bench.until("nothing sleeps", async () => (await sleepers()) === 0);
      expect(task.told.some(hasEnded())).toBe(false);
    },
  },
  {
    name: "exec on a terminal gives the command one, with the size that is told",
    async run(bench) {
      const task = await running(bench, forever);
      const stop = new AbortController();
      const line =
        "test -t 0 && test -t 1 && test -t 2 && trap 'stty size' WINCH && echo is one; while :; do sleep 0.1; done";
      const stream = await exec(bench, task, { argv: shell(line), tty: true, stdin: true }, stop.signal);
      expect(stream.stderr).toBeUndefined();
      const heard = listenTo(stream.stdout);
      await bench.until("it is a terminal", () => heard().includes("is one"));
      await bench.until("the size is told", () => {
        stream.resize(101, 43);
        stream.resize(102, 43);
        return heard().includes("43 102");
      });
      stop.abort();
      await stream.exit.catch(() => undefined);
    },
  },
  {
    name: "attach hears a container from now on, types into its stdin, and ends with its run",
    async run(bench) {
      const task = await running(bench, { run: 0.2, exit: 7, echo: true });
      const stream = await attach(bench, task, { stdin: true });
      const heard = listenTo(stream.stdout);
      stream.stderr?.resume();
      stream.stdin.write("one\n");
      await bench.until("it is heard", () => heard() === "one\n");
      const other = await attach(bench, task, { stdin: false });
      const otherHeard = listenTo(other.stdout);
      stream.stdin.end("two\n");
      await bench.until("both hear it", () => heard() === "one\ntwo\n" && otherHeard() === "two\n");
      expect(await stream.exit).toEqual({ code: 7 });
      expect(containerOf(await task.until("it ended", hasEnded())).state).toMatchObject({ exitCode: 7 });
      other.stderr?.resume();
    },
  },
  {
    name: "attach that is aborted ends nothing",
    async run(bench) {
      const task = await running(bench, forever);
      const stop = new AbortController();
      const stream = await attach(bench, task, { stdin: false }, stop.signal);
      discard(stream);
      stop.abort();
      await bench.target.pass(quiet);
      expect(task.told.some(hasEnded())).toBe(false);
    },
  },
  {
    name: "forward brings a connection into the task's network, where each half ends by itself",
    async run(bench) {
      const task = await running(bench, { run: "forever", serve: port });
      await bench.until("somebody listens", async () => {
        const probe = await forward(bench, task, port).catch(() => undefined);
        probe?.destroy();
        return probe !== undefined;
      });
      const bytes = noise(512 * 1024);
      const echoes = Array.from({ length: 5 }, async () => {
        const socket = await forward(bench, task, port);
        socket.end(bytes);
        return (await buffer(socket)).equals(bytes);
      });
      expect(await Promise.all(echoes)).toEqual(echoes.map(() => true));
    },
  },
  {
    name: "forward to a port where nobody listens is refused, and says which",
    async run(bench) {
      const task = await running(bench, forever);
      await expect(forward(bench, task, 8001)).rejects.toMatchObject({
        name: "ProviderError",
        message: expect.stringContaining("8001"),
      });
    },
  },
];

const shell = (line: string): readonly string[] => ["sh", "-c", line];

async function running(bench: Workbench, does: Behaviour): Promise<BenchTask> {
  const task = await bench.launch(oneMain(does));
  await task.until("it runs", isRunning());
  return task;
}

const mainOf = (task: BenchTask): ContainerRef => ({ task, container: "main", instance: 0 });

async function exec(
  { provider, signal }: Workbench,
  task: BenchTask,
  command: Partial<ExecCommand>,
  until = signal(),
): Promise<ProcessStream> {
  if (provider.exec === undefined) throw new Error("this provider executes nothing");
  return provider.exec(mainOf(task), { argv: [], tty: false, stdin: false, ...command }, until);
}

async function attach(
  { provider, signal }: Workbench,
  task: BenchTask,
  how: { stdin: boolean },
  until = signal(),
): Promise<ProcessStream> {
  if (provider.attach === undefined) throw new Error("this provider attaches to nothing");
  return provider.attach(mainOf(task), how, until);
}

async function forward({ provider, signal }: Workbench, task: BenchTask, to: number): Promise<Duplex> {
  if (provider.forward === undefined) throw new Error("this provider forwards nothing");
  return provider.forward(task, to, signal());
}

async function codeOf(stream: ProcessStream): Promise<number> {
  discard(stream);
  return (await stream.exit).code;
}

function discard(stream: ProcessStream): void {
  stream.stdout.on("error", () => undefined).resume();
  stream.stderr?.on("error", () => undefined).resume();
  stream.exit.catch(() => undefined);
}

const textOf = async (stream: Readable | undefined): Promise<string> => (stream === undefined ? "" : text(stream));

function listenTo(stream: Readable): () => string {
  let heard = "";
  stream.on("error", () => undefined).on("data", (chunk: Buffer) => (heard += chunk.toString()));
  return () => heard;
}

/** Bytes of every value that repeat nowhere, the same each time. */
function noise(length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, n) => createHash("sha256").update(`${n}`).digest());
  return Buffer.concat(blocks).subarray(0, length);
}
