import { describe, expect, it } from "vitest";
import { annotations } from "../../model/annotations.ts";
import type { Pod, PodSpec } from "../../model/kube.ts";
import type { TaskState } from "../../model/task-state.ts";
import { container, ended, now, pod, running, status, task } from "../../status/testing.ts";
import { recorded, taskProvider, world } from "../testing.ts";
import { orphanKillAt, viewOf } from "./view.ts";

const seconds = (n: number) => n * 1000;
const deadline = (n: number): Pod => ({
  ...pod(["a"], "Never", { status: { startTime: "2026-01-02T03:04:00Z" } }),
  spec: { ...(pod(["a"], "Never").spec as PodSpec), activeDeadlineSeconds: n, terminationGracePeriodSeconds: 7 },
});
const lifeOf = (of: Pod, shown?: TaskState) =>
  viewOf(world(recorded(of), { tasks: shown === undefined ? [] : [shown] }), recorded(of)).life;

describe("a pod's life", () => {
  const late = {
    reason: "DeadlineExceeded",
    message: "Pod was active on the node longer than the specified deadline",
  };
  const gone = { deletionTimestamp: "2026-01-02T03:04:10Z" };
  it.for<[string, Pod, TaskState | undefined, object]>([
    ["runs by default", pod(["a"], "Always"), undefined, { is: "running" }],
    ["runs on under Always, whatever ends", pod(["a"], "Always"), task([container("a", ended(0))]), { is: "running" }],
    [
      "is deleted: its grace ends at the deletion timestamp",
      pod(["a"], "Always", { metadata: gone }),
      undefined,
      { is: "terminating", why: "deleted", killAt: now + seconds(5) },
    ],
    [
      "is over its deadline",
      deadline(5),
      task([container("a", running())]),
      { is: "terminating", why: "deadline", killAt: now + seconds(7), words: late },
    ],
    ["is not yet over its deadline", deadline(6), task([container("a", running())]), { is: "running" }],
    [
      "had finished before its deadline, though nobody looked",
      deadline(5),
      task([container("a", ended(0, seconds(2)))]),
      { is: "terminating", why: "finished" },
    ],
    [
      "was ended by its deadline: the end of its containers does not change why",
      deadline(3),
      task([container("a", ended(143))], { phase: "stopped" }),
      { is: "terminating", why: "deadline" },
    ],
    [
      "has finished: its sidecars get the pod's grace from the last end on",
      pod(["side1", "a"], "Never"),
      task([container("side1", running()), container("a", ended(0, seconds(4)))]),
      { is: "terminating", why: "finished", killAt: now + seconds(26) },
    ],
    [
      "was taken away, in the provider's words",
      pod(["a"], "Never"),
      task([container("a", ended(137))], { disrupted: true, reason: "SpotInterruption", message: "two minutes" }),
      { is: "terminating", why: "disrupted", words: { reason: "SpotInterruption", message: "two minutes" } },
    ],
    [
      "was taken away, in our words where the provider has none, with the pod's grace",
      pod(["a"], "Never"),
      task([container("a", running())], { disrupted: true }),
      {
        is: "terminating",
        why: "disrupted",
        killAt: now + seconds(30),
        words: { reason: "TerminationByProvider", message: "the provider took the task away" },
      },
    ],
    [
      "has finished at a time that nobody knows: the grace counts from now",
      pod(["side1", "a", "b"], "Never"),
      task([
        container("side1", running()),
        container("a", ended(0, seconds(4))),
        container("b", { is: "terminated", exitCode: 1, reason: "Error" }),
      ]),
      { is: "terminating", why: "finished", killAt: now + seconds(30) },
    ],
    [
      "has finished when the last of its main containers had",
      pod(["a", "b"], "Never"),
      task([container("a", ended(0, seconds(9))), container("b", ended(1, seconds(4)))]),
      { is: "terminating", why: "finished", killAt: now + seconds(26) },
    ],
    [
      "has finished when its main container had, not when its sidecar did",
      pod(["side1", "a"], "Never"),
      task([container("side1", ended(0, seconds(1))), container("a", ended(0, seconds(4)))]),
      { is: "terminating", why: "finished", killAt: now + seconds(26) },
    ],
    [
      "has ended well by the API server",
      pod(["a"], "Always", { status: { phase: "Succeeded" } }),
      undefined,
      { is: "terminated" },
    ],
    [
      "has no deadline before it has a start time",
      { ...deadline(0), status: {} },
      task([container("a", running())]),
      { is: "running" },
    ],
    [
      "is over once the API server says so",
      pod(["a"], "Always", { status: { phase: "Failed" }, metadata: gone }),
      undefined,
      { is: "terminated" },
    ],
  ])("%s", ([, of, shown, life]) => {
    expect(lifeOf(of, shown)).toMatchObject(life);
  });
});

