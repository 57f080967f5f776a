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

export function toBytes(kind: Kind, number: number, content: number, body: Buffer, now: number): Buffer {
  const header = Buffer.alloc(LENGTH_AT + 4);
  header.writeUInt32BE(LENGTH_AT, 0);
  // The agent pads with spaces; services have been seen to pad with zeros.
  header.write(kind.padEnd(32, " "), 4, "latin1");
  header.writeUInt32BE(1, 36);
  header.writeBigUInt64BE(BigInt(Math.trunc(now)), 40);
  header.writeBigInt64BE(BigInt(number), 48);
  header.writeBigUInt64BE(kind === "output_stream_data" && number === 0 ? 1n : 0n, 56);
  const uuid = Buffer.from(randomUUID().replaceAll("-", ""), "hex");
  header.set(uuid.subarray(8), 64);
  header.set(uuid.subarray(0, 8), 72);
  header.set(hash("sha256", body, "buffer"), 80);
  header.writeUInt32BE(content, 112);
  header.writeUInt32BE(body.length, LENGTH_AT);
  return Buffer.concat([header, body]);
}

/** Throws an Error that says what is wrong: a client of ours must send nothing wrong. */
export function fromBytes(bytes: Buffer): Frame {
  if (bytes.length < LENGTH_AT + 4) throw new Error(`a message of ${bytes.length} bytes is too short`);
  if (bytes.readUInt32BE(0) !== LENGTH_AT) throw new Error("the header's length is wrong");
  const body = bytes.subarray(LENGTH_AT + 4);
  if (body.length !== bytes.readUInt32BE(LENGTH_AT)) throw new Error("the payload's length is wrong");
  const digest = hash("sha256", body, "buffer");
  if (!digest.equals(bytes.subarray(80, 112))) throw new Error("the payload's digest is wrong");
  if (bytes.readUInt32BE(36) !== 1) throw new Error("the schema's version is wrong");
  if (bytes.readBigUInt64BE(40) === 0n) throw new Error("the message has no time");
  const hex = Buffer.concat([bytes.subarray(72, 80), bytes.subarray(64, 72)]).toString("hex");
  return {
    kind: bytes.toString("latin1", 4, 36).trim(),
    number: Number(bytes.readBigInt64BE(48)),
    uuid: hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"),
    content: bytes.readUInt32BE(112),
    body,
  };
}
