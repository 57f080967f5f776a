import { describe, expect, it } from "vitest";
import { annotations } from "../../model/annotations.ts";
import { container, ended, now, pod, running, status, task } from "../../status/testing.ts";
import { ready, recorded, taskProvider, trouble, world, written } from "../testing.ts";
import { plan } from "./plan.ts";
import { recordPatch } from "./record.ts";

const seconds = (n: number) => n * 1000;

describe("where a restart is a new attempt", () => {
  const of = recorded(pod(["a", "b"], "OnFailure"), { backend: "fargate", task: "task-1", at: now - seconds(60) });
  const stopped = (shown = task([container("a", ended(0)), container("b", ended(3))], { phase: "stopped" })) =>
    world(of, { provider: taskProvider, tasks: [shown] });

  it("leaves out what has completed, and counts the restart", () => {
    const told = written(stopped());
    expect(told.action).toEqual({ do: "prepare", attempt: 2, omit: ["a"] });
    const { pod: next, action } = written({ ...stopped(), pod: told.pod, notes: { prepared: ready(2) } });
    expect(action).toEqual({ do: "launch", attempt: 2, try: 1 });
    expect(next.status).toMatchObject({
      phase: "Running",
      containerStatuses: [
        { name: "a", state: { terminated: { exitCode: 0 } }, restartCount: 0 },
        { name: "b", state: { waiting: {} }, lastState: { terminated: { exitCode: 3 } }, restartCount: 1 },
      ],
    });
    expect(next.metadata?.annotations).toMatchObject({
      [annotations.attempt]: "2",
      [annotations.earlierRestarts]: "b=1",
    });
  });

  it("waits until the whole task has stopped", () => {
    const half = task([container("a", running()), container("b", ended(3))]);
    expect(written(stopped(half)).action.do).toBe("wait");
  });

  it("clears the task before once the next one lives, and comes back to it", () => {
    const next = recorded(of, { backend: "fargate", attempt: 2, task: "task-2" });
    const tasks = [
      task([container("b", ended(3))], { phase: "stopped" }),
      task([container("b", running())], { identity: { clusterUid: "cluster", podUid: "uid", attempt: 2 } }),
    ];
    const from = world(next, { provider: taskProvider, tasks });
    expect(plan(from)).toMatchObject({ do: "stop", attempt: 1, discard: true });
    const held = written({ ...from, notes: { troubles: { stop: trouble("transient", 5) } } });
    expect(held.action).toEqual({ do: "wait", until: now + 16_000 });
  });

  it("begins after a back-off when nothing of the task could start, and counts no restart", () => {
    const unstarted = (name: string) =>
      container(name, { is: "waiting", reason: "ErrImagePull", message: "CannotPullContainerError: no such image" });
    const failed = (attempt: number, at: number, earlier: string) => {
      const first = recorded(pod(["a"], "Never"), { backend: "fargate", attempt, task: "t", at });
      const notes = { ...first.metadata?.annotations, [annotations.earlierRestarts]: earlier };
      const of = { ...first, metadata: { ...first.metadata, annotations: notes } };
      const identity = { clusterUid: "cluster", podUid: "uid", attempt };
      return world(of, {
        provider: taskProvider,
        tasks: [task([unstarted("a")], { phase: "stopped", identity })],
      });
    };
    const first = written(failed(1, now - seconds(1), ""));
    expect(first.pod.status).toMatchObject({
      phase: "Pending",
      containerStatuses: [{ state: { waiting: { reason: "ErrImagePull" } }, restartCount: 0 }],
    });
    expect(first.action).toEqual({ do: "wait", until: now + seconds(9) });
    const due = failed(1, now - seconds(10), "");
    expect(written(due).action).toMatchObject({ do: "prepare", attempt: 2 });
    const again = written({ ...due, notes: { prepared: ready(2) } });
    expect(again.action).toEqual({ do: "launch", attempt: 2, try: 1 });
    expect(again.pod.status).toMatchObject({ containerStatuses: [{ restartCount: 0 }] });
    expect(written(failed(2, now - seconds(10), "")).action).toEqual({ do: "wait", until: now + seconds(10) });
    expect(written(failed(9, now, "")).action).toEqual({ do: "wait", until: now + seconds(300) });
    const late = failed(2, now - seconds(60), "");
    const ended = late.tasks.map((one) => ({ ...one, endedAt: now - seconds(5) }));
    expect(written({ ...late, tasks: ended }).action).toEqual({ do: "wait", until: now + seconds(15) });
    // Two of these three attempts were restarts of what had run.
    expect(written(failed(3, now, "a=2")).action).toEqual({ do: "wait", until: now + seconds(10) });
  });

  it("does not count a run twice when the task after it never started", () => {
    const before = recorded(pod(["a"], "Always"), { backend: "fargate", attempt: 2, task: "t", at: now - seconds(60) });
    const shown = {
      ...status("a", "waiting"),
      restartCount: 1,
      state: { waiting: { reason: "ErrImagePull" } },
      lastState: { terminated: { exitCode: 3, reason: "Error" } },
    };
    const of = { ...before, status: { ...before.status, phase: "Running", containerStatuses: [shown] } };
    const told = recordPatch(world(of, { provider: taskProvider }), of, {
      do: "record",
      attempt: 3,
      try: 1,
      story: {},
    });
    expect(told.metadata).toMatchObject({ annotations: { [annotations.earlierRestarts]: "a=1" } });
  });

  it("makes no storm of attempts whose ends nobody knows", () => {
    const again = recorded(pod(["a"], "Always"), { backend: "fargate", attempt: 3, task: "t", at: now - 1_000 });
    const counted = { containerStatuses: [{ ...status("a", "running"), restartCount: 2 }], phase: "Running" };
    const annotated = { ...again.metadata?.annotations, [annotations.earlierRestarts]: "a=2" };
    const lost = { ...again, status: counted, metadata: { ...again.metadata, annotations: annotated } };
    const { action, pod: told } = written(world(lost, { provider: taskProvider }));
    expect(told.status?.containerStatuses?.[0]?.state?.waiting?.reason).toBe("CrashLoopBackOff");
    // Of the end nothing is known: the back-off counts from the start, which is the last thing that is.
    expect(action).toMatchObject({ do: "wait", until: now + 20_000 });
  });
});
