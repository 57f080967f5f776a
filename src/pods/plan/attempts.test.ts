import { describe, expect, it } from "vitest";
import type { RunState } from "../../model/task-state.ts";
import { container, ended, now, pod, running, task, waiting } from "../../status/testing.ts";
import { dueRestarts, isFinished, noteCalm } from "./attempts.ts";

const minutes = (n: number) => n * 60_000;
const specOf = (names: readonly string[], policy: string) => pod(names, policy).spec ?? { containers: [] };

function dues(states: Readonly<Record<string, RunState>>, policy: string, restarts = 0, since = now) {
  const containers = Object.entries(states).map(([name, state]) => container(name, state));
  return dueRestarts(specOf(Object.keys(states), policy), task(containers), () => restarts, since);
}

describe("the back-off of the nth restart", () => {
  it.for([
    [0, 0],
    [1, 10],
    [2, 20],
    [3, 40],
    [4, 80],
    [5, 160],
    [6, 300],
    [50, 300],
    [5_000, 300],
  ] as const)("after %d restarts is %d s", ([restarts, wait]) => {
    expect(dues({ a: ended(1) }, "Always", restarts)).toEqual([
      { container: "a", instance: 1, at: now + wait * 1000, wait: wait * 1000 },
    ]);
  });

  it("is nothing after a run of ten minutes", () => {
    const calm = { ...ended(1), startedAt: now - minutes(10) };
    expect(dues({ a: calm }, "Always", 7)).toMatchObject([{ wait: 0 }]);
    expect(dues({ a: { ...calm, startedAt: now - minutes(10) + 1 } }, "Always", 7)).toMatchObject([{ wait: 300_000 }]);
    const { startedAt: _started, ...unbegun } = calm;
    const { finishedAt: _finished, ...unended } = calm;
    expect(dues({ a: unbegun }, "Always", 7)).toMatchObject([{ wait: 300_000 }]);
    expect(dues({ a: unended }, "Always", 7)).toMatchObject([{ wait: 300_000 }]);
  });

  it("counts from the end, or what is nearest to it: the run's start, the task's launch", () => {
    const unknown = { is: "terminated", exitCode: undefined, reason: "Error" } as const;
    expect(dues({ a: ended(1, 3_000) }, "Always", 1)[0]?.at).toBe(now + 7_000);
    expect(dues({ a: { ...unknown, startedAt: now - 4_000 } }, "Always", 1)[0]?.at).toBe(now + 6_000);
    expect(dues({ a: unknown }, "Always", 1, now - 1_000)[0]?.at).toBe(now + 9_000);
  });
});

describe("which containers run again", () => {
  it.for<[string, Readonly<Record<string, RunState>>, readonly string[]]>([
    ["Always", { a: ended(0), b: ended(1), c: running(), d: waiting("ErrImagePull") }, ["a", "b"]],
    ["OnFailure", { a: ended(0), b: ended(1), c: ended(undefined) }, ["b", "c"]],
    ["Never", { a: ended(0), b: ended(1) }, []],
    ["Never", { side1: ended(0), a: running() }, ["side1"]],
    ["Always", { init1: ended(0), a: running() }, []],
    ["Always", { init1: ended(1), a: waiting("PodInitializing") }, ["init1"]],
    ["OnFailure", { init1: ended(1), a: waiting("PodInitializing") }, ["init1"]],
    ["Never", { init1: ended(1), a: waiting("PodInitializing") }, []],
    [
      "Always",
      { side1: ended(1), init2: ended(1), side3: ended(1), a: waiting("PodInitializing") },
      ["side1", "init2"],
    ],
  ])("%s, %j: %j", ([policy, states, again]) => {
    expect(dues(states, policy).map((due) => due.container)).toEqual(again);
  });
});

describe("a pod is finished", () => {
  it.for<[string, string, Readonly<Record<string, RunState>>, boolean]>([
    ["when every main container has ended for good", "Never", { a: ended(0), b: ended(1) }, true],
    ["not while a main container runs", "Never", { a: ended(0), b: running() }, false],
    ["not while a main container waits", "Never", { a: ended(0), b: waiting("ErrImagePull") }, false],
    ["whatever its sidecars do", "Never", { side1: running(), a: ended(0) }, true],
    ["when OnFailure has nothing to repeat", "OnFailure", { a: ended(0) }, true],
    ["not when OnFailure has", "OnFailure", { a: ended(1) }, false],
    ["not when nobody knows the end and OnFailure repeats it", "OnFailure", { a: ended(undefined) }, false],
    ["not before it has any main container", "Never", {}, false],
    ["never under Always", "Always", { a: ended(0) }, false],
    ["when an init container has failed for good", "Never", { init1: ended(1), a: waiting("PodInitializing") }, true],
    ["not when that init container runs again", "OnFailure", { init1: ended(1), a: waiting("PodInitializing") }, false],
  ])("%s", ([, policy, states, finished]) => {
    const containers = Object.entries(states).map(([name, state]) => container(name, state));
    expect(isFinished(specOf(Object.keys(states), policy), task(containers))).toBe(finished);
  });
});

describe("calm runs", () => {
  const calm = { ...ended(1), startedAt: now - minutes(11) };

  it("are noted with the restarts that lie before them", () => {
    const shown = task([container("a", calm, { instance: 2 }), container("b", ended(1), { instance: 5 })]);
    expect(noteCalm(undefined, shown, { a: 3 })).toEqual(new Map([["a", 5]]));
    const before = new Map([
      ["a", 1],
      ["c", 4],
    ]);
    expect(noteCalm(before, shown, {})).toEqual(new Map([...before, ["a", 2]]));
  });

  it("change nothing when there is nothing new", () => {
    const before = new Map([["a", 2]]);
    expect(noteCalm(before, task([container("a", calm, { instance: 2 })]), {})).toBe(before);
    expect(noteCalm(before, undefined, {})).toBe(before);
    expect(noteCalm(undefined, task([container("a", running())]), {})).toBeUndefined();
  });
});
