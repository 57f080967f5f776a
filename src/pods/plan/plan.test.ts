import { describe, expect, it } from "vitest";
import { annotations } from "../../model/annotations.ts";
import type { Pod } from "../../model/kube.ts";
import type { ProviderErrorKind } from "../../model/provider-error.ts";
import { container, ended, now, pod, running, task, waiting } from "../../status/testing.ts";
import { owned, ready, recorded, taskProvider, trouble, world, written } from "../testing.ts";
import { plan } from "./plan.ts";
import type { Notes, World } from "./world.ts";

const bare = pod(["a"], "Always");
const what = (from: World) => plan(from).do;
const waits = (of: Pod) => of.status?.containerStatuses?.[0]?.state?.waiting;
const seconds = (n: number) => n * 1000;

describe("towards a running task", () => {
  it("prepares, records, launches, in this order", () => {
    expect(plan(world(bare))).toEqual({ do: "prepare", attempt: 1, omit: [] });
    expect(plan(world(bare, { notes: { prepared: ready() } }))).toMatchObject({ do: "record", attempt: 1, try: 1 });
    const after = written(world(bare, { notes: { prepared: ready() } }));
    expect(after.writes).toBe(1);
    expect(after.pod.metadata?.annotations).toMatchObject({
      [annotations.attempt]: "1",
      [annotations.try]: "1",
      [annotations.backend]: "local",
    });
    expect(after.pod.status).toMatchObject({ phase: "Pending", startTime: "2026-01-02T03:04:05Z" });
    expect(after.action).toEqual({ do: "launch", attempt: 1, try: 1 });
  });

  it.for<[string, Notes]>([
    ["the spec has a new generation", { prepared: { ...ready(), generation: 0 } }],
    ["it was for another attempt", { prepared: ready(2) }],
    [
      "what was missing is to be looked for again",
      { prepared: { generation: 1, attempt: 1, is: "missing", reason: "R", message: "m", retryAt: now } },
    ],
  ])("prepares again when %s", ([, notes]) => {
    expect(what(world(bare, { notes }))).toBe("prepare");
  });

  it("launches a record without a task again, with the same try, once every task is known", () => {
    const of = recorded(bare, { try: 2, at: now - seconds(600) });
    const from = world(of, { notes: { prepared: ready() } });
    expect(plan({ ...from, tasksKnown: false })).toEqual({ do: "wait" });
    expect(plan(from)).toEqual({ do: "launch", attempt: 1, try: 2 });
  });

  it("says what keeps the provider from telling its tasks, of a record of which surely nothing was started", () => {
    const providerTrouble = { reason: "PreflightFailed", message: "no cluster" };
    const unsent = { attempt: 1, try: 1 };
    const from = world(recorded(bare), { tasksKnown: false, providerTrouble });
    const { pod: after, action } = written({ ...from, notes: { prepared: ready(), unsent } });
    expect(waits(after)).toEqual(providerTrouble);
    expect(action).toEqual({ do: "wait" });
    expect(plan({ ...from, notes: { prepared: ready() } })).toEqual({ do: "wait" });
    expect(plan({ ...from, notes: { unsent }, providerTrouble: undefined })).toEqual({ do: "wait" });
  });

  it("says what is missing and looks again later", () => {
    const missing = {
      generation: 1,
      attempt: 1,
      is: "missing",
      reason: "CreateContainerConfigError",
      message: "no map",
      retryAt: now + 5_000,
    } as const;
    const { pod: after, action } = written(world(bare, { notes: { prepared: missing } }));
    expect(waits(after)).toEqual({ reason: "CreateContainerConfigError", message: "no map" });
    expect(action).toEqual({ do: "wait", until: now + 5_000 });
  });

  it.for<[string, Pod, string]>([
    ["a bare pod", bare, "Failed"],
    ["a Job's pod", pod(["a"], "Never", owned("Job")), "Failed"],
    ["a ReplicaSet's pod", pod(["a"], "Always", owned("ReplicaSet")), "Pending"],
    ["a StatefulSet's pod", pod(["a"], "Always", owned("StatefulSet")), "Pending"],
  ])("ends the refusal of %s as %s", ([, of, phase]) => {
    const refusals = [
      { path: "spec.hostNetwork", sentence: "no host" },
      { path: "spec.hostPID", sentence: "no host either" },
    ];
    const refused = { generation: 1, attempt: 1, is: "refused", refusals } as const;
    const { pod: after, action } = written(world(of, { notes: { prepared: refused } }));
    expect(after.status?.phase).toBe(phase);
    expect(waits(after)?.message).toBe("spec.hostNetwork: no host; spec.hostPID: no host either");
    expect(action).toEqual({ do: "wait" });
  });

  it("refuses a DaemonSet's pod before anything is asked, but never one that was launched", () => {
    const of = pod(["a"], "Always", owned("DaemonSet"));
    expect(what(world(of))).toBe("report");
    expect(plan(world(recorded(of), { tasksKnown: false }))).toEqual({ do: "wait" });
    expect(what(world(of, { node: { hostIP: undefined, daemonSetPods: "run" } }))).toBe("prepare");
  });
});

