import { describe, expect, test } from "vitest";
import { type Shown, pictureOf } from "../tasks/testing.ts";
import { readingOf, statsOf } from "./reading.ts";
import { ended, mebi, statistics } from "./testing.ts";

const readAt = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

const figuresOf = (told: unknown) => readingOf(JSON.stringify({ "abc-1": told }))?.get("abc-1");
const withMemory = (memory: object) => ({ ...statistics(), memory_stats: memory });

describe("a line of the helper", () => {
  test("tells processor time in seconds, and the working set: what is used without inactive file cache", () => {
    expect(figuresOf(statistics())).toEqual({
      time: readAt,
      cpuSeconds: 1.5,
      memoryBytes: 40 * mebi,
      rssBytes: 16 * mebi,
      network: { rxBytes: 1_000, txBytes: 500 },
    });
  });

  test("is understood where control groups are of version 2", () => {
    const stats = { inactive_file: 4 * mebi, anon: 9 * mebi, pgfault: 7 };
    expect(figuresOf(withMemory({ usage: 30 * mebi, stats }))).toMatchObject({
      memoryBytes: 26 * mebi,
      rssBytes: 9 * mebi,
    });
  });

  test("tells a processor time of 0 beside the memory of a program that has slept so far", () => {
    expect(figuresOf(statistics({ cpuNanoseconds: 0 }))).toMatchObject({ cpuSeconds: 0, memoryBytes: 40 * mebi });
  });

  test("tells no less than nothing where the cache was measured a moment later", () => {
    expect(figuresOf(statistics({ usage: mebi, cache: 2 * mebi }))?.memoryBytes).toBe(0);
  });

  test.for([
    ["has not begun", null],
    ["has ended", ended],
    ["says no time", { ...statistics(), read: "soon" }],
    ["has no memory figures", withMemory({})],
    ["does not tell its file cache, so that the working set is unknown", withMemory({ usage: mebi, stats: {} })],
    ["is something else", "many"],
  ] as const)("leaves out a container that %s, and no other", ([, told]) => {
    const reading = readingOf(JSON.stringify({ "abc-1": told, "abc-2": statistics() }));
    expect([...(reading?.keys() ?? [])]).toEqual(["abc-2"]);
  });

  test.for(["", "wget: server returned error: HTTP/1.1 404", "[]", "null", '{"abc-1":{"read":"20'])(
    "that is %j is no reading",
    (line) => {
      expect(readingOf(line)).toBeUndefined();
    },
  );

  test("tells of a task without addresses no traffic", () => {
    const { networks: _, ...rest } = statistics();
    expect(figuresOf(rest)?.network).toBeUndefined();
  });
});

describe("the stats of a task", () => {
  const stats = (containers: Readonly<Record<string, Shown>>, told: object, since = readAt) => {
    const state = pictureOf(containers);
    const reading = readingOf(JSON.stringify(told));
    if (state === undefined || reading === undefined) throw new Error("no picture or no reading");
    return statsOf(state, reading, since);
  };
  const runs = (runtimeId: string): Shown => ({ lastStatus: "RUNNING", runtimeId });

  test("are those of the pod's containers that run, by their own names, each with its start", () => {
    const containers = {
      first: { kind: "init", lastStatus: "STOPPED", runtimeId: "abc-0", exitCode: 0 },
      app: runs("abc-1"),
      side: { ...runs("abc-2"), kind: "sidecar" },
      burstlet_stats: { ...runs("abc-3"), kind: "helper" },
    } as const;
    const told = {
      "abc-0": statistics(),
      "abc-1": statistics({ cpuNanoseconds: 2_000_000_000 }),
      "abc-2": statistics(),
      "abc-3": statistics(),
      "stranger-4": statistics(),
    };
    const found = stats(containers, told);
    expect(found?.containers.map(({ name, cpuSeconds }) => [name, cpuSeconds])).toEqual([
      ["app", 2],
      ["side", 1.5],
    ]);
    expect(found?.containers[0]?.startedAt).toBe(Date.UTC(2026, 0, 2, 3, 4, 25));
    expect(found?.containers[0]).not.toHaveProperty("network");
    expect(found?.network).toEqual({ rxBytes: 1_000, txBytes: 500 });
  });

  test("leave out what is too old, and are none when nothing is left", () => {
    const containers = { app: runs("abc-1"), other: runs("abc-2") };
    const told = { "abc-1": statistics(), "abc-2": statistics({ read: "2026-01-02T03:04:00Z" }) };
    expect(stats(containers, told)?.containers.map(({ name }) => name)).toEqual(["app"]);
    expect(stats(containers, told, readAt + 1)).toBeUndefined();
    expect(stats({ app: { lastStatus: "PENDING" } }, told)).toBeUndefined();
  });
});
