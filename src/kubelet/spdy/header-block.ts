import { Unzlib } from "fflate";

import { dictionary, dictionaryId } from "./dictionary.ts";
import { SpdyError } from "./frame.ts";
import type { SpdyLimits } from "./limits.ts";

export type HeaderMap = ReadonlyMap<string, readonly string[]>;

/**
 * Bytes handed to the inflater at once. Deflate yields at most 1,032 times as many, so a bomb has used no more than
 * 264 KB when it is noticed.
 */
const slice = 256;

/** Length of a zlib header that names a dictionary (RFC 1950). */
const zlibHead = 6;

/**
 * Reads the header blocks of one connection, in the order in which they came: they are one zlib stream from its first
 * to its last. Throws an SpdyError; the reader is then spent.
 */
export function headerBlockReader(limits: SpdyLimits): (block: Buffer) => HeaderMap {
  let first = true;
  let inflated: Uint8Array[] = [];
  let size = 0;
  const unzlib = new Unzlib({ dictionary }, (bytes) => {
    inflated.push(bytes);
    size += bytes.length;
  });

  return (block) => {
    // fflate takes any dictionary for the right one.
    if (first && (block.length < zlibHead || block.readUInt32BE(2) !== dictionaryId))
      throw new SpdyError("a header block that is not compressed with SPDY/3's dictionary");
    first = false;
    inflated = [];
    size = 0;
    for (let at = 0; at < block.length; at += slice) {
      push(unzlib, block.subarray(at, at + slice));
      if (size > limits.headerBlock) throw new SpdyError(`a header block of more than ${limits.headerBlock} bytes`);
    }
    return parseHeaders(Buffer.concat(inflated), limits);
  };
}

function push(unzlib: Unzlib, bytes: Buffer): void {
  try {
    unzlib.push(bytes);
  } catch (error) {
    throw new SpdyError(`a header block that cannot be inflated: ${(error as Error).message}`);
  }
}

/** A count, then for each header the length and bytes of its name and of its value (draft 3.1, 2.6.10). */
function parseHeaders(block: Buffer, limits: SpdyLimits): HeaderMap {
  let at = 0;
  const number = (): number => {
    if (block.length - at < 4) throw new SpdyError("a header block that ends too early");
    at += 4;
    return block.readUInt32BE(at - 4);
  };
  const text = (): string => {
    const length = number();
    if (length > limits.headerValue)
      throw new SpdyError(`a header of ${length} bytes, more than ${limits.headerValue}`);
    if (length > block.length - at) throw new SpdyError("a header block that ends too early");
    at += length;
    return block.toString("utf8", at - length, at);
  };

  const count = number();
  if (count > limits.headers) throw new SpdyError(`${count} headers, more than ${limits.headers}`);
  const headers = new Map<string, readonly string[]>();
  for (let left = count; left > 0; left--) {
    const name = text();
    if (name === "" || name !== name.toLowerCase())
      throw new SpdyError("a header name that is empty or not lower-case");
    if (headers.has(name)) throw new SpdyError("a header that is given twice");
    headers.set(name, text().split("\0"));
  }
  if (at < block.length) throw new SpdyError(`a header block with ${block.length - at} bytes too many`);
  return headers;
}

/** A deflate block that is not compressed: last-block bit and type, length, its complement, bytes (RFC 1951, 3.2.4). */
const noHeaders = Buffer.from([0x00, 0x04, 0x00, 0xfb, 0xff, 0, 0, 0, 0]);

/** Go's inflater hands out what it has when it meets an empty block; without one the reply would wait for the next. */
const flush = Buffer.from([0x00, 0x00, 0x00, 0xff, 0xff]);

/** Deflate with a window of 32 KiB and a dictionary, and the check bits that make it a multiple of 31. */
const zlibStart = Buffer.from([0x78, 0xbb, 0xe3, 0xc6, 0xa7, 0xc2]);

const firstEmpty = Buffer.concat([zlibStart, noHeaders, flush]);
const nextEmpty = Buffer.concat([noHeaders, flush]);

/**
 * Header blocks without headers, the only ones that this side writes, for one connection: one zlib stream again, so
 * only the first has zlib's start.
 */
export function emptyHeaderBlocks(): () => Buffer {
  let next = firstEmpty;
  return () => {
    const block = next;
    next = nextEmpty;
    return block;
  };
}
