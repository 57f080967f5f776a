import { text } from "node:stream/consumers";

import { describe, expect, it } from "vitest";

import { encodePing, encodeRstStream } from "./frame.ts";
import type { SpdyStream } from "./session.ts";
import { dataFrame, only, sent, testSession } from "./testing.ts";

const nothing = (): void => {};

describe("a stream", () => {
  it("is offered with its id and headers", async () => {
    const t = testSession();
    t.peer.write(t.syn(1, { streamtype: "data", port: "80\u0000443" }));
    await t.settled();
    expect(only(t.streams).id).toBe(1);
    expect([...only(t.streams).headers]).toEqual([
      ["streamtype", ["data"]],
      ["port", ["80", "443"]],
    ]);
  });

  it("carries data both ways until both sides have ended it", async () => {
    const t = testSession();
    t.peer.write(Buffer.concat([t.syn(1), dataFrame(1, "to "), dataFrame(1, "you", true)]));
    await t.settled();
    const { data } = only(t.streams);
    expect(await text(data)).toBe("to you");
    data.write("and ");
    data.end("back");
    await t.settled();
    expect(sent(t)).toEqual(["synReply 1", "data 1 and back."]);
    expect(data.closed).toBe(true);
  });

  it("waits with data and FIN until it is accepted", async () => {
    const t = testSession({ onStream: nothing });
    t.peer.write(t.syn(1));
    await t.settled();
    const stream = only(t.streams);
    stream.data.end("early");
    await t.settled();
    expect(sent(t)).toEqual([]);
    stream.accept();
    stream.accept();
    await t.settled();
    expect(sent(t)).toEqual(["synReply 1", "data 1 early."]);
  });

  it("keeps data that comes before it is accepted", async () => {
    const t = testSession({ onStream: nothing });
    t.peer.write(Buffer.concat([t.syn(1), dataFrame(1, "early", true)]));
    await t.settled();
    only(t.streams).accept();
    expect(await text(only(t.streams).data)).toBe("early");
  });

  it("may be ended by the frame that opens it", async () => {
    const t = testSession();
    t.peer.write(t.syn(1, {}, 1));
    await t.settled();
    expect(await text(only(t.streams).data)).toBe("");
  });

  it("can be written after the peer has ended its side, and read after its own end", async () => {
    const t = testSession();
    t.peer.write(t.syn(1));
    await t.settled();
    const { data } = only(t.streams);
    data.end("bye");
    await t.settled();
    t.peer.write(dataFrame(1, "still here", true));
    expect(await text(data)).toBe("still here");
    expect(sent(t)).toEqual(["synReply 1", "data 1 bye."]);
  });

  it.for([
    ["destroy()", (stream: SpdyStream): unknown => stream.data.destroy(), 5],
    ["destroy(error)", (stream: SpdyStream): unknown => stream.data.destroy(new Error("not to be thrown")), 5],
    ["reset(status)", (stream: SpdyStream): unknown => stream.reset(3), 3],
  ] as const)("resets at %s and sends nothing more", async ([, end, status]) => {
    const t = testSession({ highWaterMark: 1 });
    t.peer.write(t.syn(1));
    await t.settled();
    const stream = only(t.streams);
    t.peer.pause();
    stream.data.write("on its way");
    stream.data.write("never sent");
    end(stream);
    stream.reset(1);
    stream.data.write("too late");
    stream.accept();
    t.peer.resume();
    await t.settled();
    expect(sent(t)).toEqual(["synReply 1", "data 1 on its way", `rstStream 1 ${status}`]);
    expect(stream.data.closed).toBe(true);
  });

  it("is closed without an error by the peer's RST_STREAM, and is not reset in turn", async () => {
    const t = testSession();
    t.peer.write(Buffer.concat([t.syn(1), dataFrame(1, "x")]));
    await t.settled();
    const { data } = only(t.streams);
    t.peer.write(Buffer.concat([encodeRstStream(1, 5), dataFrame(1, "late"), encodeRstStream(1, 5)]));
    await t.settled();
    expect([data.closed, data.readableEnded, data.errored]).toEqual([true, false, null]);
    data.write("nobody reads it");
    await t.settled();
    expect(sent(t)).toEqual(["synReply 1"]);
    expect(t.said).toEqual([]);
  });

  it("calls back a write that the peer's RST_STREAM overtook", async () => {
    const t = testSession({ onStream: nothing });
    t.peer.write(t.syn(1));
    await t.settled();
    const result = new Promise((resolve) => only(t.streams).data.write("x", resolve));
    t.peer.write(encodeRstStream(1, 5));
    expect(await result).toBeInstanceOf(Error);
  });

  it("is reset when the peer sends data after its FIN", async () => {
    const t = testSession();
    t.peer.write(Buffer.concat([t.syn(1), dataFrame(1, "", true), dataFrame(1, "more")]));
    await t.settled();
    expect(sent(t)).toEqual(["synReply 1", "rstStream 1 9"]);
  });

  it("is reset when whoever should take it throws", async () => {
    const t = testSession({
      onStream() {
        throw new Error("no");
      },
    });
    t.peer.write(Buffer.concat([t.syn(1), encodePing(1)]));
    await t.settled();
    expect(sent(t)).toEqual(["rstStream 1 6", "ping 1"]);
    expect(t.said).toEqual(["a new SPDY stream could not be handled"]);
  });
});
