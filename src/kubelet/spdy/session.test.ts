import { once } from "node:events";
import { text } from "node:stream/consumers";

import { describe, expect, it } from "vitest";

import { silentLog } from "../../../test/support/silent-log.ts";
import { encodeGoAway, encodePing, encodeRstStream } from "./frame.ts";
import { spdySession } from "./session.ts";
import { controlFrame, dataFrame, only, sent, testSession, words, type TestSession } from "./testing.ts";

const nothing = (): void => {};

describe("stream ids", () => {
  it("must be odd and rise, or the stream is reset", async () => {
    const t = testSession();
    t.peer.write(Buffer.concat([t.syn(5), t.syn(3), t.syn(8), t.syn(7)]));
    await t.settled();
    expect(t.streams.map(({ id }) => id)).toEqual([5, 7]);
    expect(sent(t)).toEqual(["synReply 5", "rstStream 3 1", "rstStream 8 1", "synReply 7"]);
  });

  it("used twice end the stream that has it", async () => {
    const t = testSession();
    t.peer.write(Buffer.concat([t.syn(1), t.syn(1)]));
    await t.settled();
    const { data } = only(t.streams);
    data.write("nothing may follow the reset");
    await t.settled();
    expect(sent(t)).toEqual(["synReply 1", "rstStream 1 1"]);
  });

  it("beyond the number of streams allowed are refused, until one is gone", async () => {
    const t = testSession({ limits: { streams: 2 } });
    t.peer.write(Buffer.concat([t.syn(1), t.syn(3), t.syn(5), encodeRstStream(1, 5), t.syn(7)]));
    await t.settled();
    expect(sent(t)).toEqual(["synReply 1", "synReply 3", "rstStream 5 3", "synReply 7"]);
  });

  it("of unidirectional streams are refused, which nobody could answer", async () => {
    const t = testSession();
    t.peer.write(t.syn(1, {}, 2));
    await t.settled();
    expect(sent(t)).toEqual(["rstStream 1 3"]);
  });

  it("that are unknown or gone are ignored", async () => {
    const t = testSession();
    t.peer.write(Buffer.concat([dataFrame(99, "x"), encodeRstStream(98, 5), encodePing(1)]));
    await t.settled();
    expect(sent(t)).toEqual(["ping 1"]);
  });
});

describe("frames of the connection", () => {
  it("PING is answered when it is the peer's own", async () => {
    const t = testSession();
    t.peer.write(Buffer.concat([encodePing(1), encodePing(2), encodePing(0xffff_ffff)]));
    await t.settled();
    expect(sent(t)).toEqual(["ping 1", "ping 4294967295"]);
  });

  it("SETTINGS, WINDOW_UPDATE, HEADERS and SYN_REPLY change nothing", async () => {
    const t = testSession();
    const block = t.syn(1).subarray(18);
    const others = [
      controlFrame(8, 0, Buffer.concat([words(1), block])),
      controlFrame(4, 0, words(1, 7, 9)),
      controlFrame(9, 0, words(1, 9)),
    ];
    t.peer.write(
      Buffer.concat([
        ...others,
        controlFrame(2, 0, Buffer.concat([words(1), t.syn(1).subarray(18)])),
        t.syn(3),
        dataFrame(3, "x", true),
      ]),
    );
    await t.settled();
    // Their header blocks are part of the one zlib stream, or the SYN_STREAM after them could not be read.
    expect(await text(only(t.streams).data)).toBe("x");
    expect(sent(t)).toEqual(["synReply 3"]);
  });

  it.for([
    ["an unknown type", controlFrame(5, 0, words(1)), "a control frame of unknown type 5"],
    [
      "an impossible length",
      Buffer.from("80030001ffffffff", "hex"),
      "a control frame of 16777215 bytes, more than 65536",
    ],
    [
      "a broken header block",
      controlFrame(1, 0, Buffer.concat([words(3, 0), Buffer.from([0, 0, 7])])),
      "a header block that cannot be inflated: invalid block type",
    ],
  ] as const)("%s ends the connection, with the reason in a debug line", async ([, bytes, reason]) => {
    const t = testSession();
    t.peer.write(t.syn(1));
    await t.settled();
    t.peer.write(Buffer.concat([bytes, encodePing(1)]));
    await t.session.closed;
    await t.settled();
    expect(t.said.map((said) => said.slice(0, reason.length))).toEqual([reason]);
    expect(only(t.streams).data.closed).toBe(true);
    expect(t.connection.destroyed).toBe(true);
    expect(sent(t)).toEqual(["synReply 1"]);
  });
});

