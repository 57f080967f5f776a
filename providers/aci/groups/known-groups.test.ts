import { describe, expect, test } from "vitest";
import type { ContainerGroup } from "./shapes.ts";
import { createGroups, nameOf } from "./known-groups.ts";
import { observe } from "./observe.ts";
import { ended, groupOf, identity, ms, owner, type Parts, running, waits } from "./testing.ts";

function world() {
  const time = { now: ms(30), monotonic: 0 };
  const clock = { now: () => time.now, monotonic: () => time.monotonic };
  const groups = createGroups({
    observe: (group, before) => observe(group, { ...owner, network: "none", version: 0 }, before),
    clock,
  });
  const put = (parts: Parts, askedAt = 0, change: Partial<ContainerGroup> = {}) =>
    groups.put({ ...groupOf(parts), location: "westeurope", ...change }, askedAt);
  return { groups, put, time };
}

describe("a group is known", () => {
  test("with its name, its region and its picture, by the identity of its pod", () => {
    const { groups, put } = world();
    expect(put({ main: { currentState: running() } })).toMatchObject({ phase: "running", version: 1 });
    const known = groups.find({ identity });
    expect(known).toMatchObject({ name: "bl-1", location: "westeurope", state: { identity } });
    expect([groups.get("bl-1"), groups.values()]).toEqual([known, [known]]);
    expect(groups.find({ identity: { ...identity, attempt: 2 } })).toBeUndefined();
  });

  test("until it is forgotten", () => {
    const { groups, put } = world();
    put({ main: { currentState: running() } });
    expect(groups.forget("bl-1")).toMatchObject({ name: "bl-1" });
    expect([groups.find({ identity }), groups.values(), groups.forget("bl-1")]).toEqual([undefined, [], undefined]);
  });

  test("only if it is this node's, and tells of states", () => {
    const { put } = world();
    expect(put({}, 0, { tags: {} })).toBeUndefined();
    expect(put({}, 0, { properties: {} })).toBeUndefined();
  });

  test("by the end of its id where it has no name", () => {
    const { name, ...nameless } = groupOf({});
    expect([nameOf(nameless), nameOf({}), name]).toEqual(["bl-1", "", "bl-1"]);
  });
});

describe("a picture", () => {
  test("is news when something has changed, and then its version rises", () => {
    const { put } = world();
    put({ main: { currentState: waits() } }, 1);
    expect(put({ main: { currentState: waits() } }, 2)).toBeUndefined();
    expect(put({ main: { currentState: running() } }, 3)).toMatchObject({ version: 2, phase: "running" });
  });

  test("that was asked for before the known one is none", () => {
    const { put, groups } = world();
    put({ main: { currentState: running() } }, 5);
    expect(put({ main: { currentState: waits() } }, 4)).toBeUndefined();
    expect(groups.get("bl-1")?.state.phase).toBe("running");
  });

  test("of an end is the last, whatever runs again", () => {
    const { put } = world();
    put({ policy: "Never", state: "Failed", main: { currentState: ended(3) } });
    const again = { currentState: running(), restartCount: 1, previousState: ended(3) };
    expect(put({ policy: "Never", main: again }, 9)).toBeUndefined();
  });

  test("tells since when it has its phase, and when it was last asked for", () => {
    const { put, groups, time } = world();
    put({ main: { currentState: waits() } });
    time.monotonic = 5;
    put({ main: { currentState: waits() } }, 4);
    expect(groups.get("bl-1")).toMatchObject({ knownAt: 0, since: 0, askedAt: 4, seenAt: 5 });
    time.monotonic = 8;
    put({ main: { currentState: running() } }, 7);
    time.monotonic = 9;
    groups.missed("bl-1");
    expect(groups.get("bl-1")).toMatchObject({ knownAt: 0, since: 8, askedAt: 7, seenAt: 9 });
  });
});

describe("an end", () => {
  test("that was asked for is noted, over further pictures", () => {
    const { put, groups, time } = world();
    put({ main: { currentState: running() } });
    time.monotonic = 3;
    groups.ending("bl-1", "stop");
    groups.ending("other", "stop");
    put({ main: { currentState: running(6) } }, 4);
    expect(groups.values()).toMatchObject([{ ending: { at: 3, by: "stop" } }]);
  });

  test("of a group that is gone leaves what is known, and no exit code that nobody knows", () => {
    const { put, groups, time } = world();
    put({ main: { currentState: running() }, init: { currentState: ended(0) } });
    time.now = ms(40);
    const words = { reason: "ProvisioningFailed" };
    expect(groups.removed("bl-1", words)).toMatchObject({
      phase: "stopped",
      endedAt: ms(40),
      reason: "ProvisioningFailed",
      version: 2,
      containers: [
        { name: "init", state: { is: "terminated", exitCode: 0 } },
        { name: "main", state: { is: "terminated", exitCode: undefined, finishedAt: ms(40) } },
      ],
    });
    expect([groups.removed("bl-1", {}), put({ main: { currentState: running() } }, 99)]).toEqual([
      undefined,
      undefined,
    ]);
    expect(groups.get("bl-1")).toMatchObject({ removed: true });
  });
});
