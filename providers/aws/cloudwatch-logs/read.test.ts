import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FakeClock, fakeClock } from "../../../test/support/fake-clock.ts";
import { silentLog } from "../../../test/support/silent-log.ts";
import { type LogRecord, type LogRequest, ProviderError } from "../../../src/provider.ts";
import { createPoller } from "./poller.ts";
import { type LogsReader, readLogs } from "./read.ts";
import { memoryLogs } from "./testing.ts";

function open(pageSize?: number) {
  const clock = fakeClock();
  const logs = memoryLogs(clock, pageSize);
  return { clock, logs, reader: { client: logs, poller: createPoller(logs, clock, silentLog) } };
}

interface Reading {
  readonly lines: string[];
  readonly over: Promise<void>;
  isOver: boolean;
}

/** Reads in the background, as fast as it is given. */
function read(
  reader: LogsReader,
  stream: string,
  want: Partial<LogRequest>,
  endedFor: () => number | undefined = () => undefined,
  signal = new AbortController().signal,
): Reading {
  const lines: string[] = [];
  const request = { follow: false, tailLines: undefined, ...want };
  const run = async (): Promise<void> => {
    for await (const batch of readLogs(reader, stream, request, endedFor, signal)) lines.push(...batch.map(textOf));
  };
  const reading: Reading = { lines, isOver: false, over: run().finally(() => void (reading.isOver = true)) };
  reading.over.catch(() => undefined);
  return reading;
}
const textOf = ({ bytes }: LogRecord): string => bytes.toString();
const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => String(from + index));

describe("history", () => {
  test.for([
    [undefined, numbers(0, 25)],
    [0, []],
    [1, ["24"]],
    [4, numbers(21, 25)],
    [11, numbers(14, 25)],
    [25, numbers(0, 25)],
    [1_000, numbers(0, 25)],
  ] as const)("with tailLines %j has these lines, over pages of four", async ([tailLines, lines]) => {
    const { logs, reader } = open(4);
    for (const line of numbers(0, 25)) logs.write("web", line);
    const reading = read(reader, "web", { tailLines });
    await reading.over;
    expect(reading.lines).toEqual(lines);
  });

  test("carries the event's time and one kind of output", async () => {
    const { clock, logs, reader } = open();
    clock.setNow(Date.UTC(2026, 0, 2, 3, 4, 5, 678));
    logs.write("web", "hello\n");
    const want = { follow: false, tailLines: undefined };
    const records: LogRecord[] = [];
    for await (const batch of readLogs(reader, "web", want, () => undefined, new AbortController().signal))
      records.push(...batch);
    expect(records).toEqual([
      { time: "2026-01-02T03:04:05.678000000Z", stream: "stdout", bytes: Buffer.from("hello"), partial: false },
    ]);
  });

  test("of a stream that is not there is empty", async () => {
    const { reader } = open();
    await Promise.all([undefined, 5].map(async (tailLines) => read(reader, "web", { tailLines }).over));
  });
});