describe("the end of a session", () => {
  it("close() sends what was written, then GOAWAY, then the end of the connection", async () => {
    const t = testSession({ highWaterMark: 16_384 });
    t.peer.write(Buffer.concat([t.syn(1), t.syn(3)]));
    await t.settled();
    const [first, second] = t.streams;
    t.peer.pause();
    first?.data.write("x".repeat(200_000));
    first?.data.end("y".repeat(200_000));
    second?.data.write("z".repeat(50_000));
    t.session.close();
    t.session.close();
    await t.settled();
    t.peer.resume();
    await t.session.closed;
    await t.settled();
    const bytes = t.frames.reduce((sum, frame) => sum + (frame.kind === "data" ? frame.bytes.length : 0), 0);
    expect(bytes).toBe(450_000);
    expect(sent(t).filter((line) => line.endsWith("."))).toHaveLength(1);
    expect(sent(t).at(-1)).toBe("goAway 3");
    expect(t.peer.readableEnded).toBe(true);
    expect(t.clock.pending).toBe(0);
    expect(t.streams.map(({ data }) => data.closed)).toEqual([true, true]);
  });

  it("close() waits for no stream that was not accepted or writes nothing", async () => {
    const t = testSession({ onStream: nothing });
    t.peer.write(t.syn(1));
    await t.settled();
    only(t.streams).data.write("never accepted");
    t.session.close();
    await t.settled();
    expect(sent(t)).toEqual(["goAway 1"]);
  });

  it("close() ends by force when the peer does not take the last bytes", async () => {
    const t = testSession({ highWaterMark: 1, limits: { close: 5_000 } });
    t.peer.write(t.syn(1));
    await t.settled();
    t.peer.pause();
    only(t.streams).data.write("x".repeat(100_000));
    only(t.streams).data.write("x".repeat(100_000));
    t.session.close();
    await t.clock.advance(4_999);
    expect(t.connection.destroyed).toBe(false);
    await t.clock.advance(1);
    await t.session.closed;
    expect(t.connection.destroyed).toBe(true);
    expect(t.said).toEqual(["the last bytes were not taken in time"]);
    expect(t.clock.pending).toBe(0);
  });

  it("close() gives a peer that reads slowly the time it needs", async () => {
    const t = testSession({ highWaterMark: 16_384, limits: { close: 5_000 } });
    t.peer.write(t.syn(1));
    await t.settled();
    t.peer.pause();
    only(t.streams).data.end("x".repeat(200_000));
    t.session.close();
    for (let turn = 0; turn < 20 && !t.connection.destroyed; turn++) {
      await t.clock.advance(4_000);
      t.peer.read();
      await t.settled();
    }
    expect(t.said).toEqual(["the connection is closed"]);
    expect(sent(t).at(-1)).toBe("goAway 1");
  });

  it("close() reads nothing more once GOAWAY is on its way, not even nonsense, and waits for the GOAWAY to be read", async () => {
    const t = testSession({ highWaterMark: 1 });
    t.peer.pause();
    t.peer.write(Buffer.concat([encodePing(1), encodePing(3), encodePing(5)]));
    await t.settled();
    t.session.close();
    await t.settled();
    t.peer.write(t.syn(1));
    t.peer.write(controlFrame(5, 0, words(1)));
    t.peer.end();
    await t.settled();
    t.peer.resume();
    await t.session.closed;
    await t.settled();
    expect(sent(t)).toEqual(["ping 1", "ping 3", "ping 5", "goAway 0"]);
    expect([t.streams, t.said]).toEqual([[], ["the connection is closed"]]);
  });

  it("no stream is taken once it closes", async () => {
    const t = testSession({ highWaterMark: 1 });
    t.session.close();
    t.peer.write(t.syn(1));
    await t.settled();
    expect(t.streams).toEqual([]);
  });

  it("the peer's GOAWAY refuses new streams, and closes when the last one is gone", async () => {
    const t = testSession();
    t.peer.write(Buffer.concat([t.syn(1), encodeGoAway(0), t.syn(3), dataFrame(1, "last", true)]));
    await t.settled();
    expect(sent(t)).toEqual(["synReply 1"]);
    const { data } = only(t.streams);
    data.end("answer");
    expect(await text(data)).toBe("last");
    await t.settled();
    expect(sent(t)).toEqual(["synReply 1", "data 1 answer.", "goAway 1"]);
    t.peer.end();
    await t.session.closed;
  });

  it.for([
    ["the peer ends it", (t: TestSession): unknown => t.peer.end(), "the peer ended the connection"],
    ["it is destroyed", (t: TestSession): unknown => t.connection.destroy(), "the connection is closed"],
    ["it fails", (t: TestSession): unknown => t.connection.destroy(new Error("reset")), "the connection failed"],
  ] as const)("closes every stream without an error when %s", async ([, end, reason]) => {
    const t = testSession();
    t.peer.write(Buffer.concat([t.syn(1), dataFrame(1, "unread")]));
    await t.settled();
    const { data } = only(t.streams);
    end(t);
    await t.session.closed;
    await t.settled();
    expect([data.closed, data.readableEnded, data.errored]).toEqual([true, false, null]);
    expect(t.said).toEqual([reason]);
    expect(t.clock.pending).toBe(0);
  });

  it("has come when the connection was closed before it began", async () => {
    const { connection, clock } = testSession();
    connection.destroy();
    await once(connection, "close");
    await spdySession(connection, { clock, log: silentLog, onStream: nothing }).closed;
    expect(clock.pending).toBe(0);
  });

  it("comes after the time without a frame that a kubelet allows", async () => {
    const t = testSession();
    await t.clock.advance(3 * 3_600_000);
    // A frame without an answer.
    t.peer.write(encodeRstStream(1, 5));
    await t.settled();
    await t.clock.advance(4 * 3_600_000 - 1);
    expect(t.connection.destroyed).toBe(false);
    await t.clock.advance(1);
    await t.session.closed;
    expect(t.said).toEqual(["no frame for too long"]);
  });

  it("comes when a stream's reader throws, and is told as an error of ours", async () => {
    const t = testSession({
      onStream({ data }) {
        data.on("data", () => {
          throw new Error("a bug of the reader");
        });
      },
    });
    t.peer.write(t.syn(1));
    await t.settled();
    t.peer.write(dataFrame(1, "x"));
    await t.session.closed;
    expect(t.said).toEqual(["a SPDY connection ended by an error of its reader", "its reader failed"]);
  });

  it("comes when the peer asks for answers and reads none", async () => {
    const t = testSession({ highWaterMark: 1, reading: false, limits: { waitingControlFrames: 100 } });
    for (let n = 0; n < 200; n++) t.peer.write(encodePing(1));
    await t.session.closed;
    expect(t.said).toEqual(["the peer asks for answers and does not read them"]);
  });
});
