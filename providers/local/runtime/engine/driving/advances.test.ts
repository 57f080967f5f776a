import { expect, test } from "vitest";
import { fakeClock } from "../../../../../test/support/fake-clock.ts";
import { type Advances, createAdvances } from "./advances.ts";
import { createTasks, type Task } from "../tasks.ts";

/** One task; `advance` is its work, called with how often it has been called. */
function world(advance: (nth: number, advances: Advances, task: Task) => number | undefined) {
  const clock = fakeClock();
  const tasks = createTasks(clock, undefined);
  const task = tasks.get({ clusterUid: "c", podUid: "p", attempt: 1 });
  const closing = new AbortController();
  let calls = 0;
  const advances: Advances = createAdvances(
    { tasks, clock, advance: async (one) => advance((calls += 1), advances, one) },
    closing.signal,
  );
  return { clock, task, advances, closing, calls: () => calls };
}

/** As a try does that fails: it waits for so long. */
function failed(task: Task, now: number, pause: number): number {
  task.retryAt = now + pause;
  return pause;
}

test("a try that fails is not made again before its pause is over, though it made the engine tell news meanwhile", async () => {
  const { clock, task, advances, calls } = world((nth, { nudge }, one) => {
    if (nth > 1) return undefined;
    nudge(one);
    return failed(one, clock.monotonic(), 1_000);
  });
  advances.kick(task);
  await advances.idle();
  advances.nudge(task);
  await clock.advance(999);
  expect(calls()).toBe(1);
  await clock.advance(1);
  await advances.idle();
  expect(calls()).toBe(2);
});

test("who asks has not to wait for a pause, also where news came first", async () => {
  const { clock, task, advances, calls } = world((nth, { kick, nudge }, one) => {
    if (nth > 1) return undefined;
    nudge(one);
    kick(one);
    return failed(one, clock.monotonic(), 1_000);
  });
  advances.kick(task);
  await advances.idle();
  expect(calls()).toBe(2);
});

test("a task is in the queue once, whoever asks and however often, and not at all after the end", async () => {
  const { task, advances, closing, calls } = world(() => undefined);
  for (const ask of [advances.nudge, advances.kick, advances.kick, advances.nudge]) ask(task);
  await advances.idle();
  expect(calls()).toBe(1);
  closing.abort();
  advances.kick(task);
  await advances.idle();
  expect(calls()).toBe(1);
});
