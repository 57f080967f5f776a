import { describe, expect, test } from "vitest";
import { fakeClock } from "../../../test/support/fake-clock.ts";
import { silentLog as log } from "../../../test/support/silent-log.ts";
import { ProviderError, type TaskFeed } from "../../../src/provider.ts";
import { FAILED_FOR_MS } from "./duties.ts";
import { createFeed } from "./feed.ts";
import { ended, event, fakeAzure, groupsFor, owner, running, waits } from "./testing.ts";

function world() {
  const azure = fakeAzure();
  const clock = fakeClock();
  const groups = groupsFor(clock);
  const feed = createFeed({ client: azure.client, groups, owner, clock, log });
  return { azure, clock, groups, feed };
}

function listener() {
  const heard: string[] = [];
  const feed: TaskFeed = {
    task: ({ identity, phase, containers, reason }) =>
      heard.push([identity.podUid, phase, containers[0]?.state.is, reason ?? ""].join(" ").trim()),
    gone: ({ podUid }) => heard.push(`${podUid} gone`),
    synced: () => heard.push("synced"),
    health: (trouble) => heard.push(trouble === undefined ? "healthy" : trouble.reason),
  };
  const stop = new AbortController();
  return { feed, stop, signal: stop.signal, news: () => heard.splice(0) };
}

const up = { main: { currentState: running() } };
const starting = { state: "Pending", provisioning: "Creating", main: {} };
const away = new ProviderError("denied", "AuthorizationFailed", "no role");

async function watching(prepare: (azure: ReturnType<typeof fakeAzure>) => void) {
  const all = world();
  prepare(all.azure);
  const ear = listener();
  const done = all.feed.watch(ear.feed, ear.signal);
  await all.clock.advance(0);
  return { ...all, news: ear.news, stop: ear.stop, done };
}

describe("the feed of a node's groups", () => {
  test("tells every group first, each read once, then that it is in step, then changes only", async () => {
    const { azure, clock, news, stop, done } = await watching(({ put }) => {
      put("one", up);
      put("two", { policy: "Never", state: "Succeeded", main: { currentState: ended(0) } });
    });
    expect(news()).toEqual(["one running running", "two stopped terminated", "synced"]);
    expect(azure.taken()).toEqual(["list", "read bl-one", "read bl-two"]);
    await clock.advance(20_000);
    expect(news()).toEqual([]);
    azure.put("one", { main: { currentState: waits(), restartCount: 1, previousState: ended(1) } });
    await clock.advance(11_000);
    expect(news()).toEqual(["one running waiting"]);
    // What has ended is read no more.
    expect(azure.taken()).not.toContain("read bl-two");
    stop.abort();
    await done;
  });

  test("does not say that it is in step while a group could not be read: a pod would seem to have lost it", async () => {
    const { azure, clock, news } = await watching(({ put, failing }) => {
      put("one", up);
      failing.set("read", away);
    });
    expect(news()).toEqual(["AuthorizationFailed"]);
    azure.failing.clear();
    await clock.advance(2_000);
    expect(news()).toEqual(["one running running", "healthy", "synced"]);
  });

  test("reads a group that starts every two seconds, and finds new ones by the list", async () => {
    const { azure, clock, news } = await watching(({ put }) => void put("one", starting));
    azure.put("two", up);
    azure.taken();
    await clock.advance(29_500);
    expect(azure.taken().filter((call) => call === "read bl-one")).toHaveLength(14);
    expect(news()).toEqual(["one starting waiting", "synced"]);
    await clock.advance(1_000);
    expect(news()).toEqual(["two running running"]);
  });

  test("looks at once at a group of which the list says something new", async () => {
    const { azure, clock, news } = await watching(({ put }) => {
      for (let i = 0; i < 600; i++) put(`p${i}`, up);
    });
    await clock.advance(30_000);
    news();
    azure.put("p7", { ...up, provisioning: "Deleting" });
    await clock.advance(31_000);
    expect(news()).toEqual(["p7 stopping running"]);
  });

  test("tells that a group is gone which somebody has deleted, or whose marks were taken away", async () => {
    const { azure, clock, news } = await watching(({ put }) => {
      put("one", up);
      put("two", up);
    });
    await clock.advance(40_000);
    news();
    azure.groups.delete("bl-one");
    azure.put("two", up, { tags: {} });
    await clock.advance(31_000);
    expect(news().toSorted()).toEqual(["one gone", "two gone"]);
  });

  test("waits for a group that was just made and that nobody finds yet", async () => {
    const { azure, clock, news, feed, groups } = await watching(() => {});
    const name = azure.put("one", starting);
    const [group] = azure.groups.values();
    azure.groups.clear();
    expect(feed.told(group ?? {}, clock.monotonic())?.name).toBe(name);
    await clock.advance(25_000);
    expect(news()).toEqual(["synced", "one starting waiting"]);
    await clock.advance(10_000);
    expect([news(), groups.values()]).toEqual([["one gone"], []]);
  });

  test("does not take one group that cannot be read for trouble of Azure, but several", async () => {
    const { azure, clock, news } = await watching(({ put }) => {
      put("one", up);
      put("two", up);
    });
    news();
    azure.failing.set("read bl-one", new ProviderError("transient", "InternalServerError", "words"));
    await clock.advance(60_000);
    expect(news()).toEqual([]);
    azure.failing.set("read", new ProviderError("transient", "InternalServerError", "words"));
    await clock.advance(60_000);
    expect(news()).toContain("InternalServerError");
    azure.failing.clear();
    await clock.advance(60_000);
    expect(news().at(-1)).toBe("healthy");
  });

  test("is no trouble when Azure asks for patience", async () => {
    const { azure, clock, news } = await watching(({ put }) => void put("one", up));
    news();
    for (const call of ["read", "list"])
      azure.failing.set(call, new ProviderError("throttled", "TooManyRequests", "", { retryAfter: 5 }));
    await clock.advance(120_000);
    expect(news()).toEqual([]);
  });

  test("is asked for once however many watch, and tells a later one what is known", async () => {
    const { azure, clock, feed } = await watching(({ put }) => void put("one", up));
    azure.taken();
    const second = listener();
    void feed.watch(second.feed, second.signal);
    await clock.advance(0);
    expect([second.news(), azure.taken()]).toEqual([["one running running", "synced"], []]);
  });
});

