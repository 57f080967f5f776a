import { describe, expect, it } from "vitest";
import { rfc3339 } from "../../model/clock.ts";
import type { Pod } from "../../model/kube.ts";
import { container, ended, now, pod, running, task } from "../../status/testing.ts";
import { ready, recorded, trouble, world, written } from "../testing.ts";
import { plan } from "./plan.ts";

const seconds = (n: number) => n * 1000;

/** `left`: seconds until its grace is over. */
function deleted(of: Pod, left: number, grace = 30): Pod {
  const deletionTimestamp = rfc3339(now + seconds(left));
  return { ...of, metadata: { ...of.metadata, deletionTimestamp, deletionGracePeriodSeconds: grace } };
}

const of = recorded(pod(["a"], "Always"), { task: "task-1" });
const alive = task([container("a", running())]);
const over = task([container("a", ended(143))], { phase: "stopped" });

describe("a deleted pod", () => {
  it("is removed at once when it was never recorded, or when its launch was never sent", () => {
    expect(plan(world(deleted(pod(["a"], "Always"), 30)))).toEqual({ do: "remove" });
    const unsent = { unsent: { attempt: 1, try: 1 } };
    expect(plan(world(deleted(recorded(pod(["a"], "Always")), 30), { notes: unsent }))).toEqual({ do: "remove" });
  });

  it("with a launch that nobody saw is removed once the provider says that nothing is left", () => {
    const from = world(deleted(recorded(pod(["a"], "Always")), 30));
    expect(plan({ ...from, tasksKnown: false })).toEqual({ do: "wait" });
    expect(plan(from)).toEqual({ do: "stop", attempt: 1, killAt: now + seconds(30), discard: false });
    expect(plan({ ...from, notes: { gone: 1 } })).toEqual({ do: "remove" });
    expect(plan({ ...from, notes: { gone: 2 } }).do).toBe("stop");
  });

  it("is stopped by the end of its grace, told as it is meanwhile, then its end, then removed", () => {
    const from = world(deleted(of, 20), { tasks: [alive] });
    expect(plan(from)).toEqual({ do: "stop", attempt: 1, killAt: now + seconds(20), discard: false });
    const sent = { stops: new Map([[1, { killAt: now + seconds(20), sentAt: now, discard: false }]]) };
    const meanwhile = written({ ...from, notes: sent });
    expect(meanwhile.pod.status?.phase).toBe("Running");
    expect(meanwhile.action).toEqual({ do: "wait", until: now + seconds(5) });
    const end = written({ ...from, tasks: [over], notes: sent, pod: meanwhile.pod });
    expect(end.writes).toBe(1);
    expect(end.pod.status).toMatchObject({
      phase: "Failed",
      containerStatuses: [{ state: { terminated: { exitCode: 143 } } }],
    });
    expect(end.action).toEqual({ do: "remove" });
  });

  it.for<[string, number, number, string]>([
    ["the same deadline, a moment ago", 20, 1, "wait"],
    ["the same deadline, but without an end for five seconds", 20, 5, "stop"],
    ["a later deadline: its grace was shortened", 30, 1, "stop"],
    ["an earlier deadline", 10, 1, "wait"],
  ])("whose last stop carried %s: %s", ([, carried, ago, what]) => {
    const stops = new Map([[1, { killAt: now + seconds(carried), sentAt: now - seconds(ago), discard: false }]]);
    const status = written(world(of, { tasks: [alive] })).pod;
    expect(plan(world(deleted(status, 20), { tasks: [alive], notes: { stops } })).do).toBe(what);
  });

  it("waits while the provider is in trouble, and is not forgotten", () => {
    const notes = { troubles: { stop: trouble("transient", 3) } };
    const told = written(world(of, { tasks: [alive] })).pod;
    expect(plan(world(deleted(told, 20), { tasks: [alive], notes }))).toEqual({ do: "wait", until: now + seconds(4) });
    const due = { troubles: { stop: trouble("transient", 3, { retryAt: now }) } };
    expect(plan(world(deleted(told, 20), { tasks: [alive], notes: due })).do).toBe("stop");
  });

  it("whose task is lost ends with what nobody knows, then goes", () => {
    const running = written(world(of, { tasks: [alive] })).pod;
    const end = written(world(deleted(running, 20)));
    expect(end.pod.status?.containerStatuses?.[0]?.state?.terminated?.reason).toBe("ContainerStatusUnknown");
    expect(end.action).toEqual({ do: "remove" });
  });

  it("never starts again, even if its containers would", () => {
    const from = world(deleted(of, 20), { tasks: [over], notes: { prepared: ready(2) } });
    expect(written(from).action).toEqual({ do: "remove" });
  });
});

describe("a pod whose end the API server shows", () => {
  const succeeded = { ...recorded(pod(["a"], "Never")), status: { phase: "Succeeded" } };

  it("is left alone until it is deleted", () => {
    expect(plan(world(succeeded, { tasks: [over] }))).toEqual({ do: "wait" });
    expect(plan(world(deleted(succeeded, 0), { tasks: [over] }))).toEqual({ do: "remove" });
  });

  it("does not leave a task running, whoever said that it has ended", () => {
    expect(plan(world(succeeded, { tasks: [alive] }))).toMatchObject({ do: "stop", attempt: 1, discard: false });
  });
});

describe("tasks without a pod", () => {
  it("are stopped within the grace that the pod left them, then discarded, until nothing is left", () => {
    const notes = { orphanKillAt: now + seconds(7) };
    expect(plan(world(undefined, { tasks: [alive], notes }))).toEqual({
      do: "stop",
      attempt: 1,
      killAt: now + seconds(7),
      discard: false,
    });
    const stops = new Map([[1, { killAt: now + seconds(7), sentAt: now, discard: false }]]);
    expect(plan(world(undefined, { tasks: [over], notes: { ...notes, stops } }))).toMatchObject({
      do: "stop",
      discard: true,
    });
    expect(plan(world(undefined))).toEqual({ do: "wait" });
    const discarded = new Map([[1, { killAt: now + seconds(7), sentAt: now - seconds(1), discard: true }]]);
    expect(plan(world(undefined, { tasks: [over], notes: { ...notes, stops: discarded } }))).toEqual({
      do: "wait",
      until: now + seconds(4),
    });
  });

  it("of which nobody knows what grace is left have the usual one", () => {
    const stop = { do: "stop", attempt: 1, killAt: now + seconds(30), discard: false };
    expect(plan(world(undefined, { tasks: [alive] }))).toEqual(stop);
  });

  it("are not stopped again at once while they still run", () => {
    const stops = new Map([[1, { killAt: now + seconds(7), sentAt: now, discard: false }]]);
    const from = world(undefined, { tasks: [alive], notes: { orphanKillAt: now + seconds(7), stops } });
    expect(plan(from)).toEqual({ do: "wait", until: now + seconds(5) });
  });

  it("of several attempts: first what still runs", () => {
    const second = task([container("a", running())], { identity: { clusterUid: "c", podUid: "uid", attempt: 2 } });
    expect(plan(world(undefined, { tasks: [over, second] }))).toMatchObject({ do: "stop", attempt: 2, discard: false });
  });
});
