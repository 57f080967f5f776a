/** For the tests of this folder: commands in a container, and what they said. */
import { readdirSync, readFileSync } from "node:fs";
import type { Readable } from "node:stream";
import type { ContainerRef, ExecCommand, ProcessStream } from "../../../../../src/provider.ts";
import type { ContainerSpec, TaskSpec } from "../../runtime.ts";
import { isRunning, shell, type World } from "../testing.ts";

export interface Said {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Sleeps until SIGTERM. */
const idle = (change: Partial<ContainerSpec> = {}): ContainerSpec =>
  shell("trap 'exit 0' TERM; while :; do sleep 0.2; done", change);

export async function startIdle(world: World, name: string, change: Partial<ContainerSpec> = {}): Promise<TaskSpec> {
  const task = world.task(name, [idle(change)]);
  await world.runtime.start(task);
  await world.until(task, isRunning("main"));
  return task;
}

export const mainOf = (task: TaskSpec, instance = 0): ContainerRef => ({ task, container: "main", instance });

export async function execIn(
  world: World,
  task: TaskSpec,
  command: Partial<ExecCommand>,
  signal = new AbortController().signal,
): Promise<ProcessStream> {
  if (world.runtime.exec === undefined) throw new Error("this runtime executes nothing");
  return world.runtime.exec(mainOf(task), { argv: ["true"], tty: false, stdin: false, ...command }, signal);
}

/** Runs a line of shell to its end. */
export async function sh(world: World, task: TaskSpec, line: string, more: Partial<ExecCommand> = {}): Promise<Said> {
  return said(await execIn(world, task, { argv: ["sh", "-c", line], ...more }));
}

export async function said({ stdout, stderr, exit }: ProcessStream): Promise<Said> {
  const [out, err] = await Promise.all([collect(stdout), stderr === undefined ? Buffer.alloc(0) : collect(stderr)]);
  return { ...(await exit), stdout: out, stderr: err.toString() };
}

export async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** What a stream has said so far, and is still saying. */
export function listenTo(stream: Readable): { readonly text: () => string } {
  let text = "";
  stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  return { text: () => text };
}

let lastNap = process.pid * 1000;

/** Seconds to sleep that no other process of this host sleeps. */
export const nap = (): string => String((lastNap += 1));

/** Does some process of this host sleep so long? */
export function sleeps(seconds: string): boolean {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .some((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8") === `sleep\0${seconds}\0`;
      } catch {
        return false;
      }
    });
}
