import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ContainerKind, RunState } from "../../../../../src/provider.ts";
import type { ContainerRecord } from "./record.ts";
import { recovered } from "./recover.ts";
import { nextSteps, phaseOf } from "./row.ts";

const waiting: RunState = { is: "waiting", reason: "PodInitializing" };
const running: RunState = { is: "running", startedAt: 1 };
const ended = (exitCode: number | undefined): RunState => ({ is: "terminated", exitCode, reason: "x" });

function container(
  name: string,
  kind: ContainerKind,
  state: RunState,
  change: Partial<ContainerRecord> = {},
): ContainerRecord {
  const ran = state.is !== "waiting";
  return { name, kind, image: "busybox", instance: 0, state, spawned: ran, started: ran, marks: [], ...change };
}
const isWell = (state: RunState): boolean => state.is === "terminated" && state.exitCode === 0;
const row = (...containers: ContainerRecord[]) => ({ stopping: false, containers });
const nobody: ReadonlySet<string> = new Set();

describe("the row", () => {
  it.for([
    ["the first init container first", row(container("i", "init", waiting), container("m", "main", waiting)), ["i"]],
    ["nothing while an init container runs", row(container("i", "init", running), container("m", "main", waiting)), []],
    [
      "nothing after a failed init container",
      row(container("i", "init", ended(1)), container("m", "main", waiting)),
      [],
    ],
    [
      "nothing after an init container whose end is unknown",
      row(container("i", "init", ended(undefined)), container("m", "main", waiting)),
      [],
    ],
    [
      "all mains at once after the last init container",
      row(container("i", "init", ended(0)), container("m", "main", waiting), container("n", "main", waiting)),
      ["m", "n"],
    ],
    [
      "what was added, beside whatever the row waits for",
      row(container("i", "init", running), container("m", "main", waiting), container("e", "ephemeral", waiting)),
      ["e"],
    ],
    [
      "nothing again of what was added and has ended",
      row(container("m", "main", running), container("e", "ephemeral", ended(1))),
      [],
    ],
    [
      "no main after one whose postStart hook is still to come",
      row(container("m", "main", waiting, { hooked: true }), container("n", "main", waiting)),
      ["m"],
    ],
    [
      "what follows a sidecar that runs",
      row(container("s", "sidecar", running), container("i", "init", waiting)),
      ["i"],
    ],
    [
      "nothing after a sidecar that runs and has still to start up",
      row(container("s", "sidecar", running, { held: true }), container("m", "main", waiting)),
      [],
    ],
    [
      "a sidecar alone that died before it had started up",
      row(container("s", "sidecar", waiting, { held: true, started: true }), container("m", "main", waiting)),
      ["s"],
    ],
    [
      "what follows a sidecar that ran once and died",
      row(container("s", "sidecar", ended(1)), container("m", "main", waiting)),
      ["m"],
    ],
    [
      "nothing after a sidecar that could not start",
      row(container("s", "sidecar", ended(128), { started: false }), container("m", "main", waiting)),
      [],
    ],
    [
      "a sidecar again without holding up the others",
      row(container("s", "sidecar", waiting, { started: true }), container("m", "main", waiting)),
      ["s", "m"],
    ],
    [
      "nothing behind an image that is not to be had",
      row(container("i", "init", { is: "waiting", reason: "ErrImagePull" }), container("m", "main", waiting)),
      [],
    ],
    [
      "the other mains beside one without an image",
      row(container("m", "main", { is: "waiting", reason: "ImagePullBackOff" }), container("n", "main", waiting)),
      ["n"],
    ],
    ["nothing that may have run already", row(container("m", "main", waiting, { spawned: true })), []],
  ] as const)("starts %s", ([, given, launch]) => {
    expect(nextSteps(given, nobody)).toEqual({ launch, terminate: [] });
  });

  it("ends mains first and sidecars in reverse order, one after the other, and starts nothing", () => {
    const one = container("one", "sidecar", running);
    const two = container("two", "sidecar", running);
    const main = container("m", "main", running);
    const late = container("n", "main", waiting);
    const terminate = (...containers: ContainerRecord[]) => nextSteps({ stopping: true, containers }, nobody).terminate;
    expect(nextSteps({ stopping: true, containers: [one, two, main, late] }, nobody).launch).toEqual([]);
    expect(terminate(one, two, main, late)).toEqual(["m"]);
    expect(terminate(one, two, late)).toEqual(["two"]);
    expect(terminate(one, { ...two, state: ended(0) })).toEqual(["one"]);
  });

  it.for([
    ["starting", row(container("m", "main", waiting))],
    ["starting", row(container("i", "init", ended(1)), container("m", "main", waiting))],
    ["running", row(container("m", "main", running))],
    ["running", row(container("s", "sidecar", running), container("m", "main", ended(0)))],
    ["running", row(container("m", "main", ended(0)), container("n", "main", running))],
    ["stopped", row(container("s", "sidecar", ended(0)), container("m", "main", ended(0)))],
    ["stopping", { stopping: true, containers: [container("m", "main", running)] }],
    ["stopped", { stopping: true, containers: [container("m", "main", waiting)] }],
  ] as const)("is %s", ([phase, given]) => {
    expect(phaseOf(given, nobody)).toBe(phase);
  });

  it("never starts anything twice, out of order, or once it stops, whatever happens", () => {
    const kinds = fc.array(fc.constantFrom<ContainerKind>("init", "sidecar"), { maxLength: 4 });
    const events = fc.array(
      fc.tuple(fc.nat(), fc.constantFrom(0, 1, undefined), fc.constantFrom("end", "restart", "crash", "stop")),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(kinds, fc.integer({ min: 1, max: 3 }), events, (before, mains, happenings) => {
        const all: ContainerKind[] = [...before, ...Array.from({ length: mains }, () => "main" as const)];
        let record = { stopping: false, containers: all.map((kind, n) => container(`${n}`, kind, waiting)) };
        const launched = new Set<string>();
        const set = (name: string, change: Partial<ContainerRecord>): void => {
          record = {
            ...record,
            containers: record.containers.map((each) => (each.name === name ? { ...each, ...change } : each)),
          };
        };
        const settle = (): void => {
          for (let steps = nextSteps(record, nobody); steps.launch.length > 0; steps = nextSteps(record, nobody)) {
            expect(record.stopping).toBe(false);
            for (const name of steps.launch) {
              const { instance } = record.containers.find((each) => each.name === name) as ContainerRecord;
              expect(launched).not.toContain(`${name}/${instance}`);
              launched.add(`${name}/${instance}`);
              const earlier = record.containers.slice(0, Number(name)).filter(({ kind }) => kind !== "main");
              for (const other of earlier)
                expect(other.kind === "init" ? isWell(other.state) : other.started, other.name).toBe(true);
              set(name, { state: running, spawned: true, started: true });
            }
          }
        };
        settle();
        for (const [pick, code, happening] of happenings) {
          const chosen = record.containers[pick % record.containers.length] as ContainerRecord;
          if (happening === "end" && chosen.state.is === "running") set(chosen.name, { state: ended(code) });
          if (happening === "restart" && chosen.state.is === "terminated" && !record.stopping)
            if (chosen.kind !== "init" || chosen.state.exitCode !== 0)
              set(chosen.name, { state: waiting, spawned: false, instance: chosen.instance + 1 });
          if (happening === "stop") record = { ...record, stopping: true };
          if (happening === "crash")
            record = {
              ...record,
              containers: recovered({ ...record, key: "", version: 1 } as never).containers as ContainerRecord[],
            };
          settle();
          const busy = record.containers.some(({ state }) => state.is === "running");
          if (busy) expect(phaseOf(record, nobody)).not.toBe("stopped");
          if (record.stopping && !busy) expect(phaseOf(record, nobody)).toBe("stopped");
        }
      }),
    );
  });
});
