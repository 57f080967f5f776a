import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { afterEach, describe, expect, test } from "vitest";
import { fakeClock } from "../../test/support/fake-clock.ts";
import { silentLog } from "../../test/support/silent-log.ts";
import { createLimiter } from "../../src/limits/limiter.ts";
import type { ContainerRef, LogRecord, TaskState } from "../../src/provider.ts";
import { createLogsClient } from "../aws/cloudwatch-logs/client.ts";
import { createPoller } from "../aws/cloudwatch-logs/poller.ts";
import { createSession } from "../aws/session.ts";
import { endOf, streamOf, taskLogs } from "./logs.ts";
import { createTasks } from "./tasks/known-tasks.ts";
import { closeAll, credentials, type FakeAws, opened, startFakeAws } from "./testing.ts";

afterEach(closeAll);

const arn = "arn:aws:ecs:eu-central-1:123456789012:task/burstlet/0123456789abcdef";
const identity = { clusterUid: "c", podUid: "p", attempt: 1 };

async function open(found: TaskState | undefined, on: FakeAws["on"] = {}, discarded = false) {
  const clock = fakeClock();
  const aws = await startFakeAws(on);
  const session = createSession({ region: "eu-central-1", endpoint: aws.url });
  opened.push(session, aws);
  const limiter = createLimiter(clock, { rate: 100, burst: 100 });
  const sdk = new CloudWatchLogsClient({ ...session.clientConfig, credentials });
  const client = createLogsClient(sdk, "/burstlet", { getLogEvents: limiter, filterLogEvents: limiter });
  const tasks = createTasks();
  if (found !== undefined) tasks.put(found, 0, 0, false);
  if (discarded) tasks.discard(arn);
  let lists = 0;
  const options = {
    reader: { client, poller: createPoller(client, clock, silentLog) },
    tasks,
    feed: { list: async () => ((lists += 1), []) },
    clock,
  };
  const never = new AbortController().signal;
  const read = async (source: Partial<ContainerRef>, follow = false, signal = never): Promise<string[]> => {
    const records: LogRecord[] = [];
    const ref = { task: { identity }, container: "web", instance: 0, ...source };
    for await (const batch of taskLogs(options, ref, { follow, tailLines: undefined }, signal)) records.push(...batch);
    return records.map(({ bytes }) => bytes.toString());
  };
  return { aws, clock, read, lists: () => lists };
}

const hello = ({ nextToken }: { nextToken?: string }) => ({
  events: nextToken === undefined ? [{ timestamp: 1, message: "hello" }] : [],
  nextForwardToken: "end",
});
const ended = {
  id: arn,
  identity,
  phase: "stopped",
  containers: [{ name: "web", state: { is: "terminated" } }],
} as unknown as TaskState;

describe("logs of a task", () => {
  test("are read from the stream that ECS names by prefix, container and task", async () => {
    const { aws, read } = await open(ended, { GetLogEvents: hello });
    await expect(read({})).resolves.toEqual(["hello"]);
    expect(aws.calls[0]?.input).toMatchObject({
      logGroupName: "/burstlet",
      logStreamName: "bl/web/0123456789abcdef",
      startFromHead: true,
    });
  });

  test("are read after ECS has forgotten the task, where its ARN is known, and following ends at once", async () => {
    const { read } = await open(undefined, { GetLogEvents: hello });
    await expect(read({ task: { identity, id: arn } }, true)).resolves.toEqual(["hello"]);
  });

  test("of the attempt before are read by its identity, although its task was discarded", async () => {
    const { read } = await open(ended, { GetLogEvents: hello }, true);
    await expect(read({ task: { identity } })).resolves.toEqual(["hello"]);
    await expect(read({ task: { identity: { ...identity, attempt: 2 } } })).rejects.toMatchObject({ kind: "notFound" });
  });

  test("of a forgotten task without ARN are not to be found, after a look at ECS", async () => {
    const { read, lists } = await open(undefined);
    await expect(read({})).rejects.toMatchObject({ kind: "notFound", reason: "TaskForgotten" });
    expect(lists()).toBe(1);
  });

  test("of a run that never was are empty, without a call", async () => {
    const { aws, read } = await open(ended);
    await expect(read({ instance: 1 })).resolves.toEqual([]);
    expect(aws.calls).toEqual([]);
  });

  test("end without an error for a reader that leaves in the middle of a call", async () => {
    const leaving = new AbortController();
    const { read } = await open(ended, {
      GetLogEvents() {
        leaving.abort();
        return new Promise(() => undefined);
      },
    });
    await expect(read({}, true, leaving.signal)).resolves.toEqual([]);
  });

  test("of a container that wrote nothing are empty", async () => {
    const missing = { error: "ResourceNotFoundException", message: "The specified log stream does not exist." };
    const { read } = await open(ended, { GetLogEvents: () => missing });
    await expect(read({})).resolves.toEqual([]);
  });

  test("in a log group that does not exist say so: that is the node's set-up", async () => {
    const missing = { error: "ResourceNotFoundException", message: "The specified log group does not exist." };
    const { read } = await open(ended, { GetLogEvents: () => missing });
    await expect(read({})).rejects.toMatchObject({ kind: "denied", reason: "LogGroupMissing" });
  });
});

test("the id of a task is the last part of its ARN, long or short", () => {
  expect(streamOf(arn, "web")).toBe("bl/web/0123456789abcdef");
  expect(streamOf("arn:aws:ecs:eu-central-1:123456789012:task/0123", "side-car")).toBe("bl/side-car/0123");
});

test.for([
  ["running", { phase: "running", containers: [{ name: "web", state: { is: "running" } }] }, undefined],
  [
    "just ended",
    { phase: "stopping", containers: [{ name: "web", state: { is: "terminated", finishedAt: 900 } }] },
    100,
  ],
  ["ended at an unknown time", { phase: "stopped", containers: [{ name: "web", state: { is: "terminated" } }] }, 0],
  [
    "ended by a clock ahead of ours",
    { phase: "stopped", containers: [{ name: "web", state: { is: "terminated", finishedAt: 5_000 } }] },
    0,
  ],
  ["never run in a stopped task", { phase: "stopped", containers: [{ name: "web", state: { is: "waiting" } }] }, 0],
  ["of a forgotten task", undefined, Infinity],
] as const)("a container that is %s has ended for as long as that says", ([, state, ms]) => {
  expect(endOf(state as unknown as TaskState | undefined, "web", 1_000)).toBe(ms);
});
