import { type Readable, Transform } from "node:stream";
import type { Clock, TerminalSize } from "../../provider.ts";

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

/** How long a command waits for a client that asked for a terminal to tell its size, milliseconds; kubectl does at once. */
const sizeWait = 250;

/** The first of a client's TerminalSizes, which stays among them. `undefined`: none comes soon, or at all. */
export async function firstSize(
  sizes: Readable | undefined,
  clock: Clock,
  signal: AbortSignal,
): Promise<TerminalSize | undefined> {
  if (sizes === undefined || sizes.destroyed || signal.aborted) return undefined;
  const first = Promise.withResolvers<TerminalSize | undefined>();
  const none = (): void => first.resolve(undefined);
  const look = (): void => {
    const size = sizes.read() as TerminalSize | null;
    if (size === null) return;
    sizes.off("readable", look).unshift(size);
    first.resolve(size);
  };
  const cancel = clock.after(sizeWait, none);
  signal.addEventListener("abort", none, { once: true });
  sizes.on("readable", look).once("end", none).once("close", none);
  try {
    const size = await first.promise;
    // Some clients tell zero before they know better.
    return size === undefined || size.columns === 0 || size.rows === 0 ? undefined : size;
  } finally {
    cancel();
    signal.removeEventListener("abort", none);
    sizes.off("readable", look).off("end", none).off("close", none);
  }
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
