import { describe, expect, it } from "vitest";
import { annotations } from "../../model/annotations.ts";
import type { Pod } from "../../model/kube.ts";
import { container, ended, now, pod, running, status, task, waiting } from "../../status/testing.ts";
import { owned, ready, recorded, taskProvider, trouble, world, written } from "../testing.ts";
import { plan } from "./plan.ts";
import type { Notes, World } from "./world.ts";

const seconds = (n: number) => n * 1000;

/** Started five seconds ago, so that its deadline is in `left` seconds. */
const limited = (of: Pod, left: number): Pod => ({
  ...of,
  spec: { containers: [], ...of.spec, activeDeadlineSeconds: left + 5 },
  status: { ...of.status, startTime: "2026-01-02T03:04:00Z" },
});

describe("a record that surely has started nothing is written anew", () => {
  const unsent: Notes = { prepared: ready(), unsent: { attempt: 1, try: 1 } };
  it.for<[string, memory: number, age: number, Notes, "record" | "launch"]>([
    ["after half of the provider's memory", 3600, 1801, unsent, "record"],
    ["not before", 3600, 1800, unsent, "launch"],
    ["at a short memory after thirty seconds", 20, 31, unsent, "record"],
    ["not before those either", 20, 30, unsent, "launch"],
    ["not when it may have started something", 3600, 1801, { prepared: ready() }, "launch"],
    ["not when that is known of another try", 3600, 1801, { ...unsent, unsent: { attempt: 1, try: 2 } }, "launch"],
  ])("%s", ([, memory, age, notes, what]) => {
    const of = recorded(pod(["a"], "Always"), { backend: "fargate", at: now - seconds(age) });
    expect(plan(world(of, { provider: { ...taskProvider, memory }, notes }))).toMatchObject({ do: what, try: 1 });
  });

  it("not when nobody knows its age", () => {
    const of = recorded(pod(["a"], "Always"));
    const { [annotations.recorded]: _recorded, ...undated } = of.metadata?.annotations ?? {};
    const provider = { ...taskProvider, name: "local" };
    const from = world({ ...of, metadata: { ...of.metadata, annotations: undated } }, { provider, notes: unsent });
    expect(plan(from).do).toBe("launch");
  });
});

describe("towards a launch", () => {
  const missing = { generation: 1, attempt: 1, is: "missing", reason: "R", message: "m" } as const;

  it("what is missing is looked for no later than the pod's deadline", () => {
    const from = (left: number) => {
      const of = limited(recorded(pod(["a"], "Always")), left);
      return written(world(of, { notes: { prepared: { ...missing, retryAt: now + seconds(20) } } })).action;
    };
    expect(from(10)).toEqual({ do: "wait", until: now + seconds(10) });
    expect(from(30)).toEqual({ do: "wait", until: now + seconds(20) });
  });

  it("a pod that has no generation is as new as what was prepared for none", () => {
    const of = { ...pod(["a"], "Always"), metadata: { namespace: "default", name: "pod", uid: "uid" } };
    expect(plan(world(of, { notes: { prepared: { ...ready(), generation: 0 } } })).do).toBe("record");
  });

  it("of a recorded attempt what had completed before is left out", () => {
    const before = pod(["a", "b", "c"], "OnFailure", {
      status: { containerStatuses: [status("a", 0), status("b", 3), status("c", "waiting")] },
    });
    expect(plan(world(recorded(before, { attempt: 2 })))).toEqual({ do: "prepare", attempt: 2, omit: ["a"] });
  });

  it("a pod that was never recorded is prepared before all tasks are known", () => {
    expect(plan(world(pod(["a"], "Always"), { tasksKnown: false })).do).toBe("prepare");
  });

  it("a refusal of the node is told once", () => {
    const of = pod(["a"], "Always", owned("DaemonSet"));
    const { action, pod: told } = written(world(of));
    expect(action).toEqual({ do: "wait" });
    expect(told.status).toMatchObject({ phase: "Pending", containerStatuses: [{ name: "a" }] });
  });

  it("a failure for want of room of an earlier try is sent again as the present one", () => {
    const notes = { prepared: ready(), troubles: { launch: trouble("noCapacity", 1, { try: 1, retryAt: now }) } };
    const of = written(world(recorded(pod(["a"], "Always"), { try: 2 }), { notes })).pod;
    expect(plan(world(of, { notes }))).toEqual({ do: "launch", attempt: 1, try: 2 });
  });
});

