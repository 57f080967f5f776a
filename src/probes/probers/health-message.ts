/**
 * The two messages of grpc.health.v1.Health/Check, and how gRPC frames one on HTTP/2
 * (github.com/grpc/grpc-proto health.proto; grpc PROTOCOL-HTTP2.md). Pure.
 */

const statuses = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"] as const;

/** A framed HealthCheckRequest: one byte "not compressed", four of length, field 1. */
export function checkRequest(service: string): Buffer {
  const name = Buffer.from(service);
  const message = name.length === 0 ? name : Buffer.concat([Buffer.of(0x0a), varint(name.length), name]);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** The status of a framed HealthCheckResponse; `undefined` when it is none. An empty one is UNKNOWN. */
export function checkResponse(body: Buffer): string | undefined {
  if (body.length < 5 || body[0] !== 0 || body.readUInt32BE(1) !== body.length - 5) return undefined;
  let status = 0;
  for (let at = 5; at < body.length;) {
    const key = readVarint(body, at);
    const value = key === undefined ? undefined : readVarint(body, key.end);
    if (key === undefined || value === undefined) return undefined;
    // Field 1 is a varint; fields of a later version are passed over.
    if (key.value === 0x08) status = value.value;
    const wire = key.value & 7;
    if (wire !== 0 && wire !== 2) return undefined;
    at = value.end + (wire === 2 ? value.value : 0);
  }
  return statuses[status] ?? String(status);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...bytes, left]);
    bytes.push((left % 128) + 128);
  }
}

function readVarint(bytes: Buffer, at: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let index = 0; index < 10; index++) {
    const byte = bytes[at + index];
    if (byte === undefined) return undefined;
    value += (byte & 127) * 2 ** (7 * index);
    if (byte < 128) return { value, end: at + index + 1 };
  }
  return undefined;
}
