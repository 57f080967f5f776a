import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { encodeGoAway, encodePing, encodeRstStream } from "./frame.ts";
import type { SpdyLimits } from "./limits.ts";
import type { SpdyStream } from "./session.ts";
import { controlFrame, dataFrame, recorded, sent, synStreams, testSession, words } from "./testing.ts";

/** Small, so that random input reaches them. */
const limits: SpdyLimits = {
  controlFrame: 400,
  headerBlock: 300,
  headers: 4,
  headerValue: 40,
  streams: 4,
  streamBuffer: 500,
  connectionBuffer: 1_000,
  waitingControlFrames: 20,
  dataFrame: 32_768,
  idle: 1_000_000,
  close: 10_000,
};

const mutation = fc.record({
  at: fc.nat(400),
  change: fc.oneof(
    fc.record({ kind: fc.constant("set" as const), byte: fc.nat(255) }),
    fc.record({ kind: fc.constant("insert" as const), bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }) }),
    fc.record({ kind: fc.constant("remove" as const), length: fc.integer({ min: 1, max: 60 }) }),
    fc.record({ kind: fc.constant("repeat" as const), length: fc.integer({ min: 1, max: 200 }) }),
  ),
});

function mutated(
  bytes: Buffer,
  { at: place, change }: typeof mutation extends fc.Arbitrary<infer T> ? T : never,
): Buffer {
  const at = place % bytes.length;
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  if (change.kind === "set") return Buffer.concat([before, Buffer.from([change.byte]), after.subarray(1)]);
  if (change.kind === "insert") return Buffer.concat([before, change.bytes, after]);
  if (change.kind === "remove") return Buffer.concat([before, after.subarray(change.length), Buffer.alloc(1)]);
  return Buffer.concat([before, after.subarray(0, change.length), after]);
}

/** What a peer may send, right or wrong, in one connection's header compression. */
const anyFrames = fc
  .array(
    fc.record({
      what: fc.constantFrom("syn", "data", "fin", "rst", "ping", "goAway", "settings", "headers", "wrong", "short"),
      id: fc.integer({ min: 0, max: 12 }),
      size: fc.nat(400),
    }),
    { maxLength: 60 },
  )
  .map((steps) => {
    const syn = synStreams();
    const frame = ({ what, id, size }: (typeof steps)[number]): Buffer => {
      if (what === "syn") return syn(id, { streamtype: "x".repeat(size % 44) }, size % 8 === 0 ? 1 : 0);
      if (what === "data" || what === "fin") return dataFrame(id, Buffer.alloc(size), what === "fin");
      if (what === "rst") return encodeRstStream(id, size);
      if (what === "ping") return encodePing(id);
      if (what === "goAway") return size % 4 === 0 ? encodeGoAway(id) : Buffer.alloc(0);
      if (what === "settings") return controlFrame(4, 0, words(1, 1, 1));
      if (what === "headers") return controlFrame(8, 0, Buffer.concat([words(id), syn(1).subarray(18)]));
      // These two end the connection, so they are rare.
      if (size % 16 !== 0) return Buffer.alloc(0);
      return what === "wrong" ? controlFrame(id, 0, Buffer.alloc(size)) : dataFrame(id, Buffer.alloc(9)).subarray(0, 9);
    };
    return Buffer.concat(steps.map(frame));
  });

const input = fc.oneof(
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes)) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom("exec", "exec-tty", "port-forward"), fc.array(mutation, { maxLength: 4 }))
      .map(([name, mutations]) => mutations.reduce(mutated, recorded(name))),
  },
  { weight: 3, arbitrary: anyFrames },
);

const slicing = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 20 });

function slices(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const result: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    result.push(bytes.subarray(at, at + size));
    at += size;
  }
  return result;
}

/** What whoever has a stream may do with it. */
const uses: Record<string, (stream: SpdyStream) => void> = {
  nothing() {},
  accept: ({ accept }) => accept(),
  read({ accept, data }) {
    accept();
    data.resume();
  },
  echo({ accept, data }) {
    accept();
    data.pipe(data);
  },
  end({ accept, data }) {
    accept();
    data.end("bye");
  },
  destroy: ({ data }) => void data.destroy(),
  refuse: ({ reset }) => reset(3),
  write({ accept, data }) {
    data.write(Buffer.alloc(1_000));
    accept();
  },
};

describe("a session", () => {
  it("survives whatever a peer sends: it ends, throws nothing, and opens and writes no more than its limits", async () => {
    const use = fc.array(fc.constantFrom(...Object.keys(uses)), { minLength: 1, maxLength: 5 });
    let [readAll, malformed] = [0, 0];
    await fc.assert(
      fc.asyncProperty(input, slicing, use, fc.boolean(), async (bytes, sizes, names, reading) => {
        const options = { limits, reading, highWaterMark: 64 };
        const t = testSession({
          ...options,
          onStream: (stream) => uses[names[stream.id % names.length] ?? "read"]?.(stream),
        });
        for (const slice of slices(bytes, sizes)) {
          t.peer.write(slice);
          await new Promise((resolve) => setImmediate(resolve));
          expect(t.streams.filter(({ data }) => !data.destroyed).length).toBeLessThanOrEqual(limits.streams);
          expect(t.connection.writableLength).toBeLessThan(64 + 8 + limits.dataFrame);
        }
        const alreadyEnded = t.connection.destroyed;
        t.session.close();
        await t.clock.advance(limits.close);
        await t.session.closed;
        await t.settled();
        expect(t.streams.filter(({ data }) => !data.closed)).toEqual([]);
        expect(t.clock.pending).toBe(0);
        if (alreadyEnded) malformed++;
        else readAll++;
      }),
      { numRuns: 400 },
    );
    // Both kinds of input were among them.
    expect(readAll).toBeGreaterThan(20);
    expect(malformed).toBeGreaterThan(20);
  });

  it("answers the same however the bytes are sliced", async () => {
    await fc.assert(
      fc.asyncProperty(anyFrames, slicing, async (bytes, sizes) => {
        const answers = async (chunks: readonly Buffer[]): Promise<unknown[]> => {
          const t = testSession({
            limits: { ...limits, waitingControlFrames: 1_000 },
            onStream({ accept, data }) {
              accept();
              data.resume();
            },
          });
          for (const chunk of chunks) t.peer.write(chunk);
          await t.settled();
          return [t.streams.map(({ id }) => id), sent(t), t.said];
        };
        expect(await answers(slices(bytes, sizes))).toEqual(await answers([bytes]));
      }),
    );
  });
});
