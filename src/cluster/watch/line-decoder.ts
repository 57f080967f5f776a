/** Cuts a stream of bytes into lines without their end. What follows the last line break is kept for the next chunk. */
export interface LineDecoder {
  push(chunk: Buffer): void;
}

const lineBreak = 0x0a;

/** Linear in the bytes: a long line is joined once, at its end, and decoded as a whole, so no character is torn. */
export function createLineDecoder(onLine: (line: string) => void): LineDecoder {
  let parts: Buffer[] = [];
  return {
    push(chunk) {
      let start = 0;
      for (let end = chunk.indexOf(lineBreak); end !== -1; end = chunk.indexOf(lineBreak, start)) {
        if (parts.length === 0) {
          onLine(chunk.toString("utf8", start, end));
        } else {
          const line = Buffer.concat([...parts, chunk.subarray(start, end)]).toString();
          parts = [];
          onLine(line);
        }
        start = end + 1;
      }
      if (start < chunk.length) parts.push(start === 0 ? chunk : chunk.subarray(start));
    },
  };
}