describe("the task that counts", () => {
  const of = recorded(pod(["a"], "Always"), { attempt: 2 });
  const { [annotations.recorded]: _recorded, ...undated } = of.metadata?.annotations ?? {};
  const attempt = (n: number) => task([], { identity: { clusterUid: "c", podUid: "uid", attempt: n } });

  it("is that of the recorded attempt", () => {
    expect(viewOf(world(of, { tasks: [attempt(1), attempt(2)] }), of).task).toMatchObject({ identity: { attempt: 2 } });
  });

  it("without a record is the latest one", () => {
    const plain = pod(["a"], "Always");
    const view = viewOf(world(plain, { tasks: [attempt(1), attempt(3), attempt(2)] }), plain);
    expect(view.task?.identity.attempt).toBe(3);
    expect(view.record).toMatchObject({ attempt: 3, taskSeen: true });
  });

  it.for<[string, Pod, Parameters<typeof world>[1], boolean]>([
    ["a record alone is not", of, {}, false],
    ["a task that a status has named is", recorded(of, { attempt: 2, task: "t" }), {}, true],
    ["a task that the provider said is gone is", of, { notes: { vanished: 2 } }, true],
    ["another attempt's disappearance is not", of, { notes: { vanished: 1 } }, false],
    ["nothing is before all tasks are known", recorded(of, { attempt: 2, task: "t" }), { tasksKnown: false }, false],
    [
      "a record older than the provider's memory is",
      recorded(of, { backend: "fargate", at: now - seconds(3_601) }),
      { provider: taskProvider },
      true,
    ],
    [
      "a record within the provider's memory is not",
      recorded(of, { backend: "fargate", at: now - seconds(3_600) }),
      { provider: taskProvider },
      false,
    ],
    [
      "a record within its own memory is not, whatever the provider's",
      recorded(of, { backend: "fargate", at: now - seconds(3_601), memory: 86_400 }),
      { provider: taskProvider },
      false,
    ],
    [
      "a record without any memory is",
      recorded(of, { backend: "fargate", at: now - 1, memory: 0 }),
      { provider: taskProvider },
      true,
    ],
    [
      "a record without a time is not",
      { ...of, metadata: { ...of.metadata, annotations: undated } },
      { provider: { ...taskProvider, name: "local" } },
      false,
    ],
    [
      "a record whose try has surely started nothing is not",
      recorded(of, { attempt: 2, backend: "fargate", at: 0 }),
      { provider: taskProvider, notes: { unsent: { attempt: 2, try: 1 } } },
      false,
    ],
    [
      "a record of another try than that is",
      recorded(of, { attempt: 2, try: 2, backend: "fargate", at: 0 }),
      { provider: taskProvider, notes: { unsent: { attempt: 2, try: 1 } } },
      true,
    ],
    ["a record of another backend is", recorded(of, { backend: "elsewhere" }), {}, true],
  ])("is lost? %s", ([, one, more, lost]) => {
    expect(viewOf(world(one, more), one).lost).toBe(lost);
  });

  it("once lost, is rebuilt from the status: known ends stay known, the others are unknown", () => {
    const known = {
      containerStatuses: [status("a", 0), status("b", "running")],
      initContainerStatuses: [status("init1", 0)],
    };
    const lost = recorded({ ...pod(["init1", "a", "b"], "Never"), status: known }, { task: "t" });
    const containers = viewOf(world(lost), lost).task?.containers ?? [];
    expect(
      containers.map(({ name, kind, state }) => [name, kind, state.is === "terminated" ? state.exitCode : state.is]),
    ).toEqual([
      ["init1", "init", 0],
      ["a", "main", 0],
      ["b", "main", undefined],
    ]);
  });
});

describe("when the tasks of a vanished pod must be dead", () => {
  it.for<[string, Pod | undefined, number]>([
    ["by the default grace", undefined, 30],
    ["by the pod's own grace", deadline(5), 7],
    ["by the default grace of a pod without any", pod(["a"], "Always"), 30],
    [
      "by the grace of the deletion before the pod's own",
      { ...deadline(5), metadata: { deletionGracePeriodSeconds: 4 } },
      4,
    ],
    [
      "by the rest of the grace that the deletion left",
      pod(["a"], "Always", { metadata: { deletionTimestamp: "2026-01-02T03:04:15Z", deletionGracePeriodSeconds: 30 } }),
      10,
    ],
    [
      "two seconds at least",
      pod(["a"], "Always", { metadata: { deletionTimestamp: "2026-01-02T03:04:05Z", deletionGracePeriodSeconds: 0 } }),
      2,
    ],
  ])("%s", ([, of, wait]) => {
    expect(orphanKillAt(of, now)).toBe(now + seconds(wait));
  });
});
