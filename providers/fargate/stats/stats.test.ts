import type { TaskDefinition } from "@aws-sdk/client-ecs";
import { describe, expect, test } from "vitest";
import { fakeClock } from "../../../test/support/fake-clock.ts";
import { rfc3339Nano, ProviderError, type TaskState } from "../../../src/provider.ts";
import { memoryLogs } from "../../aws/cloudwatch-logs/testing.ts";
import { createTasks } from "../tasks/known-tasks.ts";
import { identity, pictureOf } from "../tasks/testing.ts";
import { statsName } from "./helper.ts";
import { createStats } from "./stats.ts";
import { statistics } from "./testing.ts";

const withHelper: TaskDefinition = { containerDefinitions: [{ name: "main" }, { name: statsName }] };
const streamOf = (n: number): string => `bl/${statsName}/${n}`;

function open(intervalSeconds = 30) {
  const clock = fakeClock();
  const logs = memoryLogs(clock);
  const tasks = createTasks();
  const stats = createStats({ client: logs, tasks, clock, intervalSeconds });
  /** Task `n` with one container, as ECS shows it now. */
  const show = (n: number, change: Partial<TaskState> = {}, definition = withHelper): void => {
    const seen = pictureOf({ main: { lastStatus: "RUNNING", runtimeId: `${n}-1` } });
    if (seen === undefined) throw new Error("no picture");
    const state = { ...seen, id: `arn/${n}`, identity: { ...identity, podUid: `pod-${n}` }, ...change };
    stats.seen(definition, state);
    tasks.put(state, clock.monotonic(), clock.now(), true);
  };
  /** The helper of task `n` writes what it reads now. */
  const write = (n: number, cpuSeconds = 1): void => {
    const used = statistics({ read: rfc3339Nano(clock.now()), cpuNanoseconds: cpuSeconds * 1e9 });
    logs.write(streamOf(n), JSON.stringify({ [`${n}-1`]: used }));
  };
  const told = async (): Promise<string[]> =>
    (await stats.stats()).map(({ identity: { podUid }, containers }) => `${podUid} ${containers[0]?.cpuSeconds}`);
  return { clock, logs, stats, show, write, told };
}

describe("usage of tasks", () => {
  test("is the newest reading of each, over all of them by one call for a hundred", async () => {
    const { logs, show, write, told } = open();
    const all = Array.from({ length: 150 }, (_, n) => n);
    for (const n of all) show(n);
    for (const n of all) write(n, 1);
    for (const n of all) write(n, 2);
    expect(await told()).toEqual(all.map((n) => `pod-${n} 2`));
    expect(logs.calls).toHaveLength(2);
  });

  test("is absent of a task without the helper, of one that has ended, and of one that is not read yet; nobody asks for these", async () => {
    const { logs, show, write, told } = open();
    show(1);
    show(2, {}, { containerDefinitions: [{ name: "main" }] });
    show(3);
    show(3, { phase: "stopped", version: 10_000 });
    show(4, { phase: "starting" });
    for (const n of [1, 2, 3, 4]) write(n);
    expect(await told()).toEqual(["pod-1 1"]);
    expect(logs.calls).toEqual([`filter ${streamOf(1)}`]);
  });

  test("is asked for by one call at a time, and not again before there can be news of a third of the tasks", async () => {
    const { clock, logs, show, write, told } = open(30);
    show(1);
    write(1);
    await Promise.all([told(), told()]);
    await clock.advance(9_999);
    await told();
    expect(logs.calls).toHaveLength(1);
    write(1, 3);
    await clock.advance(1);
    expect(await told()).toEqual(["pod-1 3"]);
    expect(logs.calls).toHaveLength(2);
  });

  test("is gone when its reading is older than two intervals and the time between Fargate's own", async () => {
    const { clock, show, write, told } = open(30);
    show(1);
    write(1);
    await clock.advance(70_000);
    expect(await told()).toEqual(["pod-1 1"]);
    await clock.advance(1);
    expect(await told()).toEqual([]);
  });

  test("of the others is told where the log of one is not there; once it is, that one is told with the others", async () => {
    const { clock, logs, show, write, told } = open(30);
    for (const n of [1, 2, 3]) show(n);
    for (const n of [1, 3]) write(n);
    expect(await told()).toEqual(["pod-1 1", "pod-3 1"]);
    await clock.advance(10_000);
    write(2);
    expect(await told()).toEqual(["pod-1 1", "pod-2 1", "pod-3 1"]);
    await clock.advance(10_000);
    const before = logs.calls.length;
    await told();
    expect(logs.calls.slice(before)).toEqual([`filter ${[1, 2, 3].map(streamOf).join()}`]);
  });

  test("skips a line that is no reading", async () => {
    const { logs, show, write, told } = open();
    show(1);
    write(1);
    logs.write(streamOf(1), "wget: can't connect");
    expect(await told()).toEqual(["pod-1 1"]);
  });

  test("rejects while CloudWatch does not answer, and is asked for again by the next", async () => {
    const { logs, show, write, told } = open();
    show(1);
    write(1);
    logs.failures.push(new ProviderError("throttled", "ThrottlingException", "Rate exceeded"));
    await expect(told()).rejects.toMatchObject({ kind: "throttled" });
    expect(await told()).toEqual(["pod-1 1"]);
  });
});
