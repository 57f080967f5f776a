import { describe, expect, test } from "vitest";
import { fakeClock } from "../../../test/support/fake-clock.ts";
import { silentLog as log } from "../../../test/support/silent-log.ts";
import { createFeed } from "./feed.ts";
import { createTasks } from "./known-tasks.ts";
import { observe } from "./observe.ts";
import { createStop } from "./stop.ts";
import { fakeEcs, identity, observer, taskDefinition, taskOf } from "./testing.ts";

function world() {
  const ecs = fakeEcs();
  const clock = fakeClock();
  const tasks = createTasks();
  const { client } = ecs;
  const feed = createFeed({
    client,
    tasks,
    observe: (task, definition) => observe(task, definition, observer),
    clock,
    log,
  });
  const stop = createStop({ client, tasks, feed, clock });
  const put = (...args: Parameters<typeof taskOf>): string => {
    const task = taskOf(...args);
    ecs.tasks.set(task.taskArn ?? "", task);
    return task.taskArn ?? "";
  };
  const stops = () => ecs.calls.filter((call) => call.startsWith("StopTask"));
  return { ecs, clock, tasks, feed, stop, put, stops };
}

const task = { identity: { ...identity, podUid: "one", attempt: 1 } };
const end = { discard: false };

describe("stopping a task", () => {
  test("finds it by its identity, after a restart too, and stops it in burstlet's name", async () => {
    const { stop, put, stops } = world();
    const arn = put("one");
    expect(await stop(task, end)).toBe("stopping");
    expect(stops()).toEqual([`StopTask ${arn} burstlet: the pod ends`]);
  });

  test("is gone when ECS has no such task", async () => {
    const { stop, put, stops } = world();
    put("another");
    expect(await stop(task, end)).toBe("gone");
    expect(stops()).toEqual([]);
  });

  test("is not asked of ECS again for half a minute, because that changes nothing", async () => {
    const { stop, put, stops, clock } = world();
    put("one");
    await stop(task, end);
    await clock.advance(29_000);
    expect(await stop(task, end)).toBe("stopping");
    expect(stops()).toHaveLength(1);
    await clock.advance(2_000);
    await stop(task, end);
    expect(stops()).toHaveLength(2);
  });

  test("asks nothing of ECS for one that ECS ends already: its reason stays ECS's", async () => {
    const { stop, put, stops } = world();
    put("one", {}, { desiredStatus: "STOPPED", stopCode: "SpotInterruption" });
    expect(await stop(task, end)).toBe("stopping");
    expect(stops()).toEqual([]);
  });

  test("leaves the final states to be read, and forgets the task for good when it is discarded", async () => {
    const { stop, put, feed, stops, clock } = world();
    const heard: string[] = [];
    void feed.watch(
      { task: () => {}, gone: ({ podUid }) => heard.push(podUid), synced: () => {}, health: () => {} },
      new AbortController().signal,
    );
    await clock.advance(0);
    put("one", { lastStatus: "STOPPED", exitCode: 0 }, { lastStatus: "STOPPED", desiredStatus: "STOPPED" });
    expect(await stop(task, end)).toBe("stopped");
    expect(await feed.list()).toHaveLength(1);
    expect(await stop(task, { discard: true })).toBe("gone");
    expect(heard).toEqual(["one"]);
    expect(await feed.list()).toEqual([]);
    expect(stops()).toEqual([]);
  });

  test("goes on with a task that ECS has launched and does not know yet, so that it cannot leak", async () => {
    const { stop, ecs, feed, put, clock } = world();
    const arn = put("one");
    const launched = ecs.tasks.get(arn);
    if (launched !== undefined) feed.launched(launched, taskDefinition);
    ecs.hidden.add(arn);
    expect(await stop(task, end)).toBe("stopping");
    ecs.hidden.delete(arn);
    await clock.advance(5_000);
    expect(await stop(task, end)).toBe("stopping");
    expect(ecs.calls.filter((call) => call.startsWith("StopTask"))).toHaveLength(2);
    ecs.tasks.delete(arn);
    await clock.advance(61_000);
    expect(await stop(task, end)).toBe("gone");
  });
});
