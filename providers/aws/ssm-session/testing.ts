/** The agent's side of a data channel as far as a unit test needs it. */
import { randomUUID } from "node:crypto";
import { decodeMessage, encodeMessage, type Message, messageTypes } from "./message.ts";

export const output = (sequence: number, payloadType: number, payload: Buffer | string): Buffer =>
  encodeMessage({
    type: messageTypes.output,
    sequence,
    createdAt: 1_700_000_000_000,
    flags: sequence === 0 ? 1 : 0,
    id: randomUUID(),
    payloadType,
    payload: Buffer.from(payload as string),
  });

export const acknowledgementOf = (sequence: number): Buffer => {
  const payload = { AcknowledgedMessageType: messageTypes.input, AcknowledgedMessageSequenceNumber: sequence };
  return encodeMessage({
    type: messageTypes.acknowledge,
    sequence: 0,
    createdAt: 1_700_000_000_000,
    flags: 3,
    id: randomUUID(),
    payloadType: 0,
    payload: Buffer.from(JSON.stringify({ ...payload, IsSequentialMessage: true })),
  });
};

export const decoded = (bytes: Buffer): Message => {
  const message = decodeMessage(bytes);
  if (message === undefined) throw new Error("these bytes are no message");
  return message;
};
