/** kubectl as people use it beside the plain commands of a cluster: fed with bytes, on a terminal, killed in the middle. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { pipeline } from "node:stream/promises";
import { Readable, type Writable } from "node:stream";
import { spawn as spawnOnTerminal } from "@lydell/node-pty";
import { eventually } from "../support/eventually.ts";

/** One program and its kubeconfig. */
export interface Kubectl {
  /** The program, and the words that make it kubectl. */
  readonly command: readonly string[];
  readonly kubeconfig: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Finished {
  /** `null` when it was killed. */
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface Running {
  readonly stdin: Writable;
  /** What it has printed so far. */
  stdout(): string;
  stderr(): string;
  /** SIGKILL: it says goodbye to nobody. */
  kill(): void;
  readonly ended: Promise<Finished>;
}

export function start(kubectl: Kubectl, words: readonly string[]): Running {
  const [program = "", ...rest] = kubectl.command;
  const child = spawn(program, [...rest, "--kubeconfig", kubectl.kubeconfig, ...words], {
    stdio: "pipe",
    env: { ...process.env, ...kubectl.env },
  });
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  // It may end before it has read everything.
  child.stdin.on("error", () => undefined);
  const reap = () => child.kill("SIGKILL");
  process.once("exit", reap);
  const text = (chunks: readonly Buffer[]) => Buffer.concat(chunks).toString();
  const ended = new Promise<Finished>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      process.off("exit", reap);
      resolve({ code, stdout: Buffer.concat(stdout), stderr: text(stderr) });
    });
  });
  return { stdin: child.stdin, stdout: () => text(stdout), stderr: () => text(stderr), kill: reap, ended };
}

/** Runs it to its end. Without `input` its standard input is empty. */
export async function finish(
  kubectl: Kubectl,
  words: readonly string[],
  input: Readable | Buffer | string = "",
): Promise<Finished> {
  const running = start(kubectl, words);
  const source = input instanceof Readable ? input : Readable.from([input]);
  await Promise.all([pipeline(source, running.stdin).catch(() => undefined), running.ended]);
  return running.ended;
}

export interface Terminal {
  /** Everything that has appeared on it. */
  screen(): string;
  type(text: string): void;
  resize(columns: number, rows: number): void;
  /** Resolves when the screen, from where the last call ended, shows this. */
  shows(what: RegExp): Promise<string>;
  readonly ended: Promise<number>;
}

/** On a terminal of 90 columns and 30 rows. */
export function onTerminal(kubectl: Kubectl, words: readonly string[]): Terminal {
  const [program = "", ...rest] = kubectl.command;
  const child = spawnOnTerminal(program, [...rest, "--kubeconfig", kubectl.kubeconfig, ...words], {
    cols: 90,
    rows: 30,
    env: { ...process.env, ...kubectl.env },
  });
  let screen = "";
  let seen = 0;
  child.onData((text) => (screen += text));
  const reap = () => child.kill("SIGKILL");
  process.once("exit", reap);
  const ended = new Promise<number>((resolve) => {
    child.onExit(({ exitCode }) => {
      process.off("exit", reap);
      resolve(exitCode);
    });
  });
  return {
    screen: () => screen,
    type: (text) => child.write(text),
    resize: (columns, rows) => child.resize(columns, rows),
    ended,
    async shows(what) {
      const found = await eventually(
        `the terminal shows ${String(what)}`,
        () => what.exec(screen.slice(seen)) ?? false,
        60_000,
      ).catch((error: unknown) => {
        throw new Error(`the terminal shows only ${JSON.stringify(screen.slice(seen))}`, { cause: error });
      });
      seen += found.index + found[0].length;
      return found[0];
    },
  };
}

export const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
