import { describe, expect, test } from "vitest";
import type { Pod } from "../../../model/kube.ts";
import type { TaskState } from "../../../model/task-state.ts";
import { container, now, pod, running, task as taskOf } from "../../../status/testing.ts";
import { ready, recorded, trouble, world, written } from "../../testing.ts";
import { plan } from "../plan.ts";
import type { Notes, World } from "../world.ts";
import { resizeDue, resizingOf } from "./resize.ts";

const able = { ...world(undefined).provider, canResize: true };
const task = taskOf([container("a", running())]);
const sized = (of: Pod, cpu: string, generation: number): Pod => ({
  ...of,
  metadata: { ...of.metadata, generation },
  spec: { containers: [{ name: "a", image: "busybox", resources: { requests: { cpu } } }] },
});
/** A pod that runs with one core and is asked to have two. */
const launched = written(
  world(sized(recorded(pod(["a"], "Always"), { task: "t" }), "1", 1), { provider: able, tasks: [task] }),
).pod;
const asked = sized(launched, "2", 2);
const worldOf = (notes: Notes = {}, more: Partial<World> = {}): World =>
  world(asked, { tasks: [task], notes: { prepared: ready(), ...notes }, provider: able, ...more });
const due = (notes: Notes = {}, more: { of?: Pod; task?: TaskState } = {}) =>
  resizeDue(worldOf(notes), more.of ?? asked, more.task ?? task);
const noted = (generation: number, attempt = 1): Notes => ({
  resize: { attempt, generation, given: new Map([["a", undefined]]) },
});

describe("a resize", () => {
  test("is asked of the provider before the status says anything of it", () => {
    expect(due()).toEqual({ do: "resize", attempt: 1 });
    expect(plan(worldOf())).toEqual({ do: "resize", attempt: 1 });
  });

  test("is tried again after a failure when its back-off is over, and a newer one at once", () => {
    const failed = trouble("conflict");
    const troubles = { resize: failed };
    expect(due({ ...noted(2), troubles })).toEqual({ do: "wait", until: failed.retryAt });
    expect(due({ ...noted(1), troubles })).toMatchObject({ do: "resize" });
    expect(due({ ...noted(2), troubles: { resize: { ...failed, retryAt: now } } })).toMatchObject({ do: "resize" });
  });

  test("that waits for its next try is told, and looked at again then", () => {
    const failed = trouble("conflict");
    const { pod: told, action } = written(worldOf({ ...noted(2), troubles: { resize: failed } }));
    expect(told.status?.conditions).toContainEqual(
      expect.objectContaining({ type: "PodResizeInProgress", reason: "Error", message: failed.error.message }),
    );
    expect(action).toEqual({ do: "wait", until: failed.retryAt });
  });

  test("that the provider refuses is told as infeasible", () => {
    const { pod: told } = written(worldOf({ ...noted(2), troubles: { resize: trouble("invalid") } }));
    expect(told.status?.conditions).toContainEqual(
      expect.objectContaining({ type: "PodResizePending", reason: "Infeasible" }),
    );
  });

  test("is none once it was done, of this attempt", () => {
    const given = new Map([["a", { requests: { cpu: "2" } }]]);
    expect(due({ resize: { attempt: 1, generation: 2, given } })).toBeUndefined();
    expect(due({ resize: { attempt: 2, generation: 2, given } })).toMatchObject({ do: "resize" });
    const { pod: told, writes } = written(worldOf({ resize: { attempt: 1, generation: 2, given } }));
    expect(told.status?.containerStatuses?.[0]?.resources).toEqual({ requests: { cpu: "2" } });
    expect(writes).toBe(1);
  });

  test.for(["stopping", "stopped"] as const)("is nothing for a task that is %s", (phase) => {
    expect(due({}, { task: { ...task, phase } })).toBeUndefined();
  });

  test("is the status' matter alone where the provider cannot do it", () => {
    const provider = { ...able, canResize: false };
    expect(resizeDue(worldOf({}, { provider }), asked, task)).toBeUndefined();
    expect(resizingOf(worldOf({}, { provider }), 1)).toBeUndefined();
  });
});
