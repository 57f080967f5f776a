import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
import { fail, keptLog } from "../testing.ts";
import { bookmark, close, event, list, open, quiet, run, thing, type Thing } from "./testing.ts";

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
