/** Pieces of a stream that come together, as one: the agent sends 1,024 bytes at most, and each handing on has its price. Pure. */
import type { ChannelEvent } from "./channel.ts";
import { payloadTypes } from "./message.ts";

export interface Gathering {
  /** In its order; what is no piece of a stream is told at once, behind all before it. */
  take(event: ChannelEvent): void;
  /** Tells what waits. */
  flush(): void;
}

const streams: ReadonlySet<number> = new Set([payloadTypes.output, payloadTypes.stderr]);

export function createGathering(tell: (event: ChannelEvent) => void): Gathering {
  let type = 0;
  let pieces: Buffer[] = [];
  const flush = (): void => {
    if (pieces.length === 0) return;
    const bytes = pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
    pieces = [];
    tell({ is: "data", type, bytes });
  };
  return {
    take(event) {
      const isPiece = event.is === "data" && streams.has(event.type);
      if (!isPiece || event.type !== type) flush();
      if (!isPiece) return tell(event);
      type = event.type;
      pieces.push(event.bytes);
    },
    flush,
  };
}
