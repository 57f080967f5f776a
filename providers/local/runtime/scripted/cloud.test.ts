import { describe, expect, test } from "vitest";
import { feedOf, inWords, scriptedTask, scriptedWorld } from "./testing.ts";
import { ProviderError } from "../../../../src/provider.ts";

describe("faults of the scripted cloud", () => {
  test("come as often as the timetable says, and a lost answer has started the task", async () => {
    const { runtime, requests } = scriptedWorld();
    const spec = scriptedTask("a", { SCRIPT_FAULTS: "throttled:2,noCapacity,denied:1,lostAnswer:1" });
    const outcomes: string[] = [];
    for (let i = 0; i < 6; i++) {
      await runtime.start(spec).then(
        () => outcomes.push("started"),
        (error: unknown) => outcomes.push((error as ProviderError).kind),
      );
    }
    expect(outcomes).toEqual(["denied", "throttled", "throttled", "noCapacity", "unknown", "started"]);
    expect(requests.map((entry) => entry.request === "start" && entry.outcome)).toEqual([
      "denied",
      "throttled",
      "throttled",
      "noCapacity",
      "launched",
      "unknown",
      "found",
    ]);
  });

  test("an operation can be told to fail", async () => {
    const { cloud, runtime } = scriptedWorld();
    cloud.fail("list", new ProviderError("transient", "Down", "down"), 2);
    await expect(runtime.list()).rejects.toThrow("down");
    await expect(runtime.stats()).resolves.toEqual([]);
    await expect(runtime.list()).rejects.toThrow("down");
    await expect(runtime.list()).resolves.toEqual([]);
  });

  test("trouble stops everything but the tasks; when it is over the feed tells what was missed", async () => {
    const { clock, cloud, runtime } = scriptedWorld();
    const seen: string[] = [];
    const feed = feedOf({
      task: (state) => seen.push(inWords(state).join()),
      synced: () => seen.push("synced"),
      health: (trouble) => seen.push(trouble?.reason ?? "healthy"),
    });
    await runtime.start(scriptedTask("a", { SCRIPT_RUN: "1" }));
    void runtime.watch(feed, new AbortController().signal);
    const trouble = new ProviderError("transient", "Unreachable", "no route");
    cloud.trouble(trouble);
    void runtime.watch(feedOf({ synced: () => seen.push("second synced") }), new AbortController().signal);
    await clock.advance(1_000);
    await expect(runtime.start(scriptedTask("b"))).rejects.toBe(trouble);
    cloud.trouble(undefined);
    expect(seen).toEqual([
      "main#0 running",
      "synced",
      "Unreachable",
      "healthy",
      "main#0 exit 0 Completed",
      "second synced",
    ]);
  });

  test.for<[string, string]>([
    ["SCRIPT_RUN", "soon"],
    ["SCRIPT_EXIT", "256"],
    ["SCRIPT_END", "well"],
    ["SCRIPT_FAULTS", "fire:1"],
    ["SCRIPT_NOTHING", "1"],
  ])("a wrong %s=%s is invalid and starts nothing", async ([name, value]) => {
    const { runtime } = scriptedWorld();
    await expect(runtime.start(scriptedTask("a", { [name]: value }))).rejects.toMatchObject({ kind: "invalid" });
    expect(await runtime.list()).toEqual([]);
  });

  test("addresses run out with noCapacity and are used again when given back", async () => {
    const { runtime } = scriptedWorld({ subnet: "10.99.0.0/29" });
    const started = [];
    for (let i = 0; i < 5; i++) started.push(await runtime.start(scriptedTask(`${i}`)));
    expect(new Set(started.map(({ podIPs }) => podIPs[0])).size).toBe(5);
    await expect(runtime.start(scriptedTask("more"))).rejects.toMatchObject({ kind: "noCapacity" });
    await runtime.stop(scriptedTask("2"), { graceSeconds: 0, discard: true });
    expect((await runtime.start(scriptedTask("more"))).podIPs).toEqual(started[2]?.podIPs);
  });
});
