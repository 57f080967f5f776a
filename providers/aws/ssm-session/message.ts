/**
 * Messages of a data channel of Session Manager, as bytes. Pure. Facts: the layout comments of amazon-ssm-agent
 * (agentmessage) and session-manager-plugin (clientmessage). Big-endian throughout.
 */
import { hash } from "node:crypto";

export const messageTypes = {
  input: "input_stream_data",
  output: "output_stream_data",
  acknowledge: "acknowledge",
  closed: "channel_closed",
  start: "start_publication",
  pause: "pause_publication",
} as const;

export const payloadTypes = {
  output: 1,
  error: 2,
  size: 3,
  parameter: 4,
  handshakeRequest: 5,
  handshakeResponse: 6,
  handshakeComplete: 7,
  encryptionChallenge: 8,
  encryptionResponse: 9,
  flag: 10,
  stderr: 11,
  exitCode: 12,
} as const;

/** Payloads of `payloadTypes.flag`, 32 bits. */
export const flags = { disconnectPort: 1, terminate: 2, connectError: 3 } as const;

export interface Message {
  readonly type: string;
  readonly sequence: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Bit 0: the first of a stream; bit 1: the last. */
  readonly flags: number;
  /** A UUID. */
  readonly id: string;
  readonly payloadType: number;
  readonly payload: Buffer;
}

/** What comes before the payload's length. */
const HEADER = 116;
const TYPE_LENGTH = 32;
const at = { type: 4, schema: 36, created: 40, sequence: 48, flags: 56, id: 64, digest: 80, payloadType: 112 } as const;

/*
 * An output of 50 MB is 50,000 messages and as many acknowledgements: buffers come from Node's pool, and a digest is a
 * string of one character a byte, because a buffer of its own costs more than its computation.
 */
export function encodeMessage(message: Message): Buffer {
  const { payload, id } = message;
  const bytes = Buffer.allocUnsafe(HEADER + 4 + payload.length);
  bytes.writeUInt32BE(HEADER, 0);
  bytes.write(message.type.padEnd(TYPE_LENGTH, " "), at.type, TYPE_LENGTH, "latin1");
  bytes.writeUInt32BE(1, at.schema);
  writeLong(bytes, message.createdAt, at.created);
  writeLong(bytes, message.sequence, at.sequence);
  writeLong(bytes, message.flags, at.flags);
  // The lower half of the UUID comes first.
  bytes.write(id.slice(19, 23) + id.slice(24), at.id, 8, "hex");
  bytes.write(id.slice(0, 8) + id.slice(9, 13) + id.slice(14, 18), at.id + 8, 8, "hex");
  bytes.write(sha256(payload), at.digest, 32, "latin1");
  bytes.writeUInt32BE(message.payloadType, at.payloadType);
  bytes.writeUInt32BE(payload.length, HEADER);
  payload.copy(bytes, HEADER + 4);
  return bytes;
}

/** The types as the agent pads them; a gateway has been seen to pad with zeros. */
const known: ReadonlyMap<string, string> = new Map(
  Object.values(messageTypes).map((type) => [type.padEnd(TYPE_LENGTH, " "), type]),
);

/** `undefined`: no message, or one that was damaged on its way; its sender sends it again. */
export function decodeMessage(bytes: Buffer): Message | undefined {
  if (bytes.length < HEADER) return undefined;
  const header = bytes.readUInt32BE(0);
  if (header < HEADER || bytes.length < header + 4) return undefined;
  const length = bytes.readUInt32BE(header);
  const payload = bytes.subarray(header + 4);
  if (payload.length !== length) return undefined;
  const padded = bytes.toString("latin1", at.type, at.type + TYPE_LENGTH);
  const type = known.get(padded) ?? padded.replaceAll("\0", " ").trim();
  const unchecked = type === messageTypes.start || type === messageTypes.pause || length === 0;
  if (!unchecked && sha256(payload) !== bytes.toString("latin1", at.digest, at.digest + 32)) return undefined;
  return {
    type,
    sequence: readLong(bytes, at.sequence),
    createdAt: readLong(bytes, at.created),
    flags: readLong(bytes, at.flags),
    id: uuid(bytes),
    payloadType: bytes.readUInt32BE(at.payloadType),
    payload,
  };
}

/** What the other side counts as arrived. Written by hand, as nothing in it needs escaping: types are known, ids hexadecimal. */
export function acknowledgement({ type, id, sequence }: Message): Buffer {
  return Buffer.from(
    `{"AcknowledgedMessageType":"${type}","AcknowledgedMessageId":"${id}","AcknowledgedMessageSequenceNumber":${sequence},"IsSequentialMessage":true}`,
    "latin1",
  );
}

/** The sequence number that an acknowledgement is for. */
export function acknowledged({ payload }: Message): number | undefined {
  const found = parsed<{ AcknowledgedMessageSequenceNumber?: number }>(payload)?.AcknowledgedMessageSequenceNumber;
  return typeof found === "number" ? found : undefined;
}

/** The payload as JSON; `undefined` when it is none. */
export function parsed<T>(payload: Buffer): T | undefined {
  try {
    return JSON.parse(payload.toString("utf8")) as T;
  } catch {
    return undefined;
  }
}

function uuid(bytes: Buffer): string {
  const hex = bytes.toString("hex", at.id, at.id + 16);
  return `${hex.slice(16, 24)}-${hex.slice(24, 28)}-${hex.slice(28)}-${hex.slice(0, 4)}-${hex.slice(4, 16)}`;
}

/** Numbers here are times and counts: far below 2^53. */
function writeLong(bytes: Buffer, value: number, offset: number): void {
  bytes.writeUInt32BE(Math.floor(value / 2 ** 32), offset);
  bytes.writeUInt32BE(value % 2 ** 32, offset + 4);
}

function readLong(bytes: Buffer, offset: number): number {
  return bytes.readUInt32BE(offset) * 2 ** 32 + bytes.readUInt32BE(offset + 4);
}

/** A character a byte. */
const sha256 = (bytes: Buffer): string => hash("sha256", bytes, "binary");
