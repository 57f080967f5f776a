import { describe, expect, test } from "vitest";
import { ProviderError } from "../../../src/provider.ts";
import { fakeClock } from "../../../test/support/fake-clock.ts";
import { observer, taskOf } from "../tasks/testing.ts";
import { createEvents } from "./events.ts";
import { eventOf, fakeQueue } from "./testing.ts";

function world() {
  const clock = fakeClock();
  const queue = fakeQueue(clock);
  const lines: string[] = [];
  const line = (level: string) => (message: string, fields?: object) => {
    const { error } = (fields ?? {}) as { error?: ProviderError };
    lines.push([level, message, ...(error === undefined ? [] : [error.reason])].join(" "));
  };
  const log = { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
  const events = createEvents({ queue, cluster: "burstlet", owner: observer, clock, log });
  const heard: string[] = [];
  const stop = new AbortController();
  const read = async () =>
    events.read(async ({ task }) => {
      heard.push(`${task.taskArn.split("/").at(-1)} ${task.version}`);
      // Who hears may have to ask what container is what.
      await clock.sleep(1);
    }, stop.signal);
  const event = (podUid: string, version: number, change = {}) =>
    eventOf(taskOf(podUid, {}, { version, ...change }), clock.now());
  return { clock, queue, events, heard, stop, read, event, news: () => lines.splice(0) };
}

const gone = new ProviderError("notFound", "QueueDoesNotExist", "The specified queue does not exist.");
const trusted = "info tasks are left to events of ECS";

describe("events of a node's tasks", () => {
  test("are handed on one by one in the order of their coming, and deleted afterwards", async () => {
    const { clock, queue, heard, read, event } = world();
    const bodies = Array.from({ length: 25 }, (_, n) => event("one", 25 - n));
    queue.send(...bodies);
    void read();
    await clock.advance(5);
    expect(heard).toHaveLength(6);
    expect(queue.messages).toHaveLength(25);
    await clock.advance(300);
    expect(heard).toEqual(Array.from({ length: 25 }, (_, n) => `one ${25 - n}`));
    expect(queue.messages).toEqual([]);
    // The first answer comes at once; then the reader waits as long as it may.
    expect(queue.waits).toEqual([0, 20, 20, 20]);
  });

  test("of others are deleted without a word, and so is what is no event, of which the first is told", async () => {
    const { clock, queue, heard, read, event, news } = world();
    queue.send(event("one", 1, { startedBy: "ecs-svc/1" }), "nonsense", "more nonsense", event("one", 1));
    void read();
    await clock.advance(10);
    expect(heard).toEqual(["one 1"]);
    expect(queue.messages).toEqual([]);
    expect(news()).toEqual([
      "warn a message in the queue of events is none, and is deleted",
      "debug another message in the queue of events is none, and is deleted",
    ]);
  });

  test("are not trusted before the first of them where the queue's policy lets EventBridge not in, which is told with its fix", async () => {
    const { clock, queue, events, read, event, news } = world();
    queue.isOpen = false;
    void read();
    await clock.advance(10);
    expect(events.areTrusted()).toBe(false);
    expect(news()).toEqual([
      expect.stringMatching(/^warn .*polled until the first event comes; .*set-queue-attributes/),
    ]);
    queue.send(event("one", 1));
    await clock.advance(1_000);
    expect(events.areTrusted()).toBe(true);
    expect(news()).toEqual([trusted]);
  });

  test("gather while few come, so that many take few calls", async () => {
    const { clock, queue, heard, read, event } = world();
    void read();
    await clock.advance(1_000);
    for (let n = 1; n <= 100; n++) {
      queue.send(event("one", n));
      await clock.advance(10);
    }
    await clock.advance(1_000);
    expect(heard).toHaveLength(100);
    expect(queue.waits.length).toBeLessThan(20);
  });

  test("come again where they could not be deleted", async () => {
    const { clock, queue, heard, read, event, events } = world();
    queue.send(event("one", 1));
    queue.failDeletion = new ProviderError("denied", "AccessDenied", "sqs:DeleteMessage is not allowed");
    void read();
    await clock.advance(500);
    expect(heard).toEqual(["one 1"]);
    expect(events.areTrusted()).toBe(false);
    queue.failDeletion = undefined;
    await clock.advance(1_000);
    expect(heard).toEqual(["one 1", "one 1"]);
    expect(queue.messages).toEqual([]);
    expect(events.areTrusted()).toBe(true);
  });

  test("are read no more once nobody listens", async () => {
    const { clock, queue, heard, stop, read, event } = world();
    const reading = read();
    await clock.advance(1_000);
    stop.abort();
    await reading;
    queue.send(event("one", 1));
    await clock.advance(100_000);
    expect([heard, queue.waits]).toEqual([[], [0, 20]]);
    expect(clock.pending).toBe(0);
  });
});

describe("trust in events", () => {
  test("begins with the queue's first answer, goes with its failure and comes back, each told once", async () => {
    const { clock, queue, events, read, news } = world();
    expect(events.areTrusted()).toBe(false);
    queue.fail = gone;
    void read();
    await clock.advance(0);
    expect([events.areTrusted(), events.areTrusted()]).toEqual([false, false]);
    expect(news()).toEqual(["warn events of ECS cannot be read: tasks are polled until they can QueueDoesNotExist"]);
    await clock.advance(3_600_000);
    expect(events.areTrusted()).toBe(false);
    // After one, two, four … and from then on every thirty seconds.
    expect(queue.waits.length).toBeGreaterThan(115);
    expect(queue.waits.length).toBeLessThan(130);
    queue.fail = undefined;
    await clock.advance(30_000);
    expect([events.areTrusted(), events.areTrusted()]).toEqual([true, true]);
    expect(news()).toEqual([trusted]);
    queue.fail = new ProviderError("denied", "AccessDenied", "no");
    await clock.advance(20_000);
    expect(events.areTrusted()).toBe(false);
    queue.fail = gone;
    await clock.advance(30_000);
    expect(events.areTrusted()).toBe(false);
    expect(news()).toEqual([
      "warn events of ECS cannot be read: tasks are polled until they can AccessDenied",
      "warn events of ECS cannot be read: tasks are polled until they can QueueDoesNotExist",
    ]);
  });

  test("goes where a change came without an event, and comes back when events do", async () => {
    const { clock, queue, events, read, event, news } = world();
    void read();
    await clock.advance(0);
    expect(events.areTrusted()).toBe(true);
    events.found(taskOf("one").taskArn ?? "", 4);
    await clock.advance(60_000);
    expect(events.areTrusted()).toBe(false);
    expect(news()).toEqual([trusted, expect.stringContaining("warn changes of tasks come without events of ECS")]);
    queue.send(event("one", 5));
    await clock.advance(300_000);
    expect(events.areTrusted()).toBe(true);
    expect(news()).toEqual([trusted]);
  });
});