describe("the budget", () => {
  test("of 20 reads a second is kept with 500 groups, each of which is seen within a minute; a new one within ten seconds", async () => {
    const { azure, clock, groups, news } = await watching(({ put }) => {
      for (let i = 0; i < 500; i++) put(`p${i}`, up);
    });
    await clock.advance(60_000);
    azure.taken();
    for (let second = 0; second < 60; second++) {
      await clock.advance(1_000);
      expect(azure.taken().length).toBeLessThan(20);
      const oldest = Math.min(...groups.values().map(({ seenAt }) => seenAt));
      expect(clock.monotonic() - oldest).toBeLessThanOrEqual(60_000);
    }
    news();
    for (let i = 0; i < 50; i++) azure.put(`new${i}`, starting);
    await clock.advance(31_000);
    expect(news()).toHaveLength(50);
    for (let i = 0; i < 50; i++) azure.put(`new${i}`, up);
    await clock.advance(10_000);
    expect(news()).toHaveLength(50);
  });
});

describe("under Never", () => {
  const policy = "Never";

  test("a container that runs again is told with its first end, and its group is stopped", async () => {
    const again = { currentState: running(9), restartCount: 1, previousState: ended(3) };
    const { azure, clock, news } = await watching(({ put }) => void put("one", { policy, main: again }));
    expect(azure.calls.filter((call) => call.startsWith("stop"))).toEqual(["stop bl-one"]);
    expect(news()).toEqual(["one stopping terminated", "synced"]);
    await clock.advance(3_000);
    expect(news()).toEqual(["one stopped terminated"]);
  });

  test("a group that has failed is stopped, so that nothing of it runs again; one that has succeeded is not", async () => {
    const { azure, clock } = await watching(({ put }) => {
      put("one", { policy, state: "Failed", main: { currentState: ended(3) } });
      put("two", { policy, state: "Succeeded", main: { currentState: ended(0) } });
    });
    await clock.advance(120_000);
    expect(azure.calls.filter((call) => call.startsWith("stop"))).toEqual(["stop bl-one"]);
  });

  test("is tried again when the stop fails", async () => {
    const { azure, clock } = await watching(({ put, failing }) => {
      failing.set("stop", away);
      put("one", { policy, state: "Failed", main: { currentState: ended(3) } });
    });
    await clock.advance(5_000);
    azure.failing.clear();
    azure.taken();
    await clock.advance(60_000);
    expect(azure.taken().filter((call) => call.startsWith("stop"))).toEqual(["stop bl-one"]);
  });
});

describe("a group that cannot be provisioned", () => {
  const failed = { state: "Pending", provisioning: "Failed", main: {}, events: [event("FailedMount", "no share")] };

  test("is deleted after a while, and has ended only when it is gone: the core starts it anew then", async () => {
    const { azure, clock, news, groups, feed } = await watching(({ put, lasting }) => {
      lasting.set(put("one", failed), 500);
    });
    expect(news()).toEqual(["one starting waiting ProvisioningFailed", "synced"]);
    azure.lasting.clear();
    azure.lasting.set("bl-one", 400);
    await clock.advance(FAILED_FOR_MS - 5_000);
    expect(azure.calls).not.toContain("delete bl-one");
    await clock.advance(15_000);
    expect([azure.calls.filter((call) => call.startsWith("delete")), news()]).toEqual([["delete bl-one"], []]);
    azure.lasting.set("bl-one", 0);
    await clock.advance(5_000);
    expect(news()).toEqual(["one stopped waiting ProvisioningFailed"]);
    // Neither the list nor the schedule touches it any more, until the core lets it go.
    await clock.advance(70_000);
    expect(groups.get("bl-one")).toMatchObject({ removed: true });
    feed.gone("bl-one");
    expect([news(), groups.values()]).toEqual([["one gone"], []]);
  });

  test("stays when it comes to run after all", async () => {
    const { azure, clock, news } = await watching(({ put }) => void put("one", failed));
    await clock.advance(FAILED_FOR_MS - 60_000);
    azure.put("one", up);
    await clock.advance(120_000);
    expect(news()).toContain("one running running");
    expect(azure.calls.filter((call) => call.startsWith("delete"))).toEqual([]);
  });
});