describe("a live task", () => {
  const live = (of: Pod, shown: Parameters<typeof task>, more: Partial<World> = {}) =>
    written(world(of, { tasks: [task(...shown)], ...more })).action;

  it("is looked at again at the pod's deadline", () => {
    const of = limited(recorded(pod(["a"], "Always"), { task: "t" }), 30);
    expect(live(of, [[container("a", running())]])).toEqual({ do: "wait", until: now + seconds(30) });
    const crashed = [container("a", ended(1), { instance: 3 })];
    expect(live(of, [crashed])).toEqual({ do: "wait", until: now + seconds(30) });
    const later = limited(of, 60);
    expect(live(later, [crashed])).toEqual({ do: "wait", until: now + seconds(40) });
    const elsewhere = limited(recorded(pod(["a"], "Always"), { task: "t", backend: "fargate" }), 30);
    expect(live(elsewhere, [[container("a", running())]], { provider: taskProvider })).toEqual({
      do: "wait",
      until: now + seconds(30),
    });
  });

  it("counts its restarts for the back-off together with those of earlier attempts, since the last calm run", () => {
    const of = recorded(pod(["a"], "Always", { metadata: { annotations: { [annotations.earlierRestarts]: "a=2" } } }), {
      attempt: 2,
      task: "t",
    });
    const identity = { clusterUid: "cluster", podUid: "uid", attempt: 2 };
    const crashed: Parameters<typeof task> = [[container("a", ended(1), { instance: 1 })], { identity }];
    expect(live(of, crashed)).toEqual({ do: "wait", until: now + seconds(40) });
    const calm = { calm: new Map([["a", 2]]) };
    expect(live(of, crashed, { notes: calm })).toEqual({ do: "wait", until: now + seconds(10) });
  });

  it("restarts the first container that is due, in the attempt that runs", () => {
    const of = recorded(pod(["a", "b"], "Always"), { attempt: 2, task: "t" });
    const identity = { clusterUid: "cluster", podUid: "uid", attempt: 2 };
    const shown = [container("a", ended(1), { instance: 3 }), container("b", ended(1))];
    expect(live(of, [shown, { identity }])).toEqual({ do: "restart", attempt: 2, container: "b", instance: 1 });
  });

  it("is followed by another attempt only when the last of its containers is due", () => {
    const of = recorded(pod(["a", "b"], "Always"), { attempt: 1, task: "t", backend: "fargate", at: now });
    const shown = [
      container("a", ended(1, seconds(9)), { instance: 1 }),
      container("b", ended(1, seconds(2)), { instance: 1 }),
    ];
    expect(live(of, [shown, { phase: "stopped" }], { provider: taskProvider })).toEqual({
      do: "wait",
      until: now + seconds(8),
    });
  });

  it("is followed by another attempt when one container never ran, though the others have completed", () => {
    const of = recorded(pod(["a", "b"], "OnFailure"), { task: "t", backend: "fargate", at: now });
    const half = [container("a", ended(0)), container("b", waiting("ErrImagePull"))];
    const from: Partial<World> = { provider: taskProvider };
    expect(live(of, [half, { phase: "stopped" }], from)).toEqual({ do: "wait", until: now + seconds(10) });
  });

  it("whose end has no time counts its back-off from its launch", () => {
    const at = now - seconds(4);
    const of = recorded(pod(["a"], "Always"), { task: "t", backend: "fargate", at });
    const unknown = container("a", { is: "terminated", exitCode: undefined, reason: "Error" }, { instance: 1 });
    const from: Partial<World> = { provider: taskProvider };
    expect(live(of, [[unknown], { phase: "stopped" }], from)).toEqual({ do: "wait", until: now + seconds(6) });
  });

  it("is not followed by another attempt for the sake of an ephemeral container", () => {
    const of = recorded(pod(["a", "b"], "OnFailure"), { task: "t", backend: "fargate", at: now });
    const debug = { ...container("debug", waiting("ErrImagePull")), kind: "ephemeral" as const };
    const over = [container("a", ended(0)), container("b", running()), debug];
    expect(live(of, [over, { phase: "stopped" }], { provider: taskProvider })).toEqual({ do: "wait" });
  });
});
