/** Messages of a data channel as bytes, written for the stand-in alone: layout and checks as amazon-ssm-agent has them. */
import { hash, randomUUID } from "node:crypto";

/** Of `Frame.kind`. */
export type Kind = "input_stream_data" | "output_stream_data" | "acknowledge" | "channel_closed" | (string & {});

export interface Frame {
  readonly kind: Kind;
  readonly number: number;
  /** In the order of the bytes, as they are in the message. */
  readonly id: Buffer;
  readonly content: number;
  readonly body: Buffer;
}

export const contents = {
  data: 1,
  size: 3,
  handshakeRequest: 5,
  handshakeResponse: 6,
  handshakeComplete: 7,
  flag: 10,
  stderr: 11,
  exitCode: 12,
} as const;

const LENGTH_AT = 116;

/** In buffers of Node's pool, and digests as strings of a character a byte: a big output is tens of thousands of messages. */
export function toBytes(kind: Kind, number: number, content: number, body: Buffer, now: number): Buffer {
  const bytes = Buffer.allocUnsafe(LENGTH_AT + 4 + body.length);
  bytes.writeUInt32BE(LENGTH_AT, 0);
  // The agent pads with spaces; services have been seen to pad with zeros.
  bytes.write(kind.padEnd(32, " "), 4, "latin1");
  bytes.writeUInt32BE(1, 36);
  writeNumber(bytes, Math.trunc(now), 40);
  writeNumber(bytes, number, 48);
  writeNumber(bytes, kind === "output_stream_data" && number === 0 ? 1 : 0, 56);
  const id = randomUUID();
  bytes.write(id.slice(19, 23) + id.slice(24) + id.slice(0, 8) + id.slice(9, 13) + id.slice(14, 18), 64, "hex");
  bytes.write(digestOf(body), 80, "latin1");
  bytes.writeUInt32BE(content, 112);
  bytes.writeUInt32BE(body.length, LENGTH_AT);
  body.copy(bytes, LENGTH_AT + 4);
  return bytes;
}

/** 64 bits of a number that a double holds whole. */
function writeNumber(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt32BE(Math.floor(value / 0x1_0000_0000), at);
  bytes.writeUInt32BE(value % 0x1_0000_0000, at + 4);
}

const readNumber = (bytes: Buffer, at: number): number =>
  bytes.readUInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4);

const digestOf = (body: Buffer): string => hash("sha256", body, "binary");

/** Throws an Error that says what is wrong: a client of ours must send nothing wrong. */
export function fromBytes(bytes: Buffer): Frame {
  if (bytes.length < LENGTH_AT + 4) throw new Error(`a message of ${bytes.length} bytes is too short`);
  if (bytes.readUInt32BE(0) !== LENGTH_AT) throw new Error("the header's length is wrong");
  const body = bytes.subarray(LENGTH_AT + 4);
  if (body.length !== bytes.readUInt32BE(LENGTH_AT)) throw new Error("the payload's length is wrong");
  if (digestOf(body) !== bytes.toString("latin1", 80, 112)) throw new Error("the payload's digest is wrong");
  if (bytes.readUInt32BE(36) !== 1) throw new Error("the schema's version is wrong");
  if (readNumber(bytes, 40) === 0) throw new Error("the message has no time");
  return {
    kind: bytes.toString("latin1", 4, 36).trim(),
    number: readNumber(bytes, 48),
    id: bytes.subarray(64, 80),
    content: bytes.readUInt32BE(112),
    body,
  };
}

/** As text: its lower half is the first in a message. */
export function uuidOf({ id }: Frame): string {
  const hex = id.toString("hex");
  return `${hex.slice(16, 24)}-${hex.slice(24, 28)}-${hex.slice(28)}-${hex.slice(0, 4)}-${hex.slice(4, 16)}`;
}