describe("a launch that failed", () => {
  const of = recorded(bare);
  const after = (kind: ProviderErrorKind, count = 1, more = {}) =>
    world(of, { notes: { prepared: ready(), troubles: { launch: trouble(kind, count, more) } } });

  it.for<ProviderErrorKind>(["denied", "throttled", "noCapacity", "notFound", "conflict", "transient", "unknown"])(
    "with %s shows why, waits, and never fails the pod",
    (kind) => {
      const { pod: told, action } = written(after(kind, 12));
      expect(told.status?.phase).toBe("Pending");
      expect(waits(told)?.reason).toBe(`Reason${kind}`);
      expect(waits(told)?.message).toMatch(
        new RegExp(`^${kind} happened \\(failed 12 times, next try at 2026-01-02T03:`),
      );
      expect(action).toEqual({ do: "wait", until: trouble(kind, 12).retryAt });
    },
  );

  it("costs one write for quick retries: their times are not told", () => {
    const told = written(after("transient")).pod;
    expect(waits(told)?.message).toBe("transient happened");
    const again = world(recorded(told), {
      notes: { prepared: ready(), troubles: { launch: trouble("transient", 2) } },
    });
    expect(plan(again).do).toBe("wait");
  });

  it.for<ProviderErrorKind>(["denied", "throttled", "conflict", "transient", "unknown"])(
    "with %s is sent again as the same try",
    (kind) => {
      expect(plan(after(kind, 1, { retryAt: now }))).toEqual({ do: "launch", attempt: 1, try: 1 });
    },
  );

  it("for want of room is recorded as the next try, then sent, and its back-off goes on", () => {
    const due = after("noCapacity", 3, { retryAt: now });
    expect(plan(due)).toMatchObject({ do: "record", attempt: 1, try: 2 });
    const next = written(due);
    expect(next.writes).toBe(1);
    expect(next.action).toEqual({ do: "launch", attempt: 1, try: 2 });
    expect(waits(next.pod)?.reason).toBe("ReasonnoCapacity");
  });

  it.for<ProviderErrorKind>(["refused", "invalid"])("with %s ends as a refusal, by its reason", (kind) => {
    const { pod: told } = written(after(kind));
    expect(told.status).toMatchObject({ phase: "Failed", reason: `Reason${kind}`, message: `${kind} happened` });
  });

  it("is given up at the pod's deadline", () => {
    const spec = { containers: of.spec?.containers ?? [], activeDeadlineSeconds: 60 };
    const late = { ...of, spec, status: { startTime: "2026-01-02T03:04:00Z" } };
    const { action } = written({ ...after("denied", 12), pod: late });
    expect(action).toEqual({ do: "wait", until: now + seconds(55) });
    const over = written({
      ...after("denied", 12),
      pod: late,
      now: now + seconds(55),
      notes: { unsent: { attempt: 1, try: 1 } },
    });
    expect(over.pod.status).toMatchObject({ phase: "Failed", reason: "DeadlineExceeded" });
  });
});

