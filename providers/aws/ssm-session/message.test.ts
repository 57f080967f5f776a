import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { acknowledged, acknowledgement, decodeMessage, encodeMessage, messageTypes } from "./message.ts";

const message = {
  type: messageTypes.input,
  sequence: 0x1_0000_0002,
  createdAt: 1_700_000_000_123,
  flags: 1,
  id: "00112233-4455-6677-8899-aabbccddeeff",
  payloadType: 1,
  payload: Buffer.from("hé"),
};

test("every field lies where the agent reads it", () => {
  const bytes = encodeMessage(message);
  expect(bytes.length).toBe(120 + 3);
  expect(bytes.readUInt32BE(0)).toBe(116);
  expect(bytes.toString("latin1", 4, 36)).toBe("input_stream_data".padEnd(32));
  expect(bytes.readUInt32BE(36)).toBe(1);
  expect(bytes.readBigUInt64BE(40)).toBe(1_700_000_000_123n);
  expect(bytes.readBigUInt64BE(48)).toBe(0x1_0000_0002n);
  expect(bytes.readBigUInt64BE(56)).toBe(1n);
  expect(bytes.toString("hex", 64, 80)).toBe("8899aabbccddeeff0011223344556677");
  expect(bytes.toString("hex", 80, 112)).toBe(createHash("sha256").update("hé").digest("hex"));
  expect([bytes.readUInt32BE(112), bytes.readUInt32BE(116), bytes.toString("utf8", 120)]).toEqual([1, 3, "hé"]);
});

test("a message is read as it was written, its type padded with zeros too", () => {
  fc.assert(
    fc.property(fc.nat(), fc.uint8Array({ maxLength: 1_500 }), fc.uuid(), (sequence, payload, id) => {
      const one = { ...message, sequence, id, payload: Buffer.from(payload) };
      expect(decodeMessage(encodeMessage(one))).toEqual(one);
    }),
  );
  const bytes = encodeMessage(message);
  bytes.fill(0, 4 + "input_stream_data".length, 36);
  expect(decodeMessage(bytes)).toEqual(message);
});

test("what was damaged or cut off is no message", () => {
  const whole = encodeMessage(message);
  fc.assert(
    fc.property(fc.nat(whole.length - 1), (length) => {
      expect(decodeMessage(whole.subarray(0, length))).toBeUndefined();
    }),
  );
  fc.assert(
    fc.property(fc.integer({ min: 80, max: 111 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ change;
      expect(decodeMessage(bytes)).toBeUndefined();
    }),
  );
});

test("an acknowledgement names the message, and is understood", () => {
  const payload = acknowledgement(message);
  expect(JSON.parse(payload.toString())).toEqual({
    AcknowledgedMessageType: "input_stream_data",
    AcknowledgedMessageId: message.id,
    AcknowledgedMessageSequenceNumber: message.sequence,
    IsSequentialMessage: true,
  });
  expect(acknowledged({ ...message, payload })).toBe(message.sequence);
  expect(acknowledged({ ...message, payload: Buffer.from("{") })).toBeUndefined();
});
