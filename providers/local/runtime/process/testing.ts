/** For the tests of this room: a runtime in a state directory of its own, and a look for what it leaves behind. */
import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { systemClock } from "../../../../src/telemetry/clock.ts";
import { eventually, soon } from "../../../../test/support/eventually.ts";
import { silentLog } from "../../../../test/support/silent-log.ts";
import { containerSpec, taskSpec } from "../../../../test/support/tasks/task-specs.ts";
import type { LogRecord, LogRequest, TaskIdentity, TaskState, Terminated } from "../../../../src/provider.ts";
import type { ContainerSpec, Runtime, TaskSpec } from "../runtime.ts";
import { createProcessRuntime, shutdownSupervisor, type ProcessRuntimeOptions } from "./process-runtime.ts";

export interface World {
  /** In the name of everything that this world makes. */
  readonly id: string;
  readonly options: ProcessRuntimeOptions;
  readonly runtime: Runtime;
  task(name: string, containers: readonly ContainerSpec[], more?: Partial<TaskSpec>): TaskSpec;
  state(task: { readonly identity: TaskIdentity }): Promise<TaskState | undefined>;
  /** The state once it holds. */
  until(task: { readonly identity: TaskIdentity }, holds: (state: TaskState) => boolean): Promise<TaskState>;
  discard(task: { readonly identity: TaskIdentity }): Promise<void>;
  /** Processes, links and control groups of this world, by name. */
  leftovers(): readonly string[];
  /** Shuts the supervisor down and deletes the state directory; rejects when something is left. */
  close(): Promise<void>;
}

/** One world for all tests of a group; after each, its tasks are discarded and must leave nothing behind. */
export function useWorld(): () => World {
  let world: World | undefined;
  const present = (): World => {
    if (world === undefined) throw new Error("the world is not open");
    return world;
  };
  beforeAll(async () => {
    world = await openWorld();
  });
  afterEach(async () => {
    const { runtime, options, discard } = present();
    for (const state of await runtime.list()) await discard(state);
    expect(readdirSync(join(options.stateDir, "tasks")), "records are left").toEqual([]);
    expect(readdirSync(join(options.stateDir, "addresses")), "addresses are left").toEqual([]);
  });
  afterAll(() => present().close());
  return present;
}

let networks = 0;

/** A bridge and a subnet that no test has in a file beside this one: all of them are in one network namespace. */
export function ownNetwork(): { readonly bridge: string; readonly subnet: string } {
  // Between 1 and the number of workers; no two files have the same at a time. The process is for other runs.
  const worker = Number(process.env["VITEST_POOL_ID"] ?? 0);
  const file = (process.pid % 16) * 16 + (worker % 16);
  networks += 1;
  return { bridge: `t${randomBytes(5).toString("hex")}`, subnet: `10.${216 + (networks % 8)}.${file}.0/24` };
}

export async function openWorld(change: Partial<ProcessRuntimeOptions> = {}): Promise<World> {
  const network = ownNetwork();
  const id = network.bridge;
  const options: ProcessRuntimeOptions = {
    stateDir: mkdtempSync(join(tmpdir(), `burstlet-${id}-`)),
    clock: systemClock,
    log: silentLog,
    hostIP: "192.0.2.1",
    ...network,
    ...change,
  };
  const runtime = await createProcessRuntime(options);
  const state: World["state"] = async ({ identity }) =>
    (await runtime.list()).find((each) => each.identity.podUid === identity.podUid);
  return {
    id,
    options,
    runtime,
    task: (name, containers, more) => taskSpec(`${id}-${name}`, { hostname: `${id}-${name}`, containers, ...more }),
    state,
    async until(task, holds) {
      let last: TaskState | undefined;
      const look = async (): Promise<TaskState | false> => {
        last = await state(task);
        return last !== undefined && holds(last) && last;
      };
      return eventually("state of the task", look).catch((error: unknown) => {
        throw new Error(`last state: ${JSON.stringify(last)}`, { cause: error });
      });
    },
    async discard(task) {
      const stop = (): Promise<string> => runtime.stop(task, { graceSeconds: 0, discard: true });
      await eventually("task is gone", async () => (await stop()) === "gone");
    },
    leftovers: () => leftoversOf(id, options.stateDir),
    async close() {
      await runtime.close();
      await shutdownSupervisor(options.stateDir, systemClock);
      rmSync(options.stateDir, { recursive: true, force: true });
      const left = (): readonly string[] => leftoversOf(id, options.stateDir);
      expect(left().filter((line) => !line.includes("supervisor-main.ts"))).toEqual([]);
      // A supervisor that another one has come before needs a moment to see it.
      await soon(() => expect(left()).toEqual([]));
    },
  };
}

