/** Messages of a data channel as bytes, written for the stand-in alone: layout and checks as amazon-ssm-agent has them. */
import { hash, randomUUID } from "node:crypto";

/** Of `Frame.kind`. */
export type Kind = "input_stream_data" | "output_stream_data" | "acknowledge" | "channel_closed" | (string & {});

export interface Frame {
  readonly kind: Kind;
  readonly number: number;
  readonly uuid: string;
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
  bytes.writeBigUInt64BE(BigInt(Math.trunc(now)), 40);
  bytes.writeBigInt64BE(BigInt(number), 48);
  bytes.writeBigUInt64BE(kind === "output_stream_data" && number === 0 ? 1n : 0n, 56);
  const [a = "", b = "", c = "", d = "", e = ""] = randomUUID().split("-");
  bytes.write(d + e + a + b + c, 64, "hex");
  bytes.write(digestOf(body), 80, "latin1");
  bytes.writeUInt32BE(content, 112);
  bytes.writeUInt32BE(body.length, LENGTH_AT);
  body.copy(bytes, LENGTH_AT + 4);
  return bytes;
}

const digestOf = (body: Buffer): string => hash("sha256", body, "binary");

/** Throws an Error that says what is wrong: a client of ours must send nothing wrong. */
export function fromBytes(bytes: Buffer): Frame {
  if (bytes.length < LENGTH_AT + 4) throw new Error(`a message of ${bytes.length} bytes is too short`);
  if (bytes.readUInt32BE(0) !== LENGTH_AT) throw new Error("the header's length is wrong");
  const body = bytes.subarray(LENGTH_AT + 4);
  if (body.length !== bytes.readUInt32BE(LENGTH_AT)) throw new Error("the payload's length is wrong");
  if (digestOf(body) !== bytes.toString("latin1", 80, 112)) throw new Error("the payload's digest is wrong");
  if (bytes.readUInt32BE(36) !== 1) throw new Error("the schema's version is wrong");
  if (bytes.readBigUInt64BE(40) === 0n) throw new Error("the message has no time");
  const hex = bytes.toString("hex", 72, 80) + bytes.toString("hex", 64, 72);
  return {
    kind: bytes.toString("latin1", 4, 36).trim(),
    number: Number(bytes.readBigInt64BE(48)),
    uuid: hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"),
    content: bytes.readUInt32BE(112),
    body,
  };
}
