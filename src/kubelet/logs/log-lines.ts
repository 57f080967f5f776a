import type { LogRecord } from "../../provider.ts";
import type { LogOptions } from "./options.ts";

export interface LogLines {
  /** What the client gets of these records. */
  render(records: readonly LogRecord[]): Buffer;
  /** True once `limitBytes` are out: nothing more will come. */
  readonly full: boolean;
}

const lineEnd = Buffer.from("\n");

/**
 * Turns records into the text of the log, as the kubelet does (k8s.io/cri-client pkg/logs): records older than
 * `since` are left out, parts of a line are joined, the time stands at the start of a line alone, and `limitBytes`
 * counts what is written, times included, and cuts inside a line.
 */
export function logLines(options: LogOptions): LogLines {
  let left = options.limitBytes ?? Infinity;
  let atLineStart = true;

  const isWanted = (record: LogRecord): boolean => {
    if (options.since !== undefined && record.time < options.since) return false;
    return options.stream === "All" || options.stream.toLowerCase() === record.stream;
  };

  return {
    render(records) {
      const pieces: Buffer[] = [];
      const add = (bytes: Buffer): void => {
        const piece = bytes.length > left ? bytes.subarray(0, left) : bytes;
        left -= piece.length;
        pieces.push(piece);
      };
      for (const record of records) {
        if (left <= 0) break;
        if (!isWanted(record)) continue;
        if (options.timestamps && atLineStart) add(Buffer.from(`${record.time} `));
        add(record.bytes);
        if (!record.partial) add(lineEnd);
        atLineStart = !record.partial;
      }
      return Buffer.concat(pieces);
    },
    get full() {
      return left <= 0;
    },
  };
}
