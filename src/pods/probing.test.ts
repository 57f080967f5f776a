import { describe, expect, it } from "vitest";
import { fakeClock } from "../../test/support/fake-clock.ts";
import { createLanes } from "../limits/lanes.ts";
import type { Container, Pod } from "../model/kube.ts";
import type { TaskState } from "../model/task-state.ts";
import type { Outcome } from "../probes/probe.ts";
import { at, container, ended, now, pod, running, status, task } from "../status/testing.ts";
import { unmetered } from "./meter.ts";
import { createProbing, runsOf } from "./probing.ts";
import { recorded } from "./testing.ts";

const readinessProbe = { exec: { command: ["test", "$(A)$(B)$(C)", "$$(A)"] }, periodSeconds: 1, failureThreshold: 1 };

function probedPod(more: Partial<Container> = {}, names: readonly string[] = ["main"], of: Partial<Pod> = {}): Pod {
  const plain = pod(names, "Always", of);
  const containers = (plain.spec?.containers ?? []).map((one) => ({ ...one, readinessProbe, ...more }));
  return recorded({ ...plain, spec: { ...plain.spec, containers } });
}

const main = (instance = 0, startedAt = now - 60_000) =>
  container("main", running(startedAt), { instance, containerID: `c://${instance}` });

describe("the runs that are probed", () => {
  it("are those that run now, of containers with probes, by the core", () => {
    const names = (of: Pod, ...tasks: TaskState[]) =>
      runsOf(of, tasks).map(({ run }) => `${run.container} #${run.instance}`);
    expect(names(probedPod(), task([main(3)]))).toEqual(["main #3"]);
    expect(names(pod(["main"], "Always"), task([main()]))).toEqual([]);
    expect(names(probedPod(), task([container("main", ended(1))]))).toEqual([]);
    expect(names(probedPod(), task([main()], { probedBy: "provider" }))).toEqual([]);
    expect(names(probedPod())).toEqual([]);
    const later = { identity: { clusterUid: "cluster", podUid: "uid", attempt: 2 } };
    expect(names(probedPod(), task([main()], later))).toEqual([]);
  });

  it("leave commands to the provider where the two share the work, or all of liveness", () => {
    const tcp = { tcpSocket: { port: 80 } };
    const kinds = (probedBy: "split" | "liveness", more: Partial<Container>) =>
      runsOf(probedPod(more), [task([main()], { probedBy })]).map(({ probes }) => probes.map(({ kind }) => kind));
    expect(kinds("split", {})).toEqual([]);
    expect(kinds("split", { livenessProbe: tcp })).toEqual([["liveness"]]);
    expect(kinds("liveness", { livenessProbe: tcp })).toEqual([]);
    const all = { livenessProbe: tcp, readinessProbe: tcp, startupProbe: { exec: { command: ["true"] } } };
    expect(kinds("liveness", all)).toEqual([["readiness"]]);
  });

  it("have commands with what the spec says of their variables, and no others", () => {
    const env = [
      { name: "A", value: "old" },
      { name: "A", value: "a" },
      { name: "B", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
    ];
    const [run] = runsOf(probedPod({ env }), [task([main()])]);
    expect(run?.probes[0]?.action).toEqual({ via: "exec", argv: ["test", "a$(B)$(C)", "$(A)"] });
  });

  it("are as the API server shows them, when it shows this very run", () => {
    const seen = task([main(0, Date.parse(at) + 123)]);
    const shown = { ...status("main", "running"), containerID: "c://0", ready: false };
    const told = (containerStatuses: Pod["status"] & object) =>
      runsOf({ ...probedPod(), status: containerStatuses }, [seen])[0]?.told;
    expect(told({ containerStatuses: [shown] })).toEqual({ started: true, ready: false });
    expect(told({ containerStatuses: [{ ...shown, containerID: "c://9" }] })).toBeUndefined();
    expect(told({ containerStatuses: [status("main", "new")] })).toBeUndefined();
    expect(told({})).toBeUndefined();
  });

  it("are ending once the pod is deleted or the task stops", () => {
    const deleted = probedPod({}, ["main"], { metadata: { deletionTimestamp: at } });
    expect(runsOf(deleted, [task([main()])])[0]?.ending).toBe(true);
    expect(runsOf(probedPod(), [task([main()], { phase: "stopping" })])[0]?.ending).toBe(true);
    expect(runsOf(probedPod(), [task([main()])])[0]?.ending).toBe(false);
  });
});

describe("what probes find", () => {
  function setUp(outcome: Outcome) {
    const clock = fakeClock();
    const told: string[] = [];
    let present: Pod | undefined = probedPod();
    const probing = createProbing({
      ask: async () => outcome,
      lanes: createLanes({ probe: 1, "exec-probe": 1 }),
      pods: { get: () => present },
      clock,
      random: () => 0,
      meter: {
        ...unmetered,
        probed: (_pod, answer) => told.push(`counted ${answer.outcome.result}`),
        unprobed: (uid) => told.push(`forgotten ${uid}`),
      },
      tell: (_pod, { type, reason, message }) => told.push(`${type} ${reason} ${message}`),
      changed: (uid) => told.push(`changed ${uid}`),
    });
    const look = (of: Pod | undefined, ...tasks: TaskState[]) => {
      present = of;
      return probing.look("uid", of, tasks).get("main")?.ready;
    };
    return { clock, told, look };
  }

  it.for<[outcome: Outcome, told: string[]]>([
    [{ result: "success", message: "well" }, ["counted success", "changed uid"]],
    [
      { result: "warning", message: "elsewhere" },
      ["counted warning", "Warning ProbeWarning Readiness probe warning: elsewhere", "changed uid"],
    ],
    [{ result: "failure", message: "no" }, ["counted failure", "Warning Unhealthy Readiness probe failed: no"]],
    [
      { result: "error", message: "no file" },
      ["counted error", "Warning Unhealthy Readiness probe errored and resulted in unknown state: no file"],
    ],
  ])("is told and counted: %j", async ([outcome, expected]) => {
    const { clock, told, look } = setUp(outcome);
    expect(look(probedPod(), task([main()]))).toBe(false);
    await clock.advance(500);
    expect(told).toEqual(expected);
  });

  it("is forgotten between two runs, and its numbers with the pod", async () => {
    const { clock, told, look } = setUp({ result: "success", message: "" });
    look(probedPod(), task([main()]));
    await clock.advance(0);
    expect(look(probedPod(), task([main()]))).toBe(true);
    expect(look(probedPod(), task([container("main", ended(1))]))).toBeUndefined();
    expect(look(probedPod(), task([main(1)]))).toBe(false);
    expect(told).toEqual(["counted success", "changed uid"]);
    look({ ...probedPod(), status: { phase: "Succeeded" } }, task([main(1)]));
    look(undefined);
    await clock.advance(10_000);
    expect(told).toEqual(["counted success", "changed uid", "forgotten uid"]);
  });
});