/** A container that runs a line of shell. */
export function shell(script: string, change: Partial<ContainerSpec> = {}): ContainerSpec {
  return containerSpec({ command: ["sh", "-c", script], ...change });
}

/** Ignores SIGTERM, once it is ready. */
export const deaf = "trap '' TERM; echo ready; while :; do sleep 0.1; done";

/** Resolves when a container says `ready`: it runs a moment before its shell has set a trap. */
export async function untilReady(runtime: Runtime, task: { readonly identity: TaskIdentity }): Promise<void> {
  await eventually("it is ready", async () => (await logText(runtime, task).catch(() => "")) === "ready\n");
}

export function stateOf(state: TaskState | undefined, name = "main"): TaskState["containers"][number] {
  const container = state?.containers.find((each) => each.name === name);
  if (container === undefined) throw new Error(`no container ${name} in ${JSON.stringify(state)}`);
  return container;
}

export function endOf(state: TaskState | undefined, name = "main"): Terminated {
  const { state: run } = stateOf(state, name);
  if (run.is !== "terminated") throw new Error(`container ${name} has not ended: ${JSON.stringify(run)}`);
  return run;
}

export const isStopped = (state: TaskState): boolean => state.phase === "stopped";
export const isRunning =
  (name: string) =>
  (state: TaskState): boolean =>
    stateOf(state, name).state.is === "running";
export const hasEnded =
  (name: string) =>
  (state: TaskState): boolean =>
    stateOf(state, name).state.is === "terminated";

/** The whole log of a run as text, for a follow until it ends. */
export async function logText(
  runtime: Runtime,
  task: { readonly identity: TaskIdentity },
  want: Partial<LogRequest & { container: string; instance: number; signal: AbortSignal }> = {},
): Promise<string> {
  const { container = "main", instance = 0, follow = false, tailLines, signal = new AbortController().signal } = want;
  const records: LogRecord[] = [];
  const source = { task: { identity: task.identity }, container, instance };
  for await (const batch of runtime.logs(source, { follow, tailLines }, signal)) records.push(...batch);
  return records.map(({ bytes, partial }) => `${bytes.toString()}${partial ? "" : "\n"}`).join("");
}

function leftoversOf(id: string, stateDir: string): readonly string[] {
  const processes = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid);
  const ours = processes
    .map((pid) => ({ pid, text: `${readText(`/proc/${pid}/cmdline`)} ${readText(`/proc/${pid}/environ`)}` }))
    .filter(({ text }) => text.includes(id))
    .map(({ pid, text }) => `process ${pid}: ${text.replaceAll("\0", " ").slice(0, 200)}`);
  const group = `burstlet-${createHash("sha256").update(stateDir).digest("hex").slice(0, 12)}`;
  // It fails when a group of somebody else goes away while it looks, and has found ours all the same.
  const { stdout: groups } = spawnSync("find", ["/sys/fs/cgroup", "-maxdepth", "6", "-type", "d", "-name", group], {
    encoding: "utf8",
  });
  const links = readText("/proc/net/dev")
    .split("\n")
    .filter((line) => line.includes(id));
  const mounts = readText("/proc/self/mountinfo")
    .split("\n")
    .filter((line) => line.includes(id));
  return [...ours, ...groups.split("\n").filter(Boolean), ...links, ...mounts];
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
