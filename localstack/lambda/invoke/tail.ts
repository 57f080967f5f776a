/** The last 4 KB of what is added, line by line. */
export interface Tail {
  add(line: string): void;
  text(): string;
}

const size = 4096;

export function createTail(): Tail {
  let lines: string[] = [];
  let length = 0;
  const text = (): string => {
    const bytes = Buffer.from(lines.join(""));
    return bytes.subarray(Math.max(0, bytes.length - size)).toString();
  };
  return {
    text,
    add(line) {
      lines.push(`${line}\n`);
      length += line.length;
      // Now and then, so that a function may write as much as it likes.
      if (length < 16 * size) return;
      lines = [text()];
      length = 0;
    },
  };
}
