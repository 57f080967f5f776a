import {
  type CloudWatchLogsClient,
  CreateLogGroupCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  type FilterLogEventsCommandInput,
  GetLogEventsCommand,
  type GetLogEventsCommandInput,
} from "@aws-sdk/client-cloudwatch-logs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openWorld, type World } from "../testing.ts";
import { eventPage } from "./events.ts";

const awslogs = (change: Readonly<Record<string, string>> = {}) => ({
  logDriver: "awslogs" as const,
  options: { "awslogs-group": "/burstlet", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "bl", ...change },
});
const withLogs = (change?: Readonly<Record<string, string>>) => {
  return { containerDefinitions: [{ name: "app", image: "scripted", logConfiguration: awslogs(change) }] };
};
const streamOf = (arn: string): string => `bl/app/${arn.split("/").at(-1)}`;

/** A running task that has written so many lines besides the timetable's own. */
async function writer(world: World, lines: number): Promise<string> {
  const arn = await world.run(withLogs());
  await world.reaches(arn, "RUNNING");
  world.aws.clock.advance(1);
  world.aws.print(
    arn,
    "app",
    Array.from({ length: lines }, (_, index) => `line ${index}`),
  );
  return streamOf(arn);
}

async function get(logs: CloudWatchLogsClient, logStreamName: string, change: Partial<GetLogEventsCommandInput> = {}) {
  const { events = [], ...tokens } = await logs.send(
    new GetLogEventsCommand({ logGroupName: "/burstlet", logStreamName, ...change }),
  );
  return { messages: events.map(({ message }) => message), ...tokens };
}

describe("what a container writes", () => {
  test("is in the stream of its prefix, name and task", async () => {
    await using world = await openWorld();
    const stream = await writer(world, 1);
    const { messages } = await get(world.logs, stream, { startFromHead: true });
    expect(messages).toEqual(["run 0 of container app follows its timetable", "line 0"]);
  });

  test("is seen only after the delay of the scenario", async () => {
    await using world = await openWorld({ times: { logs: 60 } });
    const stream = await writer(world, 1);
    expect((await get(world.logs, stream)).messages).toEqual([]);
    world.aws.clock.advance(61_000);
    expect((await get(world.logs, stream)).messages).toHaveLength(2);
  });

  test("without its log group it does not start, unless it may make the group", async () => {
    await using world = await openWorld({ logGroups: [] });
    const task = await world.reaches(await world.run(withLogs()), "STOPPED");
    expect(task).toMatchObject({ stopCode: "TaskFailedToStart" });
    expect(task.stoppedReason).toMatch(/^ResourceInitializationError: .*log group does not exist/);
    await world.reaches(await world.run(withLogs({ "awslogs-create-group": "true" })), "RUNNING");
  });
});

describe("GetLogEvents", () => {
  test("forward, page by page, has every event once, and at the end the same token again", async () => {
    await using world = await openWorld();
    const stream = await writer(world, 24);
    const seen: (string | undefined)[] = [];
    let nextToken: string | undefined;
    for (;;) {
      const page = await get(world.logs, stream, { startFromHead: true, limit: 10, nextToken });
      seen.push(...page.messages);
      if (page.nextForwardToken === nextToken) break;
      nextToken = page.nextForwardToken;
    }
    expect(seen.slice(1)).toEqual(Array.from({ length: 24 }, (_, index) => `line ${index}`));
    world.aws.print(stream.split("/").at(-1) ?? "", "app", ["late"]);
    expect((await get(world.logs, stream, { nextToken })).messages).toEqual(["late"]);
  });

  test("without a direction has the newest, and goes back by its token", async () => {
    await using world = await openWorld();
    const stream = await writer(world, 5);
    const last = await get(world.logs, stream, { limit: 2 });
    expect(last.messages).toEqual(["line 3", "line 4"]);
    const before = await get(world.logs, stream, { limit: 2, nextToken: last.nextBackwardToken });
    expect(before.messages).toEqual(["line 1", "line 2"]);
    expect((await get(world.logs, stream, { nextToken: last.nextForwardToken })).messages).toEqual([]);
  });

  test.for([
    ["a group", { logGroupName: "/nobody" }, "ResourceNotFoundException", "log group does not exist"],
    ["a stream", { logStreamName: "nobody" }, "ResourceNotFoundException", "log stream does not exist"],
    ["a token", { nextToken: "x" }, "InvalidParameterException", "nextToken is invalid"],
    ["a limit", { limit: 10_001 }, "InvalidParameterException", "10000"],
  ] as const)("refuses %s that is wrong", async ([, change, name, words]) => {
    await using world = await openWorld();
    const stream = await writer(world, 1);
    await expect(get(world.logs, stream, change)).rejects.toThrow(
      expect.objectContaining({ name, message: expect.stringContaining(words) as string }),
    );
  });

  test("however pages are cut and times are chosen, both directions have the same events", () => {
    const stream = fc
      .array(fc.nat(50), { maxLength: 60 })
      .map((times) =>
        times
          .toSorted((a, b) => a - b)
          .map((timestamp, index) => ({ timestamp, message: `${index}`, ingestionTime: 0 })),
      );
    fc.assert(
      fc.property(
        stream,
        fc.integer({ min: 1, max: 9 }),
        fc.nat(50),
        fc.nat(60),
        (events, limit, startTime, endTime) => {
          const wish = { limit, startTime, endTime };
          const forward: string[] = [];
          let token: string | undefined;
          for (let round = 0; round < 200; round++) {
            const page = eventPage(events, { ...wish, startFromHead: true, nextToken: token });
            forward.push(...page.events.map(({ message }) => message));
            if (page.nextForwardToken === token) break;
            token = page.nextForwardToken;
          }
          const backward: string[] = [];
          token = undefined;
          for (let round = 0; round < 200; round++) {
            const page = eventPage(events, { ...wish, startFromHead: false, nextToken: token });
            backward.unshift(...page.events.map(({ message }) => message));
            if (page.nextBackwardToken === token) break;
            token = page.nextBackwardToken;
          }
          const expected = events.filter(({ timestamp }) => timestamp >= startTime && timestamp < endTime);
          expect(forward).toEqual(expected.map(({ message }) => message));
          expect(backward).toEqual(forward);
        },
      ),
    );
  });

  test("a page has at most a megabyte", () => {
    const events = Array.from({ length: 10 }, () => {
      return { timestamp: 1, message: "x".repeat(200_000), ingestionTime: 0 };
    });
    expect(eventPage(events, { limit: 10_000, startFromHead: true }).events).toHaveLength(5);
  });
});

