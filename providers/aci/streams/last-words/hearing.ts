import type { Clock } from "../../../../src/provider.ts";

export interface HeardLine {
  /** When its end came: milliseconds since 1970. */
  readonly at: number;
  readonly text: string;
}

export interface Hearing {
  /** So far; the newest of many. A line that has no end yet is one of them once the stream has ended. */
  readonly lines: readonly HeardLine[];
  /** Resolves when the stream has ended, well or not. */
  readonly ended: Promise<void>;
  /** Resolves with the stream's end, and after so many milliseconds all the same; nothing is heard after that. */
  endWithin(ms: number): Promise<void>;
}

/** Characters that are held; of more the oldest lines go first. */
const room = 1 << 20;

/** Lines of a container's output, as they come. */
export function listenTo(stream: AsyncIterable<Buffer>, clock: Clock): Hearing {
  const lines: HeardLine[] = [];
  const decoder = new TextDecoder();
  let open = "";
  let size = 0;
  let isOver = false;
  const take = (text: string, isLast: boolean): void => {
    const parts = (open + text).split("\n");
    open = isLast ? "" : (parts.pop() ?? "");
    if (isLast && parts.at(-1) === "") parts.pop();
    for (const part of parts) {
      lines.push({ at: clock.now(), text: part.replace(/\r$/, "") });
      size += part.length;
    }
    while (size > room) size -= lines.shift()?.text.length ?? size;
  };
  const hear = async (): Promise<void> => {
    for await (const bytes of stream) {
      if (isOver) return;
      take(decoder.decode(bytes, { stream: true }), false);
    }
  };
  const ended = hear()
    .catch(() => undefined)
    .then(() => {
      if (!isOver) take(decoder.decode(), true);
      isOver = true;
    });
  return {
    lines,
    ended,
    async endWithin(ms) {
      const late = Promise.withResolvers<void>();
      const cancel = clock.after(ms, late.resolve);
      await Promise.race([ended, late.promise]).finally(cancel);
      isOver = true;
    },
  };
}
