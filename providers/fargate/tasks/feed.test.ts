import { describe, expect, test } from "vitest";
import { fakeClock } from "../../../test/support/fake-clock.ts";
import { silentLog as log } from "../../../test/support/silent-log.ts";
import { ProviderError, type TaskFeed } from "../../../src/provider.ts";
import { createFeed } from "./feed.ts";
import { createTasks } from "./known-tasks.ts";
import { observe } from "./observe.ts";
import { fakeEcs, observer, taskDefinition, taskOf } from "./testing.ts";

function world() {
  const ecs = fakeEcs();
  const clock = fakeClock();
  const tasks = createTasks();
  const feed = createFeed({
    client: ecs.client,
    tasks,
    observe: (task, definition) => observe(task, definition, observer),
    clock,
    log,
  });
  const put = (podUid: string, ...more: [object?, object?]): string => {
    const task = taskOf(podUid, ...more);
    const arn = task.taskArn ?? "";
    ecs.tasks.set(arn, task);
    return arn;
  };
  return { ecs, clock, tasks, feed, put };
}

function listener() {
  const heard: string[] = [];
  const feed: TaskFeed = {
    task: ({ identity, phase, containers }) =>
      heard.push(`${identity.podUid} ${phase} ${containers[0]?.ready ?? ""}`.trim()),
    gone: ({ podUid }) => heard.push(`${podUid} gone`),
    synced: () => heard.push("synced"),
    health: (trouble) => heard.push(trouble === undefined ? "healthy" : trouble.reason),
  };
  const stop = new AbortController();
  return { heard, feed, stop, signal: stop.signal, news: () => heard.splice(0) };
}

const ended = { desiredStatus: "STOPPED", lastStatus: "STOPPED", version: 9 };
const away = new ProviderError("denied", "ExpiredTokenException", "the credentials have expired");

