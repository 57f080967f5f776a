import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextSteps, type Run, type Step, type TaskView } from "./next.ts";
import { performed, row, run, view } from "./testing.ts";

const ok = { succeeded: true };
const passed = [run("init", "ended", ok), run("side", "running"), run("late", "ended", ok)];
const create = (container: string, instance = 0): Step => ({ do: "create", container, instance });
const start = (container: string, instance = 0): Step => ({ do: "start", container, instance });
const signal = (container: string, name: "stop" | "KILL", instance = 0): Step => ({
  do: "signal",
  container,
  instance,
  signal: name,
});

describe("the row of containers", () => {
  it.for<[string, Partial<TaskView>, Step[]]>([
    ["begins with the sandbox", { sandbox: "absent" }, [{ do: "create sandbox" }]],
    ["starts a sandbox that was created", { sandbox: "created", prepared: false }, [{ do: "start sandbox" }]],
    ["fills volumes before any container", { prepared: false }, [{ do: "prepare" }]],
    ["creates the first init container alone", {}, [create("init")]],
    ["starts what was created before a crash", { runs: [run("init", "created")] }, [start("init")]],
    ["waits for a running init container", { runs: [run("init", "running")] }, []],
    ["waits after a failed init container", { runs: [run("init", "ended")] }, []],
    ["goes on after a successful one", { runs: [run("init", "ended", ok)] }, [create("side")]],
    ["goes on as soon as a sidecar runs", { runs: passed.slice(0, 2) }, [create("late")]],
    [
      "waits for a sidecar that has still to start up",
      { runs: passed.slice(0, 2), containers: row.map((one) => (one.name === "side" ? { ...one, held: true } : one)) },
      [],
    ],
    ["starts all mains together", { runs: passed }, [create("a"), create("b")]],
    [
      "goes on past a sidecar that has ended",
      { runs: [run("init", "ended", ok), run("side", "ended")] },
      [create("late")],
    ],
    ["is done when all run", { runs: [...passed, run("a", "running"), run("b", "running")] }, []],
    [
      "does not look back at init containers once a main has run",
      { runs: [run("a", "running"), run("b", "ended")] },
      [create("side")],
    ],
    ["starts nothing without a spec", { startable: false }, []],
    [
      "needs no sandbox when nothing is due",
      {
        sandbox: "ended",
        runs: [
          ...passed.slice(0, 1),
          run("side", "ended"),
          run("late", "ended", ok),
          run("a", "ended"),
          run("b", "ended"),
        ],
      },
      [],
    ],
  ])("%s", ([, change, steps]) => {
    expect(nextSteps(view(change)).steps).toEqual(steps);
  });
});

describe("restarts", () => {
  const wanting = (name: string, wanted: number): TaskView["containers"] =>
    row.map((one) => (one.name === name ? { ...one, wanted } : one));
  const ended = [...passed, run("a", "ended"), run("b", "running")];

  it.for<[string, Partial<TaskView>, Step[]]>([
    ["creates the next instance", { containers: wanting("a", 1), runs: ended }, [create("a", 1)]],
    ["ends the present one first", { containers: wanting("b", 1), runs: ended }, [signal("b", "stop")]],
    [
      "kills it when it does not end",
      { containers: wanting("b", 1), runs: ended, signalled: { "b/0": -30_000 } },
      [signal("b", "KILL")],
    ],
    [
      "kills a run at once whose grace to end alone is over, and leaves the others",
      { runs: [...passed, run("a", "running"), run("b", "running")], kills: { "b/0": 1000 } },
      [signal("b", "KILL")],
    ],
    [
      "asks a run to end alone, and starts nothing in its place",
      { runs: [...passed, run("a", "running"), run("b", "running")], kills: { "b/0": 5000 } },
      [signal("b", "stop")],
    ],
    [
      "restarts the sandbox first where it has ended",
      {
        containers: wanting("a", 1),
        sandbox: "ended",
        runs: [
          ...passed.filter(({ state }) => state === "ended"),
          run("a", "ended"),
          run("b", "ended"),
          run("side", "ended"),
        ],
      },
      [{ do: "start sandbox" }],
    ],
    ["keeps the last run", { containers: wanting("a", 1), runs: [...ended, run("a", "running", { instance: 1 })] }, []],
    [
      "removes older ones when the present one has started",
      {
        containers: wanting("a", 2),
        runs: [...ended, run("a", "ended", { instance: 1 }), run("a", "running", { instance: 2 })],
      },
      [{ do: "remove", container: "a", instance: 0 }],
    ],
    [
      "removes nothing that is gone already",
      {
        containers: wanting("a", 2),
        runs: [
          ...passed,
          run("b", "running"),
          run("a", "ended", { inEngine: false }),
          run("a", "running", { instance: 2 }),
        ],
      },
      [],
    ],
    [
      "ends what has lost its network with its sandbox",
      { sandbox: "ended", runs: [run("a", "running")] },
      [signal("a", "KILL")],
    ],
  ])("%s", ([, change, steps]) => {
    expect(nextSteps(view(change)).steps).toEqual(steps);
  });
});

