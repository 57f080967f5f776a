import { describe, expect, it } from "vitest";
import { container, pod, running, task } from "../status/testing.ts";
import { createLookup } from "./lookup.ts";
import { createPodStore, createTaskStore } from "./stores.ts";
import { recorded } from "./testing.ts";

function bench() {
  const pods = createPodStore();
  const tasks = createTaskStore();
  return { pods, tasks, lookup: createLookup(pods, tasks, "c") };
}

const of = recorded(pod(["a"], "Always"), { attempt: 2 });
const second = task([container("a", running())], {
  id: "task-2",
  identity: { clusterUid: "c", podUid: "uid", attempt: 2 },
});

describe("what the kubelet API sees", () => {
  it("is a pod by name with the task of its recorded attempt", () => {
    const { pods, tasks, lookup } = bench();
    pods.put(of);
    for (const one of [task([]), second]) tasks.put(one);
    expect(lookup.find("default", "pod")).toEqual({
      pod: of,
      task: { identity: second.identity, id: "task-2" },
      recorded: { task: { identity: second.identity, id: undefined }, earlierRestarts: {} },
      containers: second.containers,
    });
    expect(lookup.find("default", "other")).toBeUndefined();
    expect(lookup.list()).toEqual([of]);
  });

  it("has no containers before the task is known, and what the pod's record says of it", () => {
    const { pods, lookup } = bench();
    const named = recorded(of, { attempt: 2, task: "task-2" });
    pods.put(named);
    const recordedTask = { task: { identity: second.identity, id: "task-2" }, earlierRestarts: {} };
    expect(lookup.find("default", "pod")).toEqual({
      pod: named,
      task: undefined,
      recorded: recordedTask,
      containers: [],
    });
  });

  it("of a pod that was never recorded is the pod alone", () => {
    const { pods, lookup } = bench();
    pods.put(pod(["a"], "Always"));
    expect(lookup.find("default", "pod")).toMatchObject({ task: undefined, recorded: undefined });
  });

  it.for<["starting" | "running" | "stopping" | "stopped", boolean, boolean]>([
    ["starting", false, true],
    ["running", false, true],
    ["running", true, false],
    ["stopping", false, false],
    ["stopped", false, false],
  ])("counts a pod as running: task %s, deleted %s: %s", ([phase, deleted, counts]) => {
    const { pods, tasks, lookup } = bench();
    const deletionTimestamp = "2026-01-02T03:04:05Z";
    pods.put(deleted ? { ...of, metadata: { ...of.metadata, deletionTimestamp } } : of);
    tasks.put({ ...second, phase });
    expect(lookup.running()).toHaveLength(counts ? 1 : 0);
  });
});
