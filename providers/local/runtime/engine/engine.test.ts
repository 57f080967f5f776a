import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { LogRecord, TaskFeed, TaskIdentity, TaskState } from "../../../../src/provider.ts";
import { systemClock } from "../../../../src/telemetry/clock.ts";
import { busyboxImage, startEngine, type TestEngine } from "../../../../test/support/engine.ts";
import { describeWith } from "../../../../test/support/requirements.ts";
import type { ContainerSpec, Runtime, TaskSpec } from "../runtime.ts";
import { createEngineRuntime } from "./engine-runtime.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const cluster = "c1u5te70-0000-4000-8000-000000000000";

describeWith(["engine", "root", "namespaces", "busybox"], "the engine runtime on a real podman", () => {
  let engine: TestEngine;
  let stateDir: string;
  const open: Runtime[] = [];

  beforeAll(async () => {
    engine = await startEngine();
    stateDir = mkdtempSync(join(tmpdir(), "burstlet-state-"));
  }, 60_000);
  afterAll(async () => {
    await engine?.close();
    rmSync(stateDir, { recursive: true, force: true });
  }, 60_000);
  afterEach(async () => {
    await Promise.all(open.splice(0).map((runtime) => runtime.close()));
  });

  async function runtime(): Promise<Runtime> {
    const made = await createEngineRuntime({
      host: engine.host,
      stateDir,
      clock: systemClock,
      log: silent,
      clusterUid: cluster,
      nodeName: "edge",
      hostIP: "192.0.2.1",
    });
    open.push(made);
    return made;
  }

  it("runs a container to its end and tells the true exit code and its words", async () => {
    const local = await runtime();
    const spec = task("exit", [main("a", "echo out; echo err >&2; echo last words >/dev/termination-log; exit 3")]);
    const first = await local.start(spec);
    expect(first.phase).toBe("starting");
    const state = await until(local, spec.identity, (seen) => seen.phase === "stopped");
    expect(state.containers[0]).toMatchObject({
      name: "a",
      instance: 0,
      state: { is: "terminated", exitCode: 3, reason: "Error", message: "last words\n" },
    });
    expect(state.podIPs).toEqual([expect.stringMatching(/^10\.88\./)]);
    const records = await logs(local, spec.identity, "a");
    expect(records.map((record) => `${record.stream} ${record.bytes.toString()}`).toSorted()).toEqual([
      "stderr err",
      "stdout out",
    ]);
    await discard(local, spec.identity);
    expect(engine.podman("ps", "--all", "--quiet")).toBe("");
    expect(engine.podman("volume", "ls", "--quiet")).toBe("");
  });
});

function identity(name: string): TaskIdentity {
  return { clusterUid: cluster, podUid: `pod-${name}`, attempt: 1 };
}

function task(name: string, containers: ContainerSpec[], more: Partial<TaskSpec> = {}): TaskSpec {
  return {
    identity: identity(name),
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

function main(name: string, script: string, more: Partial<ContainerSpec> = {}): ContainerSpec {
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
    ...more,
  };
}

/** The first state of the task for which the condition holds, by the feed. */
async function until(local: Runtime, wanted: TaskIdentity, holds: (state: TaskState) => boolean): Promise<TaskState> {
  const found = Promise.withResolvers<TaskState>();
  const stop = new AbortController();
  let last: TaskState | undefined;
  const feed: TaskFeed = {
    task(state) {
      if (state.identity.podUid !== wanted.podUid) return;
      last = state;
      if (holds(state)) found.resolve(state);
    },
    gone() {},
    synced() {},
    health(trouble) {
      if (trouble) found.reject(trouble);
    },
  };
  const late = setTimeout(
    () => found.reject(new Error(`it never came to that; the last state is ${JSON.stringify(last)}`)),
    20_000,
  );
  const watching = local.watch(feed, stop.signal);
  try {
    return await found.promise;
  } finally {
    clearTimeout(late);
    stop.abort();
    await watching;
  }
}

async function logs(
  local: Runtime,
  of: TaskIdentity,
  container: string,
  want = {},
  instance = 0,
): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  const request = { follow: false, tailLines: undefined, ...want };
  for await (const batch of local.logs(
    { task: { identity: of }, container, instance },
    request,
    new AbortController().signal,
  ))
    records.push(...batch);
  return records;
}

async function discard(local: Runtime, of: TaskIdentity): Promise<void> {
  await expect
    .poll(async () => local.stop({ identity: of }, { graceSeconds: 0, discard: true }), { timeout: 10_000 })
    .toBe("gone");
}