describe("stopping", () => {
  const all = [run("init", "ended", ok), run("side", "running"), run("a", "running"), run("b", "running")];
  const stop = { askedAt: 500, deadline: 5000 };

  it.for<[string, Partial<TaskView>, Step[], number | undefined]>([
    ["asks the mains first", { runs: all, stop }, [signal("a", "stop"), signal("b", "stop")], 5000],
    ["asks once", { runs: all, stop, signalled: { "a/0": 1, "b/0": 1 } }, [], 5000],
    ["kills at the deadline", { runs: all, stop, now: 5000 }, [signal("a", "KILL"), signal("b", "KILL")], 6000],
    [
      "kills one whose own grace is over before",
      { runs: all, stop, now: 3000, kills: { "b/0": 2000 }, signalled: { "a/0": 1000, "b/0": 1000 } },
      [signal("b", "KILL")],
      4000,
    ],
    [
      "kills at once without grace",
      { runs: all, stop: { askedAt: 1000, deadline: 1000 } },
      [signal("a", "KILL"), signal("b", "KILL")],
      2000,
    ],
    ["then asks the sidecar", { runs: [run("side", "running")], stop }, [signal("side", "stop")], 5000],
    [
      "gives a sidecar 2 s even when the grace is over",
      { runs: [run("side", "running")], stop, now: 6000 },
      [signal("side", "stop")],
      8000,
    ],
    [
      "and kills it then",
      { runs: [run("side", "running")], stop, now: 8000, signalled: { "side/0": 6000 } },
      [signal("side", "KILL")],
      9000,
    ],
    ["ends the sandbox last", { runs: [run("a", "ended")], stop }, [{ do: "end sandbox" }], undefined],
    ["is done then", { sandbox: "ended", runs: [run("a", "ended")], stop }, [], undefined],
    ["starts nothing any more", { sandbox: "ended", runs: [run("a", "created")], stop }, [], undefined],
  ])("%s", ([, change, steps, wakeAt]) => {
    expect(nextSteps(view(change))).toEqual({ steps, ...(wakeAt === undefined ? {} : { wakeAt }) });
  });

  it("ends sidecars against their order, one at a time", () => {
    const containers = ["first", "second"].map((name) => ({ name, kind: "sidecar" as const, wanted: 0 }));
    const runs = containers.map(({ name }) => run(name, "running"));
    expect(nextSteps(view({ containers, runs, stop })).steps).toEqual([signal("second", "stop")]);
  });
});

describe("whatever the engine shows", () => {
  // Views in which something may start are rare among random ones.
  const often = { numRuns: 5000 };
  const states = fc.constantFrom<Run["state"]>("created", "running", "ended");
  const runs = fc.uniqueArray(
    fc.record({
      container: fc.constantFrom(...row.map(({ name }) => name)),
      instance: fc.nat(2),
      state: states,
      succeeded: fc.boolean(),
      inEngine: fc.constant(true),
    }),
    { selector: ({ container, instance }) => `${container}/${instance}` },
  );
  const views = fc.record({
    runs,
    sandbox: fc.constantFrom<TaskView["sandbox"]>("absent", "created", "running", "ended"),
    prepared: fc.boolean(),
    stop: fc.option(fc.record({ askedAt: fc.nat(2000), deadline: fc.nat(2000) }), { nil: undefined }),
  });

  it("creates no run that exists, starts only what was created, and nothing at all while stopping", () => {
    fc.assert(
      fc.property(views, (change) => {
        const { steps } = nextSteps(view(change));
        for (const step of steps) {
          if (step.do === "create" || step.do === "start") {
            const found = change.runs.find(
              ({ container, instance }) => container === step.container && instance === step.instance,
            );
            expect(found?.state).toBe(step.do === "create" ? undefined : "created");
            expect([change.stop, change.sandbox]).toEqual([undefined, "running"]);
          }
        }
      }),
      often,
    );
  });

  it("starts no main before every init container has succeeded, unless a main has run before", () => {
    const isMain = (name: string): boolean => name === "a" || name === "b";
    const one = fc.option(fc.record({ state: states, succeeded: fc.boolean() }), { nil: undefined });
    const first = fc.record(Object.fromEntries(row.map(({ name }) => [name, one])));
    fc.assert(
      fc.property(first, (found) => {
        const present = Object.entries(found).flatMap(([name, what]) => (what ? [run(name, what.state, what)] : []));
        const begun = present.some(({ container, state }) => isMain(container) && state !== "created");
        const initialized = ["init", "late"].every((name) => found[name]?.succeeded);
        const { steps } = nextSteps(view({ runs: present }));
        const starts = steps.some((step) => (step.do === "create" || step.do === "start") && isMain(step.container));
        expect(starts && !begun && !initialized).toBe(false);
      }),
      often,
    );
  });

  it("comes to an end: performing its steps leaves nothing to do", () => {
    fc.assert(
      fc.property(views, (change) => {
        let present = view({ ...change, now: 10_000 });
        for (let round = 0; round < 60; round += 1) {
          const { steps } = nextSteps(present);
          if (steps.length === 0) return;
          present = steps.reduce(performed, present);
        }
        expect.unreachable(JSON.stringify(nextSteps(present)));
      }),
      often,
    );
  });
});
