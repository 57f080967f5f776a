/**
 * Log records on disk: the CRI text format, one record a line: `<time> <stream> <F|P> <bytes>`.
 * `F` ends a line of the container's output, `P` is a piece of one that goes on in the next record of the stream.
 */
import { rfc3339Nano, type LogRecord } from "../../../src/provider.ts";

/** A longer line is cut into partial records, as containerd does (its default `max_container_log_line_size`). */
export const maxRecordBytes = 16 * 1024;

export const newline = 0x0a;
const space = 0x20;

/** One record as a line, with its line end. */
export function formatRecord(record: LogRecord): Buffer {
  const head = Buffer.from(`${record.time} ${record.stream} ${record.partial ? "P" : "F"} `);
  return Buffer.concat([head, record.bytes, Buffer.from("\n")]);
}

/** The record of a line without its line end; `undefined` for a line torn by a crash in the middle of a write. */
export function parseRecord(line: Buffer): LogRecord | undefined {
  const timeEnd = line.indexOf(space);
  const streamEnd = line.indexOf(space, timeEnd + 1);
  if (timeEnd < 1 || streamEnd < 0 || line[streamEnd + 2] !== space) return undefined;
  const stream = line.toString("latin1", timeEnd + 1, streamEnd);
  if (stream !== "stdout" && stream !== "stderr") return undefined;
  return {
    time: line.toString("latin1", 0, timeEnd),
    stream,
    partial: line[streamEnd + 1] === 0x50,
    bytes: line.subarray(streamEnd + 3),
  };
}

/** Is this line (as for `parseRecord`) the end of a line of output? What is torn counts as none. */
export function endsLine(line: Buffer): boolean {
  return parseRecord(line)?.partial === false;
}

/** Pieces of output in, records' bytes out; keeps what has no line end yet. One for each stream. */
export interface LineSplitter {
  push(chunk: Buffer): readonly { readonly bytes: Buffer; readonly partial: boolean }[];
  /** What is left when the stream ends: a last line without a line end is a whole record. */
  end(): readonly { readonly bytes: Buffer; readonly partial: boolean }[];
}

export function lineSplitter(): LineSplitter {
  let rest: Buffer = Buffer.alloc(0);
  return {
    push(chunk) {
      const pieces: { bytes: Buffer; partial: boolean }[] = [];
      let data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      while (data.length > 0) {
        const end = data.indexOf(newline);
        if (end >= 0 && end <= maxRecordBytes) {
          pieces.push({ bytes: data.subarray(0, end), partial: false });
          data = data.subarray(end + 1);
        } else if (data.length > maxRecordBytes) {
          pieces.push({ bytes: data.subarray(0, maxRecordBytes), partial: true });
          data = data.subarray(maxRecordBytes);
        } else break;
      }
      rest = Buffer.from(data);
      return pieces;
    },
    end() {
      const last = rest;
      rest = Buffer.alloc(0);
      return last.length === 0 ? [] : [{ bytes: last, partial: false }];
    },
  };
}

/**
 * RFC 3339 times with 9 fraction digits that rise strictly, so that a reader can go on after a given one:
 * within one millisecond the digits below it count the records.
 */
export function risingTimes(now: () => number): () => string {
  let last = -1;
  let count = 0;
  return () => {
    const ms = Math.max(Math.floor(now()), last);
    count = ms === last ? count + 1 : 0;
    if (count > 999_999) {
      last += 1;
      count = 0;
    } else last = ms;
    return `${rfc3339Nano(last).slice(0, -"000000Z".length)}${String(count).padStart(6, "0")}Z`;
  };
}
