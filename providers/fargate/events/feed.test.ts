import { describe, expect, test } from "vitest";
import { ProviderError } from "../../../src/provider.ts";
import { taskOf } from "../tasks/testing.ts";
import { pushWorld as world } from "./testing.ts";

const ended = { desiredStatus: "STOPPED", lastStatus: "STOPPED", version: 9 };
const starts = [{ lastStatus: "PENDING" }, { lastStatus: "PROVISIONING" }] as const;

describe("the feed of a node's tasks, with events", () => {
  test("tells what an event says at once, and nothing twice", async () => {
    const { clock, watch, put, tell, news, described } = world();
    put("one");
    await watch();
    expect(news()).toEqual(["one running 1000", "synced"]);
    described();
    const last = put("one", { lastStatus: "STOPPED", exitCode: 3 }, ended);
    tell(last);
    tell(last);
    tell(put("one", {}, { version: 2 }));
    await clock.advance(0);
    expect(news()).toEqual(["one stopped 9000"]);
    expect(described()).toEqual([]);
  });

  test("drops an event that is no newer than what is known, whatever it says", async () => {
    const { clock, watch, put, tell, news } = world();
    put("one", { networkInterfaces: [{ privateIpv4Address: "10.0.0.1" }] }, { version: 3 });
    await watch();
    news();
    tell(taskOf("one", {}, { version: 3 }));
    tell(taskOf("one", { lastStatus: "STOPPED", exitCode: 0 }, { version: 2, desiredStatus: "STOPPED" }));
    await clock.advance(0);
    expect(news()).toEqual([]);
  });

  test("spends less than half a call a second on a thousand tasks that run", async () => {
    const { clock, watch, put, described } = world();
    for (let i = 0; i < 1_000; i++) put(`p${i}`);
    await watch();
    described();
    await clock.advance(3_600_000);
    const calls = described();
    expect(calls.length / 3_600).toBeLessThan(0.25);
    expect(calls.length / 3_600).toBeGreaterThan(0.1);
  });

  test("finds within a minute what no event tells, and then polls", async () => {
    const { clock, watch, put, news, described, events } = world();
    for (let i = 0; i < 200; i++) put(`p${i}`);
    await watch();
    news();
    put("p7", { lastStatus: "STOPPED", exitCode: 0 }, ended);
    await clock.advance(62_000);
    expect(news()).toEqual(["p7 stopped 9000"]);
    expect(events.areTrusted()).toBe(true);
    await clock.advance(61_000);
    expect(events.areTrusted()).toBe(false);
    described();
    await clock.advance(50_000);
    // Two batches, each five seconds.
    expect(described()).toHaveLength(20);
  });

  test("polls while the queue fails, and leaves tasks to events again once it answers", async () => {
    const { clock, watch, put, news, queue, described, tell } = world();
    put("one");
    put("two");
    await watch();
    news();
    queue.fail = new ProviderError("notFound", "QueueDoesNotExist", "gone");
    await clock.advance(21_000);
    put("one", { lastStatus: "STOPPED", exitCode: 0 }, ended);
    await clock.advance(6_000);
    expect(news()).toEqual(["one stopped 9000"]);
    queue.fail = undefined;
    await clock.advance(30_000);
    described();
    await clock.advance(30_000);
    expect(described()).toEqual([]);
    tell(put("two", { lastStatus: "STOPPED", exitCode: 0 }, ended));
    await clock.advance(0);
    expect(news()).toEqual(["two stopped 9000"]);
  });

  test("looks at tasks whose health ECS checks every five seconds, as no event tells of it", async () => {
    const { clock, watch, put, tell, news, described } = world({ checked: true });
    put("one", { healthStatus: "UNKNOWN" });
    await watch();
    expect(news()).toEqual(["one running 1000 false", "synced"]);
    put("one", { healthStatus: "HEALTHY" });
    await clock.advance(5_000);
    expect(news()).toEqual(["one running 1001 true"]);
    described();
    await clock.advance(50_000);
    expect(described()).toHaveLength(10);
    // What was found of it still holds.
    tell(
      put("one", { healthStatus: "HEALTHY", networkInterfaces: [{ privateIpv4Address: "10.0.0.1" }] }, { version: 2 }),
    );
    await clock.advance(0);
    expect(news()).toEqual(["one running 2000 true"]);
  });

  test("looks every ten seconds at what starts, and trusts events that say nothing", async () => {
    const { clock, watch, put, feed, definition, described, events } = world();
    await watch();
    feed.launched(put("one", ...starts), definition);
    described();
    await clock.advance(30_500);
    expect(described()).toHaveLength(3);
    expect(events.areTrusted()).toBe(true);
  });

  test("keeps an event that comes before the answer to its launch", async () => {
    const { clock, watch, put, feed, definition, tell, news, described } = world();
    await watch();
    news();
    const first = put("one", ...starts);
    tell(put("one", {}, { version: 3 }));
    tell(put("one", { lastStatus: "PENDING" }, { version: 2, lastStatus: "PENDING" }));
    put("one", {}, { version: 3 });
    await clock.advance(0);
    expect(news()).toEqual([]);
    feed.launched(first, definition);
    await clock.advance(0);
    expect(news()).toEqual(["one starting 1000", "one running 3000"]);
    expect(described()).toEqual([]);
  });

  test("looks at once at a task that it knows from an event alone", async () => {
    const { clock, watch, put, tell, news, described } = world();
    await watch();
    news();
    described();
    tell(put("lost", ...starts));
    await clock.advance(1_000);
    expect(news()).toEqual(["lost starting 1000"]);
    expect(described()).toEqual(["DescribeTasks 1"]);
  });

  test("takes no look at what ECS has forgotten since, nor at what was discarded", async () => {
    const { clock, watch, put, tell, news, described, feed } = world();
    const over = put("over", { lastStatus: "STOPPED", exitCode: 0 }, ended);
    await watch();
    feed.discard(over.taskArn ?? "");
    news();
    described();
    tell({ ...over, version: 10 });
    tell(taskOf("yesterday"), clock.now() - 86_400_000);
    await clock.advance(5_000);
    expect(news()).toEqual([]);
    expect(described()).toEqual([]);
  });

  test("looks at a task whose event it cannot read for want of its definition", async () => {
    const { clock, watch, put, tell, news, forgetDefinitions } = world();
    put("one");
    await watch();
    news();
    forgetDefinitions(true);
    tell(put("one", { lastStatus: "STOPPED", exitCode: 0 }, ended));
    await clock.advance(3_000);
    expect(news()).toEqual([]);
    forgetDefinitions(false);
    await clock.advance(10_000);
    expect(news()).toEqual(["one stopped 9000"]);
  });

  test("reads no events while nobody watches", async () => {
    const { clock, watch, put, tell, queue, stop } = world();
    await watch();
    stop.abort();
    await clock.advance(2_000);
    tell(put("one"));
    await clock.advance(60_000);
    expect(queue.messages).toHaveLength(1);
  });
});
