import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

/** What a process writes, line by line. */
export interface Lines {
  /**
   * Resolves once everything has been read that has been written by now, and tells a line that has no end yet. A pipe that
   * has something is read in the next turn of the event loop, so after a turn without anything there is nothing.
   */
  drained(): Promise<void>;
}

/** One event of CloudWatch Logs has at most 256 KB; longer lines are cut there. */
const longest = 256 * 1024 - 26;

export function linesOf(streams: readonly Readable[], write: (line: string) => void): Lines {
  let heard = 0;
  const begun = streams.map((stream) => {
    const decoder = new StringDecoder("utf8");
    const buffer = { text: "" };
    stream.on("data", (chunk: Buffer) => {
      heard++;
      const parts = (buffer.text + decoder.write(chunk)).split("\n");
      buffer.text = parts.pop() ?? "";
      for (const part of parts) tell(part);
      if (buffer.text.length > longest) flush(buffer);
    });
    return buffer;
  });
  function tell(line: string): void {
    for (let at = 0; at === 0 || at < line.length; at += longest) write(line.slice(at, at + longest));
  }
  function flush(buffer: { text: string }): void {
    if (buffer.text !== "") tell(buffer.text);
    buffer.text = "";
  }
  return {
    async drained() {
      for (let quiet = 0, before = heard; quiet < 2;) {
        await new Promise((resolve) => setImmediate(resolve));
        quiet = heard === before ? quiet + 1 : 0;
        before = heard;
      }
      for (const buffer of begun) flush(buffer);
    },
  };
}
