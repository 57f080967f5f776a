import { describe, expect, test } from "vitest";
import type { Pod } from "../../../model/kube.ts";
import type { TaskState } from "../../../model/task-state.ts";
import { container, now, pod, running, task as taskOf } from "../../../status/testing.ts";
import { recorded, trouble, world, written } from "../../testing.ts";
import type { Notes } from "../world.ts";
import { changedFiles, nextCheck, refreshDue } from "./refresh.ts";

const able = { ...world(undefined).provider, canUpdate: true };
const withFiles = (of: Pod): Pod => ({
  ...of,
  spec: { containers: [], ...of.spec, volumes: [{ name: "v", configMap: { name: "c" } }] },
});
const live = withFiles(recorded(pod(["a"], "Always"), { task: "t" }));
const task = taskOf([container("a", running())]);
const due = (notes: Notes, more: { of?: Pod; task?: TaskState; canUpdate?: boolean } = {}) => {
  const { of = live, canUpdate = true } = more;
  return refreshDue(world(of, { notes, provider: { ...able, canUpdate } }), of, more.task ?? task);
};
const known = (checkAt: number, attempt = 1): Notes => ({ files: { attempt, sent: new Map(), checkAt } });

describe("the files of a live task", () => {
  test("of which nothing is known, as after a restart of burstlet, are compared at once", () => {
    expect(due({})).toEqual({ do: "update", attempt: 1 });
    expect(due(known(now + 1, 2))).toEqual({ do: "update", attempt: 1 });
  });

  test("are compared when it is time", () => {
    expect(due(known(now + 1))).toEqual({ do: "wait", until: now + 1 });
    expect(due(known(now))).toEqual({ do: "update", attempt: 1 });
  });

  test("are sent again after a failure when its back-off is over", () => {
    const failed = trouble("transient");
    const notes = { ...known(0), troubles: { update: failed } };
    expect(due(notes)).toEqual({ do: "wait", until: failed.retryAt });
    expect(due({ ...notes, troubles: { update: { ...failed, retryAt: now } } })).toMatchObject({ do: "update" });
  });

  test.for(["stopping", "stopped"] as const)("are left alone in a task that is %s", (phase) => {
    expect(due({}, { task: { ...task, phase } })).toBeUndefined();
  });

  test("are left alone where the provider cannot change them, and where there are none", () => {
    expect(due({}, { canUpdate: false })).toBeUndefined();
    expect(due({}, { of: recorded(pod(["a"], "Always")) })).toBeUndefined();
  });

  test("come after what the status has to tell, and wake the plan up when it is time", () => {
    const next = (checkAt: number) => written(world(live, { tasks: [task], provider: able, notes: known(checkAt) }));
    expect(next(0)).toMatchObject({ writes: 1, action: { do: "update", attempt: 1 } });
    expect(next(now + 5).action).toEqual({ do: "wait", until: now + 5 });
  });
});

test.for<[what: string, refreshAt: number | undefined, random: number, inMs: number]>([
  ["after a minute", undefined, 0, 60_000],
  ["up to half a minute later, spread", undefined, 0.5, 75_000],
  ["when the token is to be replaced", 30_000, 0, 30_000],
  ["up to ten seconds after that, spread", 30_000, 0.5, 35_000],
  ["not before ten seconds, for a token that could not be replaced", -5_000, 0, 10_000],
  ["a later token changes nothing", 90_000, 0, 60_000],
])("the next look is %s", ([, refreshAt, random, inMs]) => {
  expect(nextCheck(now, refreshAt === undefined ? undefined : now + refreshAt, random) - now).toBe(inMs);
});

test("what differs from what was sent is news, and what was never sent", () => {
  const found = ["same", "other", "new"].map((name) => ({
    volume: { name, kind: "files", files: [] } as const,
    fingerprint: `print of ${name}`,
  }));
  const sent = new Map([
    ["same", "print of same"],
    ["other", "earlier"],
  ]);
  expect(changedFiles(sent, found).map(({ name }) => name)).toEqual(["other", "new"]);
  expect(changedFiles(undefined, found)).toHaveLength(3);
});
