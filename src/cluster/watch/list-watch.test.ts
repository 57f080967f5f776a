import type { ServerResponse } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { advanceUntil, fail, keptLog, quietLog, testApi, testRest, type Seen } from "../testing.ts";
import { eventually } from "../../../test/support/eventually.ts";
import { fakeClock } from "../../../test/support/fake-clock.ts";
import type { Clock, Log } from "../../provider.ts";
import { systemClock } from "../../telemetry/clock.ts";
import type { WatchSink } from "../cluster.ts";
import { calls } from "../rest/calls.ts";
import { listWatch } from "./list-watch.ts";

interface Thing {
  readonly metadata: { name: string; uid: string; resourceVersion: string; managedFields?: object[] | undefined };
}

const pods = { list: calls.listPods, watch: calls.watchPods, fieldSelector: "spec.nodeName=n1" };
const thing = (name: string, version: string, uid = name): Thing => ({
  metadata: { name, uid, resourceVersion: version, managedFields: [{ manager: "x" }] },
});
const list = (version: string, items: readonly Thing[], token?: string): object => ({
  metadata: { resourceVersion: version, continue: token },
  items,
});
const event = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;
const bookmark = (version: string): string => event("BOOKMARK", { metadata: { resourceVersion: version } });

type Act = (response: ServerResponse, seen: Seen) => unknown;