describe("a follower", () => {
  test("gets what was there and what comes, and ends some seconds after its container", async () => {
    const { clock, logs, reader } = open();
    const container: { endedFor?: number } = {};
    logs.write("web", "a");
    const reading = read(reader, "web", { follow: true }, () => container.endedFor);
    await clock.advance(2_000);
    logs.write("web", "b");
    await clock.advance(6_000);
    expect(reading.lines).toEqual(["a", "b"]);
    logs.write("web", "last words", 5_000);
    container.endedFor = 0;
    await clock.advanceUntil(() => reading.isOver, 60_000);
    expect(reading.lines).toEqual(["a", "b", "last words"]);
    await clock.advance(60_000);
    expect(clock.pending).toBe(0);
  });

  test("of a container that has long ended gets its history and ends at once, without a call more", async () => {
    const { logs, reader } = open();
    logs.write("web", "a");
    const reading = read(reader, "web", { follow: true }, () => 3_600_000);
    await reading.over;
    expect(reading.lines).toEqual(["a"]);
    expect(logs.calls.filter((call) => call.startsWith("filter"))).toEqual([]);
  });

  test("waits for a stream that is not there yet, and holds up nobody else", async () => {
    const { clock, logs, reader } = open();
    logs.create("side");
    const waiting = read(reader, "web", { follow: true });
    const side = read(reader, "side", { follow: true });
    await clock.advance(10_000);
    logs.write("side", "x");
    await clock.advance(6_000);
    expect(side.lines).toEqual(["x"]);
    expect(waiting.isOver).toBe(false);
    logs.write("web", "first");
    await clock.advance(40_000);
    expect(waiting.lines).toEqual(["first"]);
  });

  test("with a tail gets just that tail before what is new, whatever the overlap brings again", async () => {
    const { clock, logs, reader } = open(3);
    for (const line of numbers(0, 20)) logs.write("web", line);
    logs.create("other");
    const readings = [0, 2, 7].map((tailLines) => read(reader, "web", { follow: true, tailLines }));
    read(reader, "other", { follow: true });
    await clock.advance(2_000);
    logs.write("web", "20");
    await clock.advance(10_000);
    expect(readings.map(({ lines }) => lines)).toEqual([["20"], numbers(18, 21), numbers(13, 21)]);
  });

  test("gets equal lines of one millisecond as often as they were written", async () => {
    const { clock, logs, reader } = open();
    for (let n = 0; n < 3; n++) logs.write("web", "x");
    const reading = read(reader, "web", { follow: true });
    await clock.advance(3_000);
    for (let n = 0; n < 4; n++) logs.write("web", "x");
    await clock.advance(20_000);
    expect(reading.lines).toEqual(Array(7).fill("x"));
  });

  test("that comes while nobody writes need not wait for the end of the others' long pause", async () => {
    const { clock, logs, reader } = open();
    logs.create("quiet");
    logs.create("web");
    read(reader, "quiet", { follow: true });
    await clock.advance(30_000);
    while (!logs.calls.at(-1)?.startsWith("filter")) await clock.advanceToNext();
    await clock.advance(100);
    const reading = read(reader, "web", { follow: true });
    await clock.advance(0);
    logs.write("web", "x");
    await clock.advance(1_100);
    expect(reading.lines).toEqual(["x"]);
  });

  test("gets a line that equals one of its history in text and millisecond", async () => {
    const { clock, logs, reader } = open();
    logs.write("web", "x");
    const reading = read(reader, "web", { follow: true });
    await clock.advance(0);
    expect(reading.lines).toEqual(["x"]);
    logs.write("web", "x");
    await clock.advance(5_000);
    expect(reading.lines).toEqual(["x", "x"]);
  });

  test("that does not read is left behind, holds up nobody, and misses nothing when it reads on", async () => {
    const { clock, logs, reader } = open(10_000);
    logs.create("web");
    const signal = new AbortController().signal;
    const slow = readLogs(reader, "web", { follow: true, tailLines: undefined }, () => undefined, signal);
    const fast = read(reader, "web", { follow: true });
    const first = slow.next();
    await clock.advance(2_000);
    logs.write("web", "0");
    await clock.advance(6_000);
    const lines = ((await first).value as readonly LogRecord[]).map(textOf);
    for (const line of numbers(1, 12_001)) logs.write("web", line);
    await clock.advance(6_000);
    expect(fast.lines).toHaveLength(12_001);
    while (lines.length < 12_001) {
      lines.push(...((await slow.next()).value as readonly LogRecord[]).map(textOf));
    }
    expect(lines).toEqual(numbers(0, 12_001));
    const next = slow.next();
    logs.write("web", "more");
    await clock.advance(6_000);
    expect(((await next).value as readonly LogRecord[]).map(textOf)).toEqual(["more"]);
    await slow.return(undefined);
  });

  test("that is aborted leaves, and with the last one the loop ends", async () => {
    const { clock, logs, reader } = open();
    logs.create("web");
    const controller = new AbortController();
    const reading = read(reader, "web", { follow: true }, () => undefined, controller.signal);
    await clock.advance(3_000);
    controller.abort();
    await reading.over;
    await clock.advance(30_000);
    expect(clock.pending).toBe(0);
  });

  test("survives an outage of CloudWatch and loses nothing in it", async () => {
    const { clock, logs, reader } = open();
    logs.create("web");
    const reading = read(reader, "web", { follow: true });
    await clock.advance(1_000);
    for (let n = 0; n < 3; n++) logs.failures.push(new ProviderError("transient", "ServiceUnavailable", "away"));
    logs.write("web", "a");
    await clock.advance(60_000);
    expect(reading.lines).toEqual(["a"]);
  });

  test("is told why when nobody may read the logs any more", async () => {
    const { clock, logs, reader } = open();
    logs.create("web");
    const reading = read(reader, "web", { follow: true });
    await clock.advance(500);
    logs.failures.push(new ProviderError("denied", "AccessDeniedException", "not authorized"));
    await clock.advance(10_000);
    await expect(reading.over).rejects.toThrow("not authorized");
  });
});

