import { describe, expect, it } from "vitest";
import { nextSteps, type Step, type TaskView } from "./next.ts";
import { run, view } from "./testing.ts";

const containers = [
  { name: "side", kind: "sidecar", wanted: 0, postStart: true, preStop: true },
  { name: "a", kind: "main", wanted: 0, postStart: true, preStop: true },
  { name: "b", kind: "main", wanted: 0 },
] as const;
const hook = (name: "postStart" | "preStop", container: string): Step => ({
  do: "hook",
  hook: name,
  container,
  instance: 0,
});
const signal = (container: string, name: "stop" | "KILL"): Step => ({
  do: "signal",
  container,
  instance: 0,
  signal: name,
});
const create = (container: string): Step => ({ do: "create", container, instance: 0 });
const stepsOf = (change: Partial<TaskView>): readonly Step[] => nextSteps(view({ containers, ...change })).steps;
const side = run("side", "running");
const a = run("a", "running");
const b = run("b", "running");
const done = { "postStart:side/0": "succeeded", "postStart:a/0": "succeeded" } as const;

describe("a postStart hook", () => {
  it.for<[string, Partial<TaskView>, Step[]]>([
    ["runs as soon as its container does, and the row waits for it", { runs: [side] }, [hook("postStart", "side")]],
    [
      "is looked at again while it runs",
      { runs: [side], hooks: { "postStart:side/0": "begun" } },
      [hook("postStart", "side")],
    ],
    [
      "lets the row go on when it has succeeded",
      { runs: [side], hooks: { "postStart:side/0": "succeeded" } },
      [create("a")],
    ],
    [
      "of a main container holds up the ones after it",
      { runs: [side, a], hooks: { "postStart:side/0": "succeeded" } },
      [hook("postStart", "a")],
    ],
    [
      "that failed lets nothing go on, and its container ends",
      { runs: [side], hooks: { "postStart:side/0": "failed" }, kills: { "side/0": 5000 } },
      [hook("preStop", "side")],
    ],
    [
      "of a sidecar that has ended before lets nothing go on",
      { runs: [run("side", "ended")], hooks: { "postStart:side/0": "failed" } },
      [],
    ],
    [
      "of a main container that has ended holds up nothing",
      { runs: [side, run("a", "ended")], hooks: { ...done, "postStart:a/0": "failed" } },
      [create("b")],
    ],
    [
      "is not begun while the task ends",
      { runs: [side], stop: { askedAt: 0, deadline: 5000 } },
      [hook("preStop", "side")],
    ],
  ])("%s", ([, change, steps]) => {
    expect(stepsOf(change)).toEqual(steps);
  });
});

describe("an ephemeral container", () => {
  const debug = { name: "debug", kind: "ephemeral", wanted: 0, target: "b" } as const;
  const row = [{ name: "init", kind: "init", wanted: 0 }, { name: "b", kind: "main", wanted: 2 }, debug] as const;
  const runs = [run("init", "ended", { succeeded: true }), run("b", "ended"), run("b", "running", { instance: 2 })];
  const remove: Step = { do: "remove", container: "b", instance: 0 };

  it("starts beside whatever the row waits for, and never again", () => {
    expect(stepsOf({ containers: row, runs: [run("init", "running")] })).toEqual([create("debug")]);
    expect(stepsOf({ containers: row, runs: [...runs, run("debug", "ended")] })).toEqual([]);
  });

  it("keeps the runs of the container that it looks at", () => {
    expect(stepsOf({ containers: row.slice(0, 2), runs })).toEqual([remove]);
    expect(stepsOf({ containers: row, runs: [...runs, run("debug", "running")] })).toEqual([]);
  });

  it("ends before the sidecars", () => {
    const stop = { askedAt: 0, deadline: 5000 };
    const sidecar = { name: "side", kind: "sidecar", wanted: 0 } as const;
    const present = [run("debug", "running"), side];
    expect(stepsOf({ containers: [sidecar, ...row], runs: present, stop })).toEqual([signal("debug", "stop")]);
  });
});

describe("a preStop hook", () => {
  const stop = { askedAt: 0, deadline: 5000 };

  it.for<[string, Partial<TaskView>, Step[]]>([
    [
      "runs before the signal; others get theirs at once",
      { runs: [a, b] },
      [hook("preStop", "a"), signal("b", "stop")],
    ],
    [
      "of a sidecar runs at once, although it ends last",
      { runs: [side, b] },
      [signal("b", "stop"), hook("preStop", "side")],
    ],
    ["is followed by the signal", { runs: [a], hooks: { "preStop:a/0": "succeeded" } }, [signal("a", "stop")]],
    ["that failed is followed by the signal", { runs: [a], hooks: { "preStop:a/0": "failed" } }, [signal("a", "stop")]],
    [
      "that took all the grace is followed by the signal all the same",
      { runs: [a], hooks: { "preStop:a/0": "begun" }, now: 6000 },
      [signal("a", "stop")],
    ],
    [
      "that took all the grace leaves its container two seconds",
      { runs: [a], hooks: { "preStop:a/0": "begun" }, signalled: { "a/0": 5000 }, now: 7000 },
      [signal("a", "KILL")],
    ],
    ["is left out without grace", { runs: [a], stop: { askedAt: 1000, deadline: 1000 } }, [signal("a", "KILL")]],
    [
      "runs also when its container ends alone",
      { runs: [side, a, b], stop: undefined, hooks: done, kills: { "a/0": 5000 } },
      [hook("preStop", "a")],
    ],
    ["is not run for what has ended by itself", { runs: [run("a", "ended"), b], hooks: done }, [signal("b", "stop")]],
  ])("%s", ([, change, steps]) => {
    expect(stepsOf({ stop, ...change })).toEqual(steps);
  });

  it("is not waited for longer than the grace", () => {
    expect(nextSteps(view({ containers, runs: [a], stop })).wakeAt).toBe(5000);
  });
});
