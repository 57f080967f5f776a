/** Tasks for the tests of the engine runtime, and ways to watch them. */
import { expect } from "vitest";
import type { LogRecord, LogRequest, TaskFeed, TaskIdentity, TaskState } from "../../../../src/provider.ts";
import type { ContainerSpec, Runtime, TaskSpec } from "../runtime.ts";
import { hookKey, runName, taskName } from "./names.ts";
import type { Run, Step, TaskView } from "./next.ts";
import { busyboxImage, type TestEngine } from "../../../../test/support/engine.ts";

export const testCluster = "c1u5te70-0000-4000-8000-000000000000";

export function taskOf(name: string, containers: readonly ContainerSpec[], more: Partial<TaskSpec> = {}): TaskSpec {
  return {
    identity: { clusterUid: testCluster, podUid: `pod-${name}`, attempt: 1 },
    token: `token-${name}`,
    podNamespace: "default",
    podName: name,
    nodeName: "edge",
    hostname: name,
    hostAliases: [],
    dns: undefined,
    containers,
    volumes: [],
    pullCredentials: [],
    ...more,
  };
}

/** A container that runs a line of shell. */
export function shell(name: string, script: string, more: Partial<ContainerSpec> = {}): ContainerSpec {
  return {
    name,
    kind: "main",
    image: busyboxImage,
    imagePullPolicy: "IfNotPresent",
    command: ["sh", "-c"],
    args: [script],
    workingDir: undefined,
    env: [],
    mounts: [],
    terminationMessagePath: "/dev/termination-log",
    terminationMessageFallback: false,
    stdin: false,
    stdinOnce: false,
    tty: false,
    ...more,
  };
}

/** The first told state of the task for which the condition holds. */
export async function until(
  runtime: Runtime,
  of: TaskIdentity,
  holds: (state: TaskState) => boolean,
): Promise<TaskState> {
  const found = Promise.withResolvers<TaskState>();
  const stop = new AbortController();
  let last: TaskState | undefined;
  const feed: TaskFeed = {
    task(state) {
      if (state.identity.podUid !== of.podUid) return;
      last = state;
      if (holds(state)) found.resolve(state);
    },
    gone() {},
    synced() {},
    health() {},
  };
  const fail = (): void => found.reject(new Error(`it never came to that; the last state: ${JSON.stringify(last)}`));
  const late = setTimeout(fail, 90_000);
  const watching = runtime.watch(feed, stop.signal);
  try {
    return await found.promise;
  } finally {
    clearTimeout(late);
    stop.abort();
    await watching;
  }
}

/** Runs a command in a run of a container by podman itself, without the runtime; its output. */
export function inside(
  engine: TestEngine,
  of: TaskIdentity,
  { container, instance = 0 }: { readonly container: string; readonly instance?: number },
  ...argv: readonly string[]
): string {
  return engine.podman("exec", runName(taskName(of), container, instance), ...argv);
}

export function containerOf(state: TaskState, name: string): TaskState["containers"][number] {
  const found = state.containers.find((container) => container.name === name);
  if (found === undefined) throw new Error(`no container ${name}`);
  return found;
}

export function isRunning(name: string, instance = 0): (state: TaskState) => boolean {
  return (state) => {
    const container = containerOf(state, name);
    return container.instance === instance && container.state.is === "running";
  };
}

export function hasEnded(name: string, instance = 0): (state: TaskState) => boolean {
  return (state) => {
    const container = containerOf(state, name);
    return container.instance === instance && container.state.is === "terminated";
  };
}

export async function logsOf(
  runtime: Runtime,
  of: TaskIdentity,
  container: string,
  want: Partial<LogRequest> & { instance?: number } = {},
): Promise<LogRecord[]> {
  const { instance = 0, follow = false, tailLines } = want;
  const source = { task: { identity: of }, container, instance };
  const records: LogRecord[] = [];
  for await (const batch of runtime.logs(source, { follow, tailLines }, new AbortController().signal)) {
    records.push(...batch);
  }
  return records;
}

export async function linesOf(runtime: Runtime, of: TaskIdentity, container: string, instance = 0): Promise<string[]> {
  return joined(await logsOf(runtime, of, container, { instance }));
}

/** Whole lines from records of which some are pieces. */
export function joined(records: readonly LogRecord[]): string[] {
  const text = records.map(({ bytes, partial }) => bytes.toString() + (partial ? "" : "\n")).join("");
  return text.split("\n").slice(0, -1);
}

/** Stops at once and removes; resolves when nothing is left. */
export async function discard(runtime: Runtime, of: TaskIdentity): Promise<void> {
  const stop = () => runtime.stop({ identity: of }, { graceSeconds: 0, discard: true });
  await expect.poll(stop).toBe("gone");
}

/** Every kind of container, for `view`. */
export const row = [
  { name: "init", kind: "init", wanted: 0 },
  { name: "side", kind: "sidecar", wanted: 0 },
  { name: "late", kind: "init", wanted: 0 },
  { name: "a", kind: "main", wanted: 0 },
  { name: "b", kind: "main", wanted: 0 },
] as const;

/** A task of which nothing exists but its sandbox, but for this. */
export const view = (change: Partial<TaskView>): TaskView => ({
  containers: row,
  runs: [],
  sandbox: "running",
  prepared: true,
  startable: true,
  stop: undefined,
  kills: {},
  signalled: {},
  hooks: {},
  graceMs: 30_000,
  now: 1000,
  ...change,
});

export const run = (container: string, state: Run["state"], more: Partial<Run> = {}): Run => ({
  container,
  instance: 0,
  state,
  succeeded: false,
  inEngine: true,
  ...more,
});

/** An engine where everything works, and every container runs until it is told to end. */
export function performed(before: TaskView, step: Step): TaskView {
  switch (step.do) {
    case "create sandbox":
      return { ...before, sandbox: "created", prepared: false };
    case "start sandbox":
      return { ...before, sandbox: "running", prepared: false };
    case "prepare":
      return { ...before, prepared: true };
    case "end sandbox":
      return { ...before, sandbox: "ended" };
    case "create":
      return { ...before, runs: [...before.runs, run(step.container, "created", { instance: step.instance })] };
    case "start":
      return change(before, step, { state: "running" });
    case "hook":
      return {
        ...before,
        hooks: { ...before.hooks, [hookKey(step.hook, step.container, step.instance)]: "succeeded" },
      };
    case "signal":
      return change(before, step, { state: "ended" });
    case "remove":
      return { ...before, runs: before.runs.filter((one) => !isRun(one, step)) };
  }
}

function change(before: TaskView, step: { container: string; instance: number }, to: Partial<Run>): TaskView {
  return { ...before, runs: before.runs.map((one) => (isRun(one, step) ? { ...one, ...to } : one)) };
}

function isRun(one: Run, step: { container: string; instance: number }): boolean {
  return one.container === step.container && one.instance === step.instance;
}
