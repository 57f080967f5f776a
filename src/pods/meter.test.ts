import { describe, expect, it } from "vitest";
import { fakeClock } from "../../test/support/fake-clock.ts";
import type { ContainerState, TaskState } from "../model/task-state.ts";
import type { Pod } from "../provider.ts";
import { createMemory } from "./memory.ts";
import { meteredMemory, meteredWork } from "./meter.ts";
import { recorded } from "./testing.ts";

function setUp() {
  const clock = fakeClock();
  const told: unknown[] = [];
  const meter = {
    passed: (operation: string, seconds: number, failed: boolean) => told.push([operation, seconds, failed]),
    podStarted: (seconds: number) => told.push(["started", seconds]),
    containerStarted: (type: string) => told.push(type),
    probed: () => told.push("probed"),
    unprobed: () => told.push("unprobed"),
  };
  const memory = meteredMemory(createMemory(), meter, clock);
  const put = (version: number, phase: TaskState["phase"], ...containers: ContainerState[]): boolean =>
    memory.tasks.put({ ...task, version, phase, containers });
  return { clock, told, memory, meter, put };
}

const pod: Pod = {
  metadata: { uid: "u", name: "web", namespace: "default" },
  spec: { containers: [{ name: "main" }] },
};
const task: TaskState = {
  id: "t",
  identity: { clusterUid: "c", podUid: "u", attempt: 1 },
  podName: "web",
  podNamespace: "default",
  nodeName: "burst-1",
  version: 1,
  phase: "starting",
  containers: [],
  podIPs: [],
  probedBy: "core",
};

function container(
  instance: number,
  startedAt: number | undefined,
  kind: ContainerState["kind"] = "main",
): ContainerState {
  const state =
    startedAt === undefined ? { is: "waiting" as const, reason: "x" } : { is: "running" as const, startedAt };
  return { name: kind, kind, instance, image: "i", state };
}

describe("the meter of pods", () => {
  it("tells the time from a pod's first sight to its running, once", async () => {
    const { clock, told, memory, put } = setUp();
    memory.pods.put(pod);
    await clock.advance(1_000);
    memory.pods.put(pod);
    put(1, "starting", container(0, undefined));
    await clock.advance(1_500);
    put(2, "running", container(0, clock.now()));
    put(3, "running", container(0, clock.now()));
    expect(told).toEqual(["container", ["started", 2.5]]);
  });

  it.for([
    ["was launched before burstlet started", recorded(pod)],
    ["is not of this node", undefined],
  ] as const)("tells none of a pod that %s", ([, known]) => {
    const { clock, told, memory, put } = setUp();
    if (known !== undefined) memory.pods.put(known);
    put(1, "running", container(0, clock.now() - 1));
    expect(told).toEqual([]);
  });

  it("tells none of a pod that was deleted meanwhile", () => {
    const { told, memory, put } = setUp();
    memory.pods.put(pod);
    memory.pods.delete("u");
    put(1, "running");
    expect(told).toEqual([]);
  });

  it("counts each run of each container once, by the kubelet's types; stale news do not count", () => {
    const { clock, told, put } = setUp();
    const now = clock.now();
    put(1, "starting", container(0, now, "init"), container(0, undefined));
    put(2, "running", container(0, now, "init"), container(0, now));
    put(2, "running", container(0, now, "init"), container(1, now));
    put(3, "running", container(0, now, "init"), container(1, undefined));
    put(4, "running", container(0, now, "init"), container(1, now), container(0, now, "ephemeral"));
    put(5, "running", container(0, now, "init"), container(2, now), container(0, now, "sidecar"));
    expect(told).toEqual([
      "init_container",
      "container",
      "container",
      "ephemeral_container",
      "container",
      "init_container",
    ]);
  });

  it("tells each pass with what it was about, how long it took and how it ended", async () => {
    const { clock, told, memory, meter } = setUp();
    const work = meteredWork(
      async (uid) => {
        await clock.sleep(250);
        if (uid === "u") throw new Error("no");
      },
      memory.pods,
      meter,
      clock,
    );
    const pass = async (uid: string): Promise<void> => {
      const done = work(uid).catch(() => undefined);
      await clock.advance(250);
      await done;
    };
    await pass("gone");
    memory.pods.put(pod);
    await pass("u");
    memory.pods.put({ ...recorded(pod), metadata: { ...recorded(pod).metadata, uid: "v" } });
    await pass("v");
    memory.pods.put({ ...pod, metadata: { uid: "w", deletionTimestamp: "2026-01-02T03:04:05Z" } });
    await pass("w");
    expect(told).toEqual([
      ["terminated", 0.25, false],
      ["create", 0.25, true],
      ["sync", 0.25, false],
      ["kill", 0.25, false],
    ]);
  });
});
