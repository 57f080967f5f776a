import { rfc3339 } from "../../model/clock.ts";

/**
 * The few DER encodings that a certificate or a certificate request is made of (X.690; RFC 5280). Node reads
 * certificates but cannot write one. Every function returns a complete element: tag, length, contents.
 */
const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

function element(tag: number, contents: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag]), length(contents.length), contents]);
}

function length(bytes: number): Buffer {
  if (bytes < 0x80) return Buffer.from([bytes]);
  const digits = Buffer.alloc(4);
  digits.writeUInt32BE(bytes);
  const significant = digits.subarray(digits.findIndex((digit) => digit !== 0));
  return Buffer.concat([Buffer.from([0x80 | significant.length]), significant]);
}

export function sequence(...items: readonly Buffer[]): Buffer {
  return element(tags.sequence, Buffer.concat(items));
}

export function setOf(item: Buffer): Buffer {
  return element(tags.set, item);
}

export function boolean(value: boolean): Buffer {
  return element(tags.boolean, Buffer.from([value ? 0xff : 0x00]));
}

/** A non-negative integer from its big-endian bytes, in the fewest bytes that keep it positive. */
export function integer(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const significant = first < 0 ? Buffer.from([0]) : bytes.subarray(first);
  const signed = (significant[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), significant]) : significant;
  return element(tags.integer, signed);
}

/** From its dotted form, e.g. `2.5.29.17`. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return element(tags.oid, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(arc: number): number[] {
  const digits = [arc % 128];
  for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) digits.unshift((left % 128) | 0x80);
  return digits;
}

export function utf8(text: string): Buffer {
  return element(tags.utf8String, Buffer.from(text));
}

/** Whole bytes; `unused`: bits of the last byte that do not count (named bit lists end with their last set bit). */
export function bitString(bytes: Buffer, unused = 0): Buffer {
  return element(tags.bitString, Buffer.concat([Buffer.from([unused]), bytes]));
}

export function octetString(bytes: Buffer): Buffer {
  return element(tags.octetString, bytes);
}

/** UTCTime through 2049 and GeneralizedTime from 2050, as RFC 5280 4.1.2.5 demands. `ms` since 1970. */
export function time(ms: number): Buffer {
  const digits = rfc3339(ms).replaceAll(/[-:T]/g, "");
  return digits < "2050"
    ? element(tags.utcTime, Buffer.from(digits.slice(2)))
    : element(tags.generalizedTime, Buffer.from(digits));
}

/** Context-specific [n] around complete elements. */
export function explicit(n: number, ...items: readonly Buffer[]): Buffer {
  return element(0xa0 | n, Buffer.concat(items));
}

/** Context-specific [n] in place of a primitive's own tag. */
export function implicit(n: number, contents: Buffer): Buffer {
  return element(0x80 | n, contents);
}

/** Base64 in lines of 64 characters between BEGIN and END. */
export function pem(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
