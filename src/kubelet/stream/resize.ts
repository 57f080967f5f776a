import { Transform } from "node:stream";

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** No size takes this many characters. */
const longest = 1024;

/**
 * Sizes out of concatenated JSON objects `{"Width":80,"Height":24}`, which messages may split anywhere. Behind
 * something else nothing is read any more: the kubelet stops there too.
 */
export function resizeParser(): (text: string) => TerminalSize[] {
  let rest = "";
  let broken = false;
  return (text) => {
    if (broken) return [];
    const parts = (rest + text).split("}");
    rest = parts.pop() ?? "";
    const sizes: TerminalSize[] = [];
    for (const part of parts) {
      const size = sizeOf(`${part}}`);
      if (size === undefined) {
        broken = true;
        return sizes;
      }
      sizes.push(size);
    }
    if (rest.length > longest) broken = true;
    return sizes;
  };
}

/** Bytes of a resize stream in, TerminalSizes out. */
export function resizeDecoder(): Transform {
  const parse = resizeParser();
  return new Transform({
    readableObjectMode: true,
    transform(chunk: Buffer, _encoding, done) {
      for (const size of parse(chunk.toString("latin1"))) this.push(size);
      done();
    },
  });
}

function sizeOf(json: string): TerminalSize | undefined {
  let parsed: { Width?: unknown; Height?: unknown } | null;
  try {
    parsed = JSON.parse(json) as { Width?: unknown; Height?: unknown } | null;
  } catch {
    return undefined;
  }
  const columns = cells(parsed?.Width);
  const rows = cells(parsed?.Height);
  return columns === undefined || rows === undefined ? undefined : { columns, rows };
}

/** An unsigned number of 16 bits; Go leaves out what is zero. */
function cells(value: unknown): number | undefined {
  if (value === undefined) return 0;
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 0xffff ? value : undefined;
}
