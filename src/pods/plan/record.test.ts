import { describe, expect, it } from "vitest";
import { annotations } from "../../model/annotations.ts";
import type { ContainerStatus, Pod, PodStatus } from "../../model/kube.ts";
import { now, pod, status } from "../../status/testing.ts";
import { recorded, world } from "../testing.ts";
import { recordPatch } from "./record.ts";
import { recordOf } from "./world.ts";

const write = (of: Pod, attempt: number, nth = 1) => {
  const { metadata, status: patch } = recordPatch(world(of), of, { do: "record", attempt, try: nth, story: {} });
  return { notes: (metadata as { annotations: Record<string, unknown> }).annotations, patch: patch as PodStatus };
};

describe("the write-ahead record", () => {
  it("is one patch: attempt, try, backend and time together with start time and waiting containers", () => {
    const { notes, patch } = write(pod(["a"], "Always"), 1);
    expect(notes).toEqual({
      [annotations.backend]: "local",
      [annotations.attempt]: "1",
      [annotations.try]: "1",
      [annotations.recorded]: "2026-01-02T03:04:05Z",
    });
    expect(patch).toMatchObject({
      phase: "Pending",
      startTime: "2026-01-02T03:04:05Z",
      containerStatuses: [{ name: "a" }],
    });
  });

  it("is read back as it was written", () => {
    const { notes } = write(recorded(pod(["a"], "Always")), 1, 3);
    const of = pod(["a"], "Always", { metadata: { annotations: notes as Record<string, string> } });
    expect(recordOf(of)).toEqual({
      backend: "local",
      attempt: 1,
      try: 3,
      recordedAt: now,
      taskSeen: false,
      earlierRestarts: {},
    });
  });

  it.for<[what: string, tellsSends: boolean, ofAll: number, ofThis: number | undefined, sent: "no" | undefined]>([
    ["of what no cloud remembers", true, 0, undefined, "no"],
    ["of what is forgotten, though not what others are", true, 60, 0, "no"],
    ["not of what this cloud remembers, unlike others", true, 0, 60, undefined],
    ["not where nobody would say that it is sent", false, 0, undefined, undefined],
  ])("says that nothing was sent yet, %s", ([, tellsSends, ofAll, ofThis, sent]) => {
    const prepared = { generation: 1, attempt: 1, is: "ready", request: {}, memory: ofThis } as const;
    const of = pod(["a"], "Never");
    const around = world(of, { notes: { prepared } });
    const provider = { ...around.provider, tellsSends, memory: ofAll };
    const { metadata } = recordPatch({ ...around, provider }, of, { do: "record", attempt: 1, try: 1, story: {} });
    expect((metadata as Pod["metadata"])?.annotations?.[annotations.sent]).toBe(sent);
  });

  it("says for how long the cloud remembers this launch, where that is known of it alone", () => {
    const of = recorded(pod(["a"], "Never"), { memory: 5 });
    const patched = (memory: number | undefined) => {
      const prepared = { generation: 1, attempt: 1, is: "ready", request: {}, memory } as const;
      const action = { do: "record", attempt: 1, try: 1, story: {} } as const;
      const { metadata } = recordPatch(world(of, { notes: { prepared } }), of, action);
      return (metadata as Pod["metadata"])?.annotations?.[annotations.memory];
    };
    expect([0, 86_400, undefined].map(patched)).toEqual(["0", "86400", null]);
    expect(recordOf(of)?.memory).toBe(5);
    expect(recordOf(recorded(of, { memory: Number.NaN }))?.memory).toBeUndefined();
  });

  it("says where the provider looks for this launch, as long as it says so", () => {
    const of = recorded(pod(["a"], "Never"), { trail: "event f" });
    const patched = (before: Pod, trail: string | undefined) => {
      const prepared = { generation: 1, attempt: 1, is: "ready", request: {}, trail } as const;
      const action = { do: "record", attempt: 1, try: 1, story: {} } as const;
      const { metadata } = recordPatch(world(before, { notes: { prepared } }), before, action);
      return (metadata as Pod["metadata"])?.annotations?.[annotations.trail];
    };
    expect(patched(of, "event g")).toBe("event g");
    expect(patched(of, undefined)).toBeNull();
    expect(patched(pod(["a"], "Never"), undefined)).toBeUndefined();
    expect(recordOf(of)?.trail).toBe("event f");
  });

  it("of the same attempt leaves the containers' history alone", () => {
    const before = { ...status("a", "waiting"), restartCount: 2, lastState: { terminated: { exitCode: 1 } } };
    const of = {
      ...recorded(pod(["a"], "Always"), { attempt: 3 }),
      status: { containerStatuses: [before as ContainerStatus] },
    };
    const { notes, patch } = write(of, 3, 2);
    expect(notes).not.toHaveProperty([annotations.earlierRestarts]);
    expect(patch).not.toHaveProperty("containerStatuses");
  });

  it.for<[string, string, string | number, object]>([
    ["a", "Always", 3, { state: { waiting: {} }, lastState: { terminated: { exitCode: 3 } }, restartCount: 1 }],
    ["a", "Always", 0, { state: { waiting: {} }, lastState: { terminated: { exitCode: 0 } }, restartCount: 1 }],
    ["a", "OnFailure", 3, { state: { waiting: {} }, lastState: { terminated: { exitCode: 3 } }, restartCount: 1 }],
    ["a", "OnFailure", 0, { state: { terminated: { exitCode: 0 } }, restartCount: 0 }],
    ["init1", "Always", 0, { state: { terminated: { exitCode: 0 } }, restartCount: 0 }],
    ["init1", "OnFailure", 1, { state: { waiting: {} }, restartCount: 1 }],
    ["side1", "OnFailure", 0, { state: { waiting: {} }, lastState: { terminated: { exitCode: 0 } }, restartCount: 1 }],
    ["a", "Always", "crashed", { state: { waiting: {} }, lastState: { terminated: { exitCode: 1 } }, restartCount: 1 }],
    ["a", "Always", "waiting", { state: { waiting: {} }, restartCount: 0 }],
  ])("of the next attempt: container %s under %s that was at %s", ([name, policy, what, wanted]) => {
    const list = name === "a" ? "containerStatuses" : "initContainerStatuses";
    const of = pod(name === "a" ? ["a"] : [name, "a"], policy, {
      status: { phase: "Running", [list]: [status(name, what)] },
    });
    const { patch, notes } = write(recorded(of, { task: "t" }), 2);
    const after = patch[list]?.[0] ?? of.status?.[list]?.[0];
    expect(after).toMatchObject(wanted);
    if (what === 3) expect(patch.phase ?? "Running").toBe("Running");
    expect(notes[annotations.task]).toBeNull();
    expect(notes[annotations.provisioned]).toBeNull();
    expect(notes[annotations.hourlyUsd]).toBeNull();
    expect(notes[annotations.earlierRestarts]).toBe(after?.restartCount === 0 ? "" : `${name}=1`);
  });
});