interface Run {
  readonly told: readonly string[];
  readonly lists: readonly Seen[];
  readonly watches: readonly Seen[];
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

interface RunOptions {
  readonly clock?: Clock;
  readonly log?: Log;
  readonly sink?: Partial<WatchSink<Thing>>;
}

/** Runs one list-watch against a server that plays `lists` and `watches` in turn, repeating the last of each. */
async function run(script: { lists: readonly Act[]; watches: readonly Act[] }, options: RunOptions = {}): Promise<Run> {
  const { clock = systemClock, log = quietLog } = options;
  const lists: Seen[] = [];
  const watches: Seen[] = [];
  const api = await testApi((seen, response) => {
    const [acts, seenBefore] = seen.query["watch"] === "true" ? [script.watches, watches] : [script.lists, lists];
    seenBefore.push(seen);
    const act = acts[Math.min(seenBefore.length, acts.length) - 1];
    return act?.(response, seen);
  });
  const told: string[] = [];
  const sink: WatchSink<Thing> = {
    changed: ({ metadata }) => void told.push(`changed ${metadata.uid}@${metadata.resourceVersion}`),
    removed: ({ metadata }) => void told.push(`removed ${metadata.uid}`),
    synced: () => void told.push("synced"),
    ...options.sink,
  };
  const stop = new AbortController();
  const rest = testRest(api.url, { clock, log });
  const ended = listWatch(pods, sink, stop.signal, { rest, clock, log, random: () => 0 });
  onTestFinished(async () => {
    stop.abort();
    await ended;
  });
  return { told, lists, watches, stop, ended };
}

const open =
  (...lines: string[]): Act =>
  (response) =>
    void response.writeHead(200).write(lines.join(""));
const close =
  (...lines: string[]): Act =>
  (response) =>
    void response.writeHead(200).end(lines.join(""));
/** As the API server behaves: the head is sent at once, events later. */
const quiet: Act = (response) => response.writeHead(200).flushHeaders();

describe("list-watch", () => {
  it("tells the list, says that it is synced, then tells what the watch brings from the list's version on", async () => {
    const script = {
      lists: [() => list("10", [thing("a", "3")])],
      watches: [open(event("ADDED", thing("b", "11")), event("DELETED", thing("a", "12")))],
    };
    const { told, lists, watches } = await run(script);
    await eventually("events", () => told.length === 4);
    expect(told).toEqual(["changed a@3", "synced", "changed b@11", "removed a"]);
    expect(lists[0]?.query).toEqual({ fieldSelector: "spec.nodeName=n1", limit: "500" });
    expect(watches[0]?.query).toEqual({
      fieldSelector: "spec.nodeName=n1",
      watch: "true",
      allowWatchBookmarks: "true",
      resourceVersion: "10",
      timeoutSeconds: "290",
    });
  });

  it("reads a long list in pages and tells it as one picture", async () => {
    const script = {
      lists: [() => list("10", [thing("a", "1")], "more"), () => list("10", [thing("b", "2")])],
      watches: [quiet],
    };
    const { told, lists } = await run(script);
    await eventually("synced", () => told.includes("synced"));
    expect(told).toEqual(["changed a@1", "changed b@2", "synced"]);
    expect(lists[1]?.query["continue"]).toBe("more");
  });

  it("lists once more, whole, when the rest of a list in pages has expired", async () => {
    const whole = list("20", [thing("b", "2")]);
    const script = {
      lists: [
        () => list("10", [thing("a", "1")], "more"),
        (response: ServerResponse) => fail(response, 410, "Expired"),
        () => whole,
      ],
      watches: [quiet],
    };
    const { told, lists } = await run(script);
    await eventually("synced", () => told.includes("synced"));
    expect(told).toEqual(["changed b@2", "synced"]);
    expect(lists[2]?.query).toEqual({ fieldSelector: "spec.nodeName=n1" });
  });

  it.each([
    ["the answer 410", (response: ServerResponse) => fail(response, 410, "Expired")],
    ["an ERROR event 410", close(event("ERROR", { kind: "Status", code: 410, reason: "Expired", message: "too old" }))],
    [
      "a version that the server has not reached",
      (response: ServerResponse) => fail(response, 504, "Timeout", { message: "Too large resource version: 99" }),
    ],
  ])(
    "lists again after %s and tells what went away unseen as removed, without a second synced",
    async (_, outdated) => {
      const script = {
        lists: [
          () => list("10", [thing("gone", "1"), thing("kept", "2")]),
          () => list("20", [thing("kept", "2"), thing("new", "19")]),
        ],
        watches: [outdated, quiet],
      };
      const { told, watches } = await run(script);
      await eventually("the second watch", () => watches.length === 2);
      expect(told).toEqual(["changed gone@1", "changed kept@2", "synced", "removed gone", "changed new@19"]);
      expect(watches[1]?.query["resourceVersion"]).toBe("20");
    },
  );

  it.each([
    ["the server ends it", close(event("MODIFIED", thing("a", "11")), bookmark("15"))],
    [
      "it is cut",
      (response: ServerResponse) => {
        response
          .writeHead(200)
          .write(event("MODIFIED", thing("a", "11")) + bookmark("15") + '{"type":"ADD', () => response.destroy());
      },
    ],
    [
      "an ERROR event says so",
      close(
        event("MODIFIED", thing("a", "11")),
        bookmark("15"),
        event("ERROR", { kind: "Status", code: 500, reason: "InternalError", message: "slow watcher" }),
      ),
    ],
    ["it sends what is no JSON", close(event("MODIFIED", thing("a", "11")), bookmark("15"), "garbage\n")],
  ])("watches on from the last bookmark when %s, without a new list", async (_, end) => {
    const { told, lists, watches } = await run({ lists: [() => list("10", [thing("a", "1")])], watches: [end, quiet] });
    await eventually("the second watch", () => watches.length === 2);
    expect(told).toEqual(["changed a@1", "synced", "changed a@11"]);
    expect(watches[1]?.query["resourceVersion"]).toBe("15");
    expect(lists).toHaveLength(1);
  });

  it("waits longer after each failure, and briefly again once a watch has brought something", async () => {
    const clock = fakeClock();
    const at: number[] = [];
    const note =
      (act: Act): Act =>
      (response, seen) => {
        at.push(clock.monotonic());
        return act(response, seen);
      };
    const refuse = note((response) => fail(response, 500, "InternalError"));
    const script = {
      lists: [() => list("10", [])],
      watches: [refuse, refuse, refuse, note(close(bookmark("11"), event("ERROR", { code: 500 }))), note(quiet)],
    };
    const { watches } = await run(script, { clock });
    await advanceUntil(clock, () => watches.length === 5, 1);
    const waits = at.slice(1).map((time, index) => time - (at[index] ?? 0));
    expect(waits[0]).toBeGreaterThanOrEqual(100);
    expect(waits[1]).toBeGreaterThan((waits[0] ?? 0) + 50);
    expect(waits[2]).toBeGreaterThan((waits[1] ?? 0) + 100);
    expect(waits[3]).toBeLessThan(waits[1] ?? 0);
  });

  it("keeps at least the pause that an overloaded server asks for", async () => {
    const clock = fakeClock();
    const script = {
      lists: [
        (response: ServerResponse) => fail(response, 429, "TooManyRequests", { retryAfter: 7 }),
        () => list("10", []),
      ],
      watches: [quiet],
    };
    const { lists } = await run(script, { clock });
    const start = clock.monotonic();
    await advanceUntil(clock, () => lists.length === 2);
    expect(clock.monotonic() - start).toBeGreaterThanOrEqual(7_000);
  });

  it("gives up a watch that has been silent although bookmarks were promised, and keeps one that brings them", async () => {
    const clock = fakeClock();
    let send: ((text: string) => void) | undefined;
    const script = {
      lists: [() => list("10", [])],
      watches: [
        (response: ServerResponse) => {
          response.writeHead(200).flushHeaders();
          send = (text) => void response.write(text);
        },
        quiet,
      ],
    };
    const { watches } = await run(script, { clock });
    await advanceUntil(clock, () => send !== undefined, 0);
    for (let minute = 1; minute <= 5; minute += 1) {
      send?.(bookmark(`1${minute}`));
      await clock.advance(60_000);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(watches).toHaveLength(1);
    const silentSince = clock.monotonic() - 60_000;
    await advanceUntil(clock, () => watches.length === 2, 1_000);
    expect(clock.monotonic() - silentSince).toBeLessThan(160_000);
    expect(watches[1]?.query["resourceVersion"]).toBe("15");
  });

  it("logs a sink that throws and goes on watching", async () => {
    const { log, lines } = keptLog();
    const removed: string[] = [];
    const sink = {
      changed: () => {
        throw new Error("defect of the sink");
      },
      removed: (object: Thing) => void removed.push(object.metadata.name),
    };
    const script = {
      lists: [() => list("10", [thing("a", "1")])],
      watches: [open(event("MODIFIED", thing("a", "11")), event("DELETED", thing("a", "12")))],
    };
    const { lists } = await run(script, { log, sink });
    await eventually("the deletion", () => removed.length === 1);
    expect(lists).toHaveLength(1);
    expect(lines.filter((line) => line.level === "error").map((line) => line.message)).toEqual([
      "watch handler failed",
      "watch handler failed",
    ]);
  });

  it("keeps no managedFields", async () => {
    const kept: Thing[] = [];
    const script = { lists: [() => list("10", [thing("a", "1")])], watches: [open(event("ADDED", thing("b", "11")))] };
    await run(script, { sink: { changed: (object) => void kept.push(object) } });
    await eventually("both", () => kept.length === 2);
    expect(kept.map((object) => object.metadata.managedFields)).toEqual([undefined, undefined]);
  });

  it.each([
    ["a list is under way", { lists: [() => undefined], watches: [] }],
    ["a watch is open", { lists: [() => list("10", [])], watches: [quiet] }],
    [
      "it waits to begin again",
      { lists: [(response: ServerResponse) => fail(response, 429, "Slow", { retryAfter: 99 })], watches: [] },
    ],
  ])("ends soon when it is aborted while %s", async (_, script) => {
    const { lists, watches, stop, ended } = await run(script);
    await eventually("begun", () => lists.length === 1 && watches.length === script.watches.length);
    stop.abort();
    await expect(ended).resolves.toBeUndefined();
  });
});
