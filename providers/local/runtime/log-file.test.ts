import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LogRecord, LogRequest } from "../../../src/provider.ts";
import { systemClock } from "../../../src/telemetry/clock.ts";
import { formatRecord, lineSplitter, maxRecordBytes, parseRecord, risingTimes } from "./log-line.ts";
import { readLog } from "./log-reader.ts";
import { openLogWriter, removeLog, rotatedName, type LogWriter } from "./log-writer.ts";

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "burstlet-log-"));
  path = join(directory, "0.log");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const never = new AbortController().signal;
const open = (now: () => number, limits?: { maxBytes: number; maxFiles: number }): LogWriter => {
  const trouble = (error: Error): never => {
    throw error;
  };
  return openLogWriter(path, { now, trouble, ...(limits === undefined ? {} : { limits }) });
};
const write = (chunks: readonly (string | Buffer)[], limits?: { maxBytes: number; maxFiles: number }): void => {
  const log = open(() => 0, limits);
  for (const chunk of chunks) log.write("stdout", Buffer.from(chunk));
  log.end();
};
const read = async (want: Partial<LogRequest> = {}, ended = (): boolean => true): Promise<LogRecord[]> => {
  const records: LogRecord[] = [];
  const source = { path, ended, clock: systemClock };
  for await (const batch of readLog(source, { follow: false, tailLines: undefined, ...want }, never))
    records.push(...batch);
  return records;
};
const text = (records: readonly LogRecord[]): string =>
  records.map(({ bytes, partial }) => `${bytes.toString()}${partial ? "" : "\n"}`).join("");