describe("the record of the next attempt", () => {
  const of = (more: Partial<PodStatus>): Pod =>
    recorded(pod(["init1", "side2", "a", "b"], "OnFailure", { status: { phase: "Running", ...more } }), { task: "t" });

  it("counts what ran and takes back what was true of that run, and leaves the others as they are", () => {
    const crashed = { ...status("a", 3), ready: true, started: true, restartCount: 2, containerID: "x://1" };
    const waits = { ...status("b", "waiting"), lastState: { terminated: { exitCode: 1 } }, restartCount: 7 };
    const inits = [status("init1", 0), status("side2", 0)];
    const { patch, notes } = write(of({ initContainerStatuses: inits, containerStatuses: [crashed, waits] }), 2);
    const next = { ready: false, started: false, state: { waiting: { reason: "PodInitializing" } } };
    expect(patch.containerStatuses).toMatchObject([
      { ...next, restartCount: 3, lastState: { terminated: { exitCode: 3 } } },
      { restartCount: 7, lastState: { terminated: { exitCode: 1 } } },
    ]);
    expect(patch.containerStatuses?.[0]).not.toHaveProperty("containerID");
    expect(patch.initContainerStatuses).toMatchObject([
      { name: "init1", restartCount: 0, state: { terminated: { exitCode: 0 } } },
      { name: "side2", restartCount: 1, lastState: { terminated: { exitCode: 0 } } },
    ]);
    expect(notes[annotations.earlierRestarts]).toBe("side2=1,a=3,b=7");
  });

  it("of a pod without a status begins with one", () => {
    const { status: _status, ...bare } = of({});
    const { patch, notes } = write(bare, 2);
    expect(patch.containerStatuses?.map(({ name, restartCount }) => [name, restartCount])).toEqual([
      ["a", 0],
      ["b", 0],
    ]);
    expect(notes[annotations.earlierRestarts]).toBe("");
  });
});

describe("a record that is none", () => {
  it.for<[string, Record<string, string>]>([
    ["no annotation", {}],
    ["no backend", { [annotations.attempt]: "1" }],
    ["an attempt that is no number", { [annotations.backend]: "local", [annotations.attempt]: "many" }],
    ["an attempt below one", { [annotations.backend]: "local", [annotations.attempt]: "0" }],
  ])("%s", ([, notes]) => {
    expect(recordOf(pod(["a"], "Always", { metadata: { annotations: notes } }))).toBeUndefined();
  });

  it.for(["0", "-3", ""])("but a try %j of one is the first", (text) => {
    const notes = { [annotations.backend]: "local", [annotations.attempt]: "1", [annotations.try]: text };
    expect(recordOf(pod(["a"], "Always", { metadata: { annotations: notes } }))?.try).toBe(1);
  });

  it("but a broken part of one is not believed either", () => {
    const notes = {
      [annotations.backend]: "local",
      [annotations.attempt]: "2",
      [annotations.try]: "x",
      [annotations.recorded]: "?",
      [annotations.earlierRestarts]: "a=2,b=x,=1,c",
    };
    expect(recordOf(pod(["a"], "Always", { metadata: { annotations: notes } }))).toMatchObject({
      attempt: 2,
      try: 1,
      recordedAt: undefined,
      earlierRestarts: { a: 2 },
    });
    expect(recordOf(pod(["a"], "Always", { metadata: { annotations: notes } }))?.earlierRestarts).toEqual({ a: 2 });
  });
});