test("a thousand followers cost ten calls a round, and less often when nobody writes", async () => {
  const { clock, logs, reader } = open();
  const readings = Array.from({ length: 1_000 }, (_, index) => {
    logs.create(`s${index}`);
    return read(reader, `s${index}`, { follow: true });
  });
  await clock.advance(30_000);
  logs.calls.length = 0;
  await clock.advance(60_000);
  expect(logs.calls.length).toBe((60 / 5) * 10);
  logs.write("s7", "x");
  await clock.advance(5_000);
  expect(readings.map(({ lines }) => lines.length).reduce((sum, count) => sum + count)).toBe(1);
});

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ write: fc.nat(2), lines: fc.integer({ min: 1, max: 12 }), delay: fc.nat(9_000) }),
  },
  { weight: 3, arbitrary: fc.record({ wait: fc.nat(12_000) }) },
  { weight: 2, arbitrary: fc.record({ follow: fc.nat(2), tail: fc.option(fc.nat(20), { nil: undefined }) }) },
);

const one = (delay: number) => ({ write: 0, lines: 1, delay });
const comes = { follow: 0, tail: undefined };

test("whatever is written, seen late and followed: each follower gets each line once and in order", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 40 }),
      fc.integer({ min: 2, max: 30 }),
      async (steps, page) => {
        const { clock, logs, reader } = open(page);
        const written: string[][] = [[], [], []];
        const readings: { stream: number; tail: number | undefined; reading: Reading }[] = [];
        for (const stream of [0, 1, 2]) logs.create(`s${stream}`);
        for (const one of steps) {
          if ("write" in one) {
            for (let n = 0; n < one.lines; n++) {
              // Equal texts now and then.
              const line = n % 3 === 0 ? "same" : `${written[one.write]?.length}`;
              written[one.write]?.push(line);
              logs.write(`s${one.write}`, line, one.delay);
            }
          } else if ("wait" in one) await clock.advance(one.wait);
          else {
            const reading = read(reader, `s${one.follow}`, { follow: true, tailLines: one.tail });
            readings.push({ stream: one.follow, tail: one.tail, reading });
            await clock.advance(0);
          }
        }
        await settle(clock);
        for (const { stream, tail, reading } of readings) {
          const all = written[stream] ?? [];
          if (tail === undefined) expect(reading.lines).toEqual(all);
          // What of the stream was visible when it came is not known here; it has no gap up to the end.
          else expect(reading.lines).toEqual(all.slice(all.length - reading.lines.length));
        }
      },
    ),
    {
      numRuns: 150,
      // A later follower, who has everything, once made an earlier one miss what it had not read yet.
      examples: [[[one(1), comes, { wait: 1_000 }, one(0), comes, { wait: 1 }, one(0), comes], 2]],
    },
  );
});

async function settle(clock: FakeClock): Promise<void> {
  await clock.advance(40_000);
}