describe("a record that is older than its provider's memory", () => {
  const of = recorded(pod(["a"], "Never"), { backend: "fargate", at: now - seconds(4_000) });

  it("has an unknown outcome, and is never launched again under Never", () => {
    const { pod: told, action } = written(world(of, { provider: taskProvider, notes: { prepared: ready() } }));
    expect(told.status?.phase).toBe("Failed");
    expect(told.status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({
      exitCode: 137,
      reason: "ContainerStatusUnknown",
    });
    expect(action).toEqual({ do: "wait" });
  });

  it("is written anew in time while it is certain that nothing was started", () => {
    const notes = {
      prepared: ready(),
      unsent: { attempt: 1, try: 1 },
      troubles: { launch: trouble("denied", 20, { retryAt: now }) },
    };
    const { pod: told, action } = written(world(of, { provider: taskProvider, notes }));
    expect(told.metadata?.annotations?.[annotations.recorded]).toBe("2026-01-02T03:04:05Z");
    expect(told.status?.phase).toBe("Pending");
    expect(action).toEqual({ do: "launch", attempt: 1, try: 1 });
  });

  it("is launched by a provider without memory only by the process that wrote it", () => {
    const forgetful = { ...taskProvider, memory: 0 };
    const young = recorded(pod(["a"], "Never"), { backend: "fargate", at: now - 900 });
    const own = world(young, { provider: forgetful, notes: { prepared: ready(), unsent: { attempt: 1, try: 1 } } });
    expect(plan(own)).toEqual({ do: "launch", attempt: 1, try: 1 });
    expect(written({ ...own, notes: { prepared: ready() } }).pod.status?.phase).toBe("Failed");
  });
});

it("a record of another backend is a task out of reach: its outcome is unknown, and it is not run twice", () => {
  const of = recorded(pod(["a"], "Never"), { backend: "fargate" });
  expect(written(world(of)).pod.status?.phase).toBe("Failed");
  const again = recorded(pod(["a"], "Always"), { backend: "fargate", at: now - seconds(60) });
  const { pod: told, action } = written(world(again, { notes: { prepared: ready(2) } }));
  expect(action).toEqual({ do: "launch", attempt: 2, try: 1 });
  expect(told.metadata?.annotations?.[annotations.backend]).toBe("local");
  expect(told.status?.containerStatuses?.[0]).toMatchObject({
    restartCount: 1,
    lastState: { terminated: { exitCode: 137 } },
  });
});

describe("a task that lives", () => {
  const of = recorded(bare, { task: "task-1" });
  const live = (shown = task([container("a", running())]), more: Partial<World> = {}) =>
    world(of, { tasks: [shown], ...more });

  it("is told once, then left alone until the deadline", () => {
    const { pod: told, action, writes } = written(live());
    expect(writes).toBe(1);
    expect(told.status?.phase).toBe("Running");
    expect(action).toEqual({ do: "wait", until: undefined });
  });

  it("is no news while it only starts", () => {
    const starting = task([container("a", waiting("ContainerCreating"))], { phase: "starting" });
    const first = written(world(bare, { notes: { prepared: ready() } })).pod;
    expect(plan(world(first, { tasks: [starting] }))).toEqual({ do: "wait", until: undefined });
  });

  it("is adopted although somebody removed our annotations", () => {
    expect(written(world(bare, { tasks: [task([container("a", running())])] })).pod.status?.phase).toBe("Running");
  });

  it("restarts in place: at once, then after its back-off, telling CrashLoopBackOff meanwhile", () => {
    expect(written(live(task([container("a", ended(1))]))).action).toEqual({
      do: "restart",
      attempt: 1,
      container: "a",
      instance: 1,
    });
    const crashed = task([container("a", ended(1, 4_000), { instance: 2 })]);
    const { pod: told, action } = written(live(crashed));
    expect(waits(told)?.reason).toBe("CrashLoopBackOff");
    expect(action).toEqual({ do: "wait", until: now + 16_000 });
  });

  it("does not send a restart twice within a moment, and backs off from trouble", () => {
    const crashed = task([container("a", ended(1))]);
    const sent = { restarts: new Map([["a", { instance: 1, sentAt: now - 1_000 }]]) };
    expect(written(live(crashed, { notes: sent })).action).toEqual({ do: "wait", until: now + 9_000 });
    const older = { restarts: new Map([["a", { instance: 0, sentAt: now }]]) };
    expect(written(live(crashed, { notes: older })).action.do).toBe("restart");
    const notes = { troubles: { restart: trouble("transient", 3) } };
    expect(written(live(crashed, { notes })).action).toEqual({ do: "wait", until: now + 4_000 });
  });

  it("restarts a sidecar of a Never pod while its main container runs, and no more at the end", () => {
    const sidecar = recorded(pod(["side1", "a"], "Never"), { task: "task-1" });
    const down = (main: Parameters<typeof container>[1]) =>
      world(sidecar, { tasks: [task([container("side1", ended(1)), container("a", main)])] });
    expect(written(down(running())).action).toMatchObject({ do: "restart", container: "side1" });
    expect(written(down(ended(0))).action).toMatchObject({ do: "stop" });
    const alive = world(sidecar, { tasks: [task([container("side1", running()), container("a", ended(0))])] });
    expect(plan(alive)).toMatchObject({ do: "stop", attempt: 1, discard: false });
  });
});