describe("the feed of a node's tasks", () => {
  test("describes a task again at the next look when there is more to tell of it", async () => {
    const { ecs, feed, clock, put } = world();
    const arn = put("one");
    const { feed: listening, signal, stop } = listener();
    const watching = feed.watch(listening, signal);
    await clock.advance(1_500);
    const before = ecs.calls.length;
    feed.again(arn);
    await clock.advance(1_000);
    expect(ecs.calls.slice(before)).toEqual(["DescribeTasks 1"]);
    await clock.advance(1_000);
    expect(ecs.calls).toHaveLength(before + 1);
    stop.abort();
    await clock.advance(1_000);
    await watching;
  });

  test("tells every task first, those that have ended too, then that it is in step, then changes only", async () => {
    const { feed, clock, put } = world();
    put("one");
    put("two", { lastStatus: "STOPPED", exitCode: 0 }, ended);
    const { feed: listening, signal, stop, news } = listener();
    const watching = feed.watch(listening, signal);
    await clock.advance(0);
    expect(news()).toEqual(["one running", "two stopped", "synced"]);
    await clock.advance(20_000);
    expect(news()).toEqual([]);
    put("one", { lastStatus: "STOPPED", exitCode: 1 }, ended);
    await clock.advance(6_000);
    expect(news()).toEqual(["one stopped"]);
    stop.abort();
    await watching;
  });

  test("is silent about tasks of others in the same cluster, and describes them once", async () => {
    const { feed, clock, put, ecs } = world();
    put("one", {}, { startedBy: "somebody" });
    const { feed: listening, signal, news } = listener();
    void feed.watch(listening, signal);
    await clock.advance(900_000);
    expect(news()).toEqual(["synced"]);
    expect(ecs.calls.filter((call) => call.startsWith("Describe"))).toEqual(["DescribeTasks 1"]);
  });

  test("looks each second at what starts or stops and each five at what runs, a hundred at once", async () => {
    const { feed, clock, put, ecs, tasks } = world();
    for (let i = 0; i < 1_000; i++) put(`p${i}`);
    const { feed: listening, signal } = listener();
    void feed.watch(listening, signal);
    await clock.advance(1_000);
    ecs.calls.length = 0;
    await clock.advance(100_000);
    const described = ecs.calls.filter((call) => call.startsWith("DescribeTasks"));
    expect(described.every((call) => call === "DescribeTasks 100")).toBe(true);
    expect(described.length).toBeGreaterThan(180);
    expect(described.length).toBeLessThanOrEqual(200);
    const arn = put("new", { lastStatus: "PENDING" }, { lastStatus: "PENDING" });
    const task = ecs.tasks.get(arn);
    if (task !== undefined) feed.launched(task, taskDefinition);
    ecs.calls.length = 0;
    await clock.advance(10_000);
    expect(clock.monotonic() - (tasks.get(arn)?.seenAt ?? 0)).toBeLessThanOrEqual(1_000);
    expect(ecs.calls.length).toBeLessThanOrEqual(31);
  });

  test("tells of a launch before anything was described, and keeps quiet while ECS does not find it yet", async () => {
    const { feed, clock, put, ecs, tasks } = world();
    const { feed: listening, signal, news } = listener();
    void feed.watch(listening, signal);
    await clock.advance(0);
    const arn = put("one", { lastStatus: "PENDING" }, { lastStatus: "PROVISIONING" });
    ecs.hidden.add(arn);
    const launched = feed.launched(
      taskOf("one", { lastStatus: "PENDING" }, { lastStatus: "PROVISIONING" }),
      taskDefinition,
    );
    expect(launched?.phase).toBe("starting");
    expect(news()).toEqual(["synced", "one starting"]);
    await clock.advance(50_000);
    expect(news()).toEqual([]);
    ecs.hidden.delete(arn);
    put("one", {}, { version: 2 });
    await clock.advance(2_000);
    expect(news()).toEqual(["one running"]);
    expect([...tasks.values()]).toHaveLength(1);
  });

  test("tells that a task is gone once ECS has not known it for a minute", async () => {
    const { feed, clock, put, ecs } = world();
    const arn = put("one");
    const { feed: listening, signal, news } = listener();
    void feed.watch(listening, signal);
    await clock.advance(0);
    news();
    ecs.tasks.delete(arn);
    await clock.advance(50_000);
    expect(news()).toEqual([]);
    await clock.advance(20_000);
    expect(news()).toEqual(["one gone"]);
  });

  test("tells that an ended task is gone when ECS has forgotten it, and takes no old picture for a new one", async () => {
    const { feed, clock, put, ecs } = world();
    const arn = put("one", { lastStatus: "STOPPED", exitCode: 0 }, ended);
    const { feed: listening, signal, news } = listener();
    void feed.watch(listening, signal);
    await clock.advance(0);
    news();
    await clock.advance(400_000);
    expect(news()).toEqual([]);
    ecs.tasks.delete(arn);
    await clock.advance(301_000);
    expect(news()).toEqual(["one gone"]);
  });

  test("drops a picture that is older than what is known, and counts a change that ECS does not", async () => {
    const { feed, clock, put, tasks } = world();
    put("one", {}, { version: 5 });
    const { feed: listening, signal, news } = listener();
    void feed.watch(listening, signal);
    await clock.advance(0);
    news();
    put("one", { lastStatus: "PENDING" }, { version: 4 });
    await clock.advance(10_000);
    expect(news()).toEqual([]);
    put("one", { networkInterfaces: [{ privateIpv4Address: "10.0.0.1" }] }, { version: 5 });
    await clock.advance(10_000);
    expect(news()).toEqual(["one running"]);
    expect([...tasks.values()].map(({ state }) => state.version)).toEqual([5_001]);
  });

  test("tells an end of which ECS tells no time with the time at which it was seen, and keeps that", async () => {
    const { feed, clock, put, tasks } = world();
    put("one");
    put("old", { lastStatus: "STOPPED", exitCode: 0 }, ended);
    const { feed: listening, signal } = listener();
    void feed.watch(listening, signal);
    await clock.advance(0);
    put("one", { lastStatus: "STOPPED", exitCode: 0 }, { version: 2, desiredStatus: "STOPPED" });
    const ends = () =>
      [...tasks.values()].map(({ state }) => {
        const [container] = state.containers;
        return container?.state.is === "terminated" ? container.state.finishedAt : undefined;
      });
    await clock.advance(6_000);
    const [first] = ends();
    expect(clock.now() - (first ?? 0)).toBeLessThanOrEqual(6_000);
    put("one", { lastStatus: "STOPPED", exitCode: 0 }, { version: 3, desiredStatus: "STOPPED" });
    await clock.advance(6_000);
    // Of one that had ended before anybody looked nothing is known.
    expect(ends()).toEqual([first, undefined]);
  });

  test("answers a launch that is repeated after the end of its task with what is known of that", async () => {
    const { feed, clock, put, ecs } = world();
    const arn = put("one");
    const { feed: listening, signal } = listener();
    void feed.watch(listening, signal);
    await clock.advance(0);
    put("one", { lastStatus: "STOPPED", exitCode: 3 }, { version: 2, desiredStatus: "STOPPED" });
    await clock.advance(6_000);
    const again = feed.launched(ecs.tasks.get(arn) ?? {}, taskDefinition);
    expect(again?.containers[0]?.state).toMatchObject({ exitCode: 3, finishedAt: expect.any(Number) as number });
  });

  test("loses no task while credentials have expired, says so once, and catches up afterwards", async () => {
    const { feed, clock, put, ecs } = world();
    for (let i = 0; i < 50; i++) put(`p${i}`);
    const { feed: listening, signal, news } = listener();
    void feed.watch(listening, signal);
    await clock.advance(0);
    expect(news()).toHaveLength(51);
    ecs.fail = away;
    await clock.advance(3_600_000);
    expect(news()).toEqual(["ExpiredTokenException"]);
    ecs.fail = undefined;
    put("p0", { lastStatus: "STOPPED", exitCode: 0 }, ended);
    await clock.advance(31_000);
    expect(news()).toEqual(["p0 stopped", "healthy"]);
  });

  test("is in step only once ECS has answered, and takes a throttled call for no trouble", async () => {
    const { feed, clock, put, ecs } = world();
    put("one");
    ecs.fail = new ProviderError("throttled", "ThrottlingException", "slow down");
    const { feed: listening, signal, news } = listener();
    void feed.watch(listening, signal);
    await clock.advance(10_000);
    expect(news()).toEqual([]);
    ecs.fail = undefined;
    await clock.advance(31_000);
    expect(news()).toEqual(["one running", "synced"]);
  });

  test("asks ECS once for all who listen, and not at all when nobody does", async () => {
    const { feed, clock, put, ecs } = world();
    put("one");
    const [first, second] = [listener(), listener()];
    const watching = [feed.watch(first.feed, first.signal)];
    await clock.advance(0);
    watching.push(feed.watch(second.feed, second.signal));
    await clock.advance(1_000);
    expect(second.news()).toEqual(["one running", "synced"]);
    expect(ecs.calls.filter((call) => call === "ListTasks RUNNING")).toHaveLength(1);
    first.stop.abort();
    second.stop.abort();
    await Promise.all(watching);
    await clock.advance(2_000);
    ecs.calls.length = 0;
    await clock.advance(900_000);
    expect(ecs.calls).toEqual([]);
    const third = listener();
    void feed.watch(third.feed, third.signal);
    await clock.advance(0);
    expect(third.news()).toEqual(["one running", "synced"]);
  });
});
