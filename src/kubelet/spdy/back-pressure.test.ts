import { buffer } from "node:stream/consumers";

import { describe, expect, it } from "vitest";

import { dataFrame, only, sent, testSession, type TestSession } from "./testing.ts";

/** Bytes that differ from place to place, so that a lost or swapped piece shows. */
function pattern(size: number): Buffer {
  return Buffer.from(Array.from({ length: size / 4 }, (_, index) => index.toString(36).padStart(4, "0")).join(""));
}

/** Writes DATA frames of 8 KiB as long as the peer's end takes them; resolves to how many bytes of data went. */
async function flood(t: TestSession, id: number, bytes: Buffer): Promise<number> {
  let at = 0;
  for (let idle = 0; at < bytes.length && idle < 2;) {
    while (at < bytes.length && !t.peer.writableNeedDrain) {
      t.peer.write(dataFrame(id, bytes.subarray(at, at + 8_192)));
      at += 8_192;
      idle = 0;
    }
    await t.settled();
    if (t.peer.writableNeedDrain) idle++;
  }
  return Math.min(at, bytes.length);
}

/** What lies between the ends of the test's connection without belonging to the session. */
const inTransit = 200_000;

describe("input that nobody reads", () => {
  it("stops the connection when the stream's buffer is full, and is whole when it is read at last", async () => {
    const t = testSession({ limits: { streamBuffer: 100_000 } });
    const bytes = pattern(2_000_000);
    t.peer.write(t.syn(1));
    const taken = await flood(t, 1, bytes);
    expect(taken).toBeGreaterThan(100_000);
    expect(taken).toBeLessThan(100_000 + inTransit);
    const all = buffer(only(t.streams).data);
    await flood(t, 1, bytes.subarray(taken));
    t.peer.write(dataFrame(1, "", true));
    expect((await all).equals(bytes)).toBe(true);
  });

  it("holds up the other streams too, until it is read", async () => {
    const t = testSession({ limits: { streamBuffer: 100_000 } });
    t.peer.write(Buffer.concat([t.syn(1), t.syn(3)]));
    const taken = await flood(t, 1, pattern(1_000_000));
    t.peer.write(dataFrame(3, "behind it", true));
    const [unread, other] = t.streams;
    let got = "";
    other?.data.on("data", (chunk: Buffer) => (got += chunk.toString()));
    await t.settled();
    expect(got).toBe("");
    unread?.data.resume();
    await t.settled();
    expect(got).toBe("behind it");
    expect(taken).toBeLessThan(100_000 + inTransit);
  });

  it("holds up nothing any more once its stream is destroyed", async () => {
    const t = testSession({ limits: { streamBuffer: 100_000 } });
    t.peer.write(t.syn(1));
    await flood(t, 1, pattern(1_000_000));
    only(t.streams).data.destroy();
    await t.settled();
    expect(await flood(t, 1, pattern(1_000_000))).toBe(1_000_000);
  });

  it("has its connection pinged while it is paused, so that its end is noticed", async () => {
    const t = testSession({ limits: { streamBuffer: 100_000, idle: 100_000 } });
    t.peer.write(t.syn(1));
    await t.clock.advance(30_000);
    expect(sent(t)).toEqual(["synReply 1"]);
    await flood(t, 1, pattern(400_000));
    await t.clock.advance(30_000);
    expect(sent(t)).toEqual(["synReply 1", "ping 2", "ping 4"]);
    only(t.streams).data.resume();
    await t.settled();
    await t.clock.advance(30_000);
    expect(sent(t)).toEqual(["synReply 1", "ping 2", "ping 4"]);
  });

  it("ends its connection after the time without a frame, pinged or not", async () => {
    const t = testSession({ limits: { streamBuffer: 100_000, idle: 100_000 } });
    t.peer.write(t.syn(1));
    await flood(t, 1, pattern(400_000));
    await t.clock.advance(100_000);
    await t.session.closed;
    expect(t.said).toEqual(["no frame for too long"]);
    expect(t.clock.pending).toBe(0);
  });

  it("is bounded for all streams of a connection together", async () => {
    const t = testSession({ limits: { streamBuffer: 100_000, connectionBuffer: 300_000 } });
    let taken = 0;
    for (let id = 1; id < 40; id += 2) {
      t.peer.write(t.syn(id));
      taken += await flood(t, id, pattern(80_000));
    }
    expect(taken).toBeGreaterThan(300_000);
    expect(taken).toBeLessThan(300_000 + inTransit);
    for (const stream of t.streams) stream.data.resume();
    await t.settled();
    // Paused once more and for good, if what was read had not been counted back.
    t.peer.write(t.syn(41));
    await t.settled();
    t.streams.at(-1)?.data.resume();
    expect(await flood(t, 41, pattern(1_000_000))).toBe(1_000_000);
  });

  it("is handed out no faster than it is read", async () => {
    const t = testSession();
    t.peer.write(t.syn(1));
    await t.settled();
    const { data } = only(t.streams);
    await flood(t, 1, pattern(400_000));
    expect(data.readableLength).toBeLessThan(65_536);
    data.read();
    await t.settled();
    expect(data.readableLength).toBeLessThan(65_536);
  });
});

describe("output that the peer does not read", () => {
  it("makes write() return false and is held back, not gathered", async () => {
    const t = testSession({ reading: false });
    t.peer.write(t.syn(1));
    await t.settled();
    const { data } = only(t.streams);
    let written = 0;
    for (let idle = 0; idle < 3; idle++) {
      while (!data.writableNeedDrain) {
        data.write(Buffer.alloc(16_384));
        written += 16_384;
        idle = 0;
      }
      await t.settled();
    }
    expect(written).toBeLessThan(500_000);
    expect(t.connection.writableLength).toBeLessThan(150_000);
    t.peer.resume();
    await t.settled();
    expect(data.writableNeedDrain).toBe(false);
    const got = t.frames.reduce((sum, frame) => sum + (frame.kind === "data" ? frame.bytes.length : 0), 0);
    expect(got).toBe(written);
  });

  it("of one stream leaves room for the others", async () => {
    const t = testSession({ reading: false });
    t.peer.write(Buffer.concat([t.syn(1), t.syn(3)]));
    await t.settled();
    const [large, small] = t.streams;
    large?.data.write(Buffer.alloc(4_000_000));
    small?.data.end("small");
    t.peer.resume();
    await t.settled();
    const order = sent(t).map((line) => line.slice(0, 7));
    expect(order.indexOf("data 3 ")).toBeGreaterThan(0);
    expect(order.lastIndexOf("data 1 ")).toBeGreaterThan(order.indexOf("data 3 "));
  });
});