describe("a log on disk", () => {
  it("is the CRI text format with nine fraction digits", () => {
    write(["one\ntwo"]);
    expect(readFileSync(path, "utf8")).toBe(
      "1970-01-01T00:00:00.000000000Z stdout F one\n1970-01-01T00:00:00.000000001Z stdout F two\n",
    );
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("gives back any output in any pieces, and its last lines", async () => {
    const line = fc.oneof(fc.string({ maxLength: 20 }), fc.constant("x".repeat(maxRecordBytes + 5)));
    const lines = fc.array(
      line.map((value) => value.replaceAll("\n", " ")),
      { minLength: 1, maxLength: 30 },
    );
    await fc.assert(
      fc.asyncProperty(
        lines,
        fc.array(fc.nat(40_000)),
        fc.nat(35),
        fc.integer({ min: 200, max: 60_000 }),
        async (all, cuts, tail, maxBytes) => {
          removeLog(path);
          const data = Buffer.from(`${all.join("\n")}\n`);
          const places = [0, ...cuts.map((cut) => cut % data.length).toSorted((a, b) => a - b), data.length];
          // Five files hold everything, so nothing is rotated away here.
          write(
            places.slice(1).map((to, n) => data.subarray(places[n], to)),
            { maxBytes: Math.max(maxBytes, data.length), maxFiles: 5 },
          );
          const whole = await read();
          expect(text(whole)).toBe(data.toString());
          expect(whole.every(({ bytes }) => bytes.length <= maxRecordBytes)).toBe(true);
          expect(text(await read({ tailLines: tail }))).toBe(tail === 0 ? "" : `${all.slice(-tail).join("\n")}\n`);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("keeps so many files of so many bytes, and reads and tails over all of them", async () => {
    const lines = Array.from({ length: 100 }, (_, n) => `line ${n}`);
    write(
      lines.map((line) => `${line}\n`),
      { maxBytes: 500, maxFiles: 5 },
    );
    expect(readdirSync(directory).toSorted()).toEqual(["0.log", "0.log.1", "0.log.2", "0.log.3", "0.log.4"]);
    for (let n = 0; n < 5; n += 1) expect(statSync(rotatedName(path, n)).size).toBeLessThanOrEqual(500);
    const kept = text(await read())
      .trimEnd()
      .split("\n");
    expect(kept.length).toBeGreaterThan(30);
    expect(kept).toEqual(lines.slice(-kept.length));
    expect(text(await read({ tailLines: 25 }))).toBe(`${lines.slice(-25).join("\n")}\n`);
    removeLog(path);
    expect(readdirSync(directory)).toEqual([]);
  });

  it("is followed over rotations until its writer has ended", async () => {
    const log = open(systemClock.now, { maxBytes: 2000, maxFiles: 5 });
    let ended = false;
    const following = read({ follow: true }, () => ended);
    const lines = Array.from({ length: 120 }, (_, n) => `line ${n}`);
    for (const line of lines) {
      log.write("stdout", Buffer.from(`${line}\n`));
      await systemClock.sleep(1);
    }
    log.write("stderr", Buffer.from("torn"));
    log.end();
    ended = true;
    const records = await following;
    expect(text(records)).toBe(`${lines.join("\n")}\ntorn\n`);
    expect(records.at(-1)?.stream).toBe("stderr");
    const times = records.map(({ time }) => time);
    expect(times).toEqual(times.toSorted());
    expect(new Set(times).size).toBe(times.length);
  });

  it("follows from the last lines on, and ends when its reader gives up", async () => {
    write(["1\n2\n3\n"]);
    const stop = new AbortController();
    const source = { path, ended: () => false, clock: systemClock };
    const seen: string[] = [];
    for await (const batch of readLog(source, { follow: true, tailLines: 1 }, stop.signal)) {
      seen.push(text(batch));
      stop.abort();
    }
    expect(seen).toEqual(["3\n"]);
  });

  it("passes over a record that a crash cut in two", async () => {
    write(["one\n"]);
    const log = open(() => 0);
    log.write("stdout", Buffer.from("two\n"));
    log.end();
    appendFileSync(path, "1970-01-01T00:00:00.0000");
    expect(text(await read())).toBe("one\ntwo\n");
    expect(text(await read({ tailLines: 1 }))).toBe("two\n");
  });

  it("tells of output that the disk does not take, and goes on", () => {
    const troubles: string[] = [];
    const log = openLogWriter("/dev/full", { now: () => 0, trouble: ({ message }) => troubles.push(message) });
    log.write("stdout", Buffer.from("lost\n"));
    log.write("stdout", Buffer.from("lost too\n"));
    log.end();
    expect(troubles).toHaveLength(2);
    expect(troubles[0]).toContain("ENOSPC");
  });

  it("tells the last lines of a large log from its end, without reading it whole", async () => {
    // A hole of 1 TiB: nobody reads through that while a test waits.
    writeFileSync(path, "");
    truncateSync(path, 2 ** 40);
    appendFileSync(path, "\n");
    const log = open(() => 0, { maxBytes: 2 ** 50, maxFiles: 5 });
    for (let n = 0; n < 10_000; n += 1) log.write("stdout", Buffer.from(`line ${n}\n`));
    log.end();
    expect(text(await read({ tailLines: 2 }))).toBe("line 9998\nline 9999\n");
    expect(await read({ tailLines: 9000 })).toHaveLength(9000);
  });
});

describe("a record", () => {
  it.for(["", "no stream", "2026-01-01T00:00:00Z stdin F x", "2026-01-01T00:00:00Z stdout"])(
    "is not made of %j",
    (line) => {
      expect(parseRecord(Buffer.from(line))).toBeUndefined();
    },
  );

  it("comes back as it was written, bytes that are no text included", () => {
    const bytes = Buffer.from([0, 0xff, 0x20, 0x41]);
    const record = { time: "2026-01-01T00:00:00.000000001Z", stream: "stderr", partial: true, bytes } as const;
    expect(parseRecord(formatRecord(record).subarray(0, -1))).toEqual(record);
  });
});

it("a splitter cuts long lines into partial records and keeps what has no end", () => {
  const splitter = lineSplitter();
  const pieces = splitter.push(Buffer.from(`${"x".repeat(maxRecordBytes + 1)}\nrest`));
  expect(pieces.map(({ bytes, partial }) => [bytes.length, partial])).toEqual([
    [maxRecordBytes, true],
    [1, false],
  ]);
  expect(splitter.end().map(({ bytes }) => bytes.toString())).toEqual(["rest"]);
  expect(splitter.end()).toEqual([]);
});

it("times rise strictly, also when the clock stands still or goes back", () => {
  let now = 1000;
  const time = risingTimes(() => now);
  const first = [time(), time()];
  now = 500;
  const later = [time()];
  now = 1001;
  expect([...first, ...later, time()].map((value) => value.slice(17))).toEqual([
    "01.000000000Z",
    "01.000000001Z",
    "01.000000002Z",
    "01.001000000Z",
  ]);
});
