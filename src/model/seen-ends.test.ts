import { expect, test } from "vitest";
import { withSeenEnds } from "./seen-ends.ts";
import type { ContainerState, RunState, TaskState } from "./task-state.ts";

const taskOf = (...states: RunState[]): TaskState => ({
  id: "task",
  identity: { clusterUid: "c", podUid: "p", attempt: 1 },
  podName: "p",
  podNamespace: "ns",
  nodeName: "n",
  version: 1,
  phase: "running",
  podIPs: [],
  probedBy: "core",
  containers: states.map((state, index): ContainerState => {
    return { name: `c${index}`, kind: "main", instance: 0, image: "a", state };
  }),
});
const ended = (finishedAt?: number): RunState => ({ is: "terminated", exitCode: 1, reason: "Error", finishedAt });
const running: RunState = { is: "running", startedAt: 1 };

test("an end without a time has the time at which it was first seen, and keeps it", () => {
  const ends = (known: RunState, seen: RunState, at: number) =>
    withSeenEnds(taskOf(known), taskOf(seen), at).containers.map(({ state }) => state);
  expect(ends(running, ended(), 7)).toEqual([ended(7)]);
  expect(ends(ended(7), ended(), 9)).toEqual([ended(7)]);
  expect(ends(running, ended(5), 9)).toEqual([ended(5)]);
  expect(ends({ is: "waiting", reason: "ContainerCreating" }, ended(), 9)).toEqual([ended()]);
  expect(ends(running, running, 9)).toEqual([running]);
});
