import { Duplex } from "node:stream";

import { describe, expect, it } from "vitest";

import { encodePing } from "./frame.ts";
import { frameReader } from "./frame-reader.ts";
import { defaultLimits, type SpdyLimits } from "./limits.ts";
import { frameWriter } from "./writer.ts";

/** A connection that takes bytes only when told: `release` finishes what was written so far. */
function slowConnection(limits: Partial<SpdyLimits> = {}) {
  const written: Buffer[] = [];
  let waiting: (() => void) | undefined;
  const connection = new Duplex({
    writableHighWaterMark: 65_536,
    read() {},
    writev(items: { chunk: Buffer }[], callback) {
      written.push(...items.map(({ chunk }) => chunk));
      waiting = callback;
    },
  });
  const events: string[] = [];
  const writer = frameWriter(
    connection,
    { ...defaultLimits, ...limits },
    {
      written() {},
      flood: () => void events.push("flood"),
    },
  );
  const release = async (): Promise<void> => {
    const callback = waiting;
    waiting = undefined;
    callback?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  const frames = () => [...frameReader(65_536)(Buffer.concat(written))];
  return { connection, writer, release, frames, written, events };
}

describe("frameWriter", () => {
  it("writes data in frames of at most 32 KiB, as views of what it was given", () => {
    const { writer, frames, written } = slowConnection();
    const bytes = Buffer.alloc(60_000, 7);
    let done = false;
    writer.data(1, [bytes], () => (done = true));
    expect(frames().map((frame) => frame.kind === "data" && [frame.id, frame.bytes.length])).toEqual([
      [1, 32_768],
      [1, 27_232],
    ]);
    expect(done).toBe(true);
    expect(written.filter(({ buffer }) => buffer === bytes.buffer)).toHaveLength(2);
  });

  it("joins small chunks in one frame", () => {
    const { writer, frames, written } = slowConnection();
    writer.data(
      1,
      ["a", "", "bc", "d"].map((text) => Buffer.from(text)),
      () => {},
    );
    expect(frames()).toEqual([{ kind: "data", id: 1, bytes: Buffer.from("abcd"), fin: false }]);
    expect(written.map(({ length }) => length)).toEqual([8, 1, 2, 1]);
  });

  it("stops when the connection wants a pause, and goes on at its drain", async () => {
    const { writer, connection, release, frames } = slowConnection();
    let done = false;
    writer.data(1, [Buffer.alloc(1_000_000)], () => (done = true));
    expect(connection.writableLength).toBeLessThan(65_536 + 32_768 + 100);
    expect(done).toBe(false);
    for (let turn = 0; turn < 40 && !done; turn++) await release();
    expect(done).toBe(true);
    await release();
    expect(frames().reduce((sum, frame) => sum + (frame.kind === "data" ? frame.bytes.length : 0), 0)).toBe(1_000_000);
  });

  it("gives each stream a frame in turn", async () => {
    const { writer, release, frames } = slowConnection();
    writer.data(7, [Buffer.alloc(65_536)], () => {});
    for (const id of [1, 3, 5]) writer.data(id, [Buffer.alloc(98_304)], () => {});
    for (let turn = 0; turn < 12; turn++) await release();
    const order = frames().map((frame) => frame.kind === "data" && frame.id);
    expect(order).toEqual([7, 7, 1, 3, 5, 1, 3, 5, 1, 3, 5]);
  });

  it("lets a control frame overtake data that waits", async () => {
    const { writer, release, frames } = slowConnection();
    writer.data(1, [Buffer.alloc(98_304)], () => {});
    writer.control(encodePing(9));
    await release();
    expect(frames().map(({ kind }) => kind)).toEqual(["data", "data", "ping", "data"]);
  });

  it("forgets the data of a dropped stream and calls nobody back", async () => {
    const { writer, release, frames } = slowConnection();
    writer.data(1, [Buffer.alloc(98_304)], () => expect.unreachable());
    writer.drop(1);
    await release();
    expect(frames()).toHaveLength(2);
  });

  it("ends the connection after the last frame, when all that waited is out", async () => {
    const { writer, connection, release, frames } = slowConnection();
    writer.data(1, [Buffer.alloc(98_304)], () => {});
    writer.fin(3, () => {});
    writer.finish(encodePing(9));
    expect(connection.writableEnded).toBe(false);
    await release();
    expect(connection.writableEnded).toBe(true);
    expect(frames().map(({ kind }) => kind)).toEqual(["data", "data", "data", "data", "ping"]);
  });

  it("tells of a flood when more control frames wait than allowed", () => {
    const { writer, events } = slowConnection({ waitingControlFrames: 10 });
    writer.data(1, [Buffer.alloc(98_304)], () => {});
    for (let n = 0; n < 10; n++) writer.control(encodePing(1));
    expect(events).toEqual([]);
    writer.control(encodePing(1));
    expect(events).toEqual(["flood"]);
  });
});