describe("FilterLogEvents", () => {
  const filter = async (world: World, change: Partial<FilterLogEventsCommandInput>) => {
    const { events = [], nextToken } = await world.logs.send(
      new FilterLogEventsCommand({ logGroupName: "/burstlet", ...change }),
    );
    return { events, nextToken };
  };

  test("tells of several streams at once, each event with its stream and an id of its own", async () => {
    await using world = await openWorld();
    const streams = [await writer(world, 2), await writer(world, 2)];
    const { events, nextToken } = await filter(world, { logStreamNames: streams });
    expect(new Set(events.map(({ logStreamName }) => logStreamName))).toEqual(new Set(streams));
    expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(6);
    expect(nextToken).toBeUndefined();
  });

  test("goes on by its token while there is more, and then has none", async () => {
    await using world = await openWorld();
    const stream = await writer(world, 3);
    const first = await filter(world, { logStreamNames: [stream], limit: 3 });
    const second = await filter(world, { logStreamNames: [stream], limit: 3, nextToken: first.nextToken });
    expect([first.events.length, second.events.length, second.nextToken]).toEqual([3, 1, undefined]);
  });

  test("startTime counts and endTime does not", async () => {
    await using world = await openWorld();
    const stream = await writer(world, 0);
    const [event] = (await filter(world, { logStreamNames: [stream] })).events;
    const at = event?.timestamp ?? 0;
    expect((await filter(world, { logStreamNames: [stream], startTime: at })).events).toHaveLength(1);
    expect((await filter(world, { logStreamNames: [stream], endTime: at })).events).toHaveLength(0);
  });

  test("refuses names together with a prefix", async () => {
    await using world = await openWorld();
    const both = filter(world, { logStreamNames: ["a"], logStreamNamePrefix: "b" });
    await expect(both).rejects.toThrow(expect.objectContaining({ name: "InvalidParameterException" }));
  });
});

test("log groups are made once and listed in order; streams too", async () => {
  await using world = await openWorld();
  await world.logs.send(new CreateLogGroupCommand({ logGroupName: "/a" }));
  const again = world.logs.send(new CreateLogGroupCommand({ logGroupName: "/a" }));
  await expect(again).rejects.toThrow(expect.objectContaining({ name: "ResourceAlreadyExistsException" }));
  const { logGroups = [] } = await world.logs.send(new DescribeLogGroupsCommand({}));
  expect(logGroups.map(({ logGroupName }) => logGroupName)).toEqual(["/a", "/burstlet"]);
  const stream = await writer(world, 1);
  const { logStreams = [] } = await world.logs.send(
    new DescribeLogStreamsCommand({ logGroupName: "/burstlet", logStreamNamePrefix: "bl/app/" }),
  );
  expect(logStreams).toEqual([
    expect.objectContaining({ logStreamName: stream, lastEventTimestamp: expect.any(Number) as number }),
  ]);
});
