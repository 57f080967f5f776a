import { Readable } from "node:stream";

import type { WebSocket } from "ws";

/** What waits for a reader, per channel. */
const highWaterMark = 64 << 10;

export interface Inputs {
  of(channel: number): Readable;
  push(channel: number, data: Buffer): void;
  end(channel: number): void;
  /** Drops what is still unread and to come. */
  drain(): void;
  /** The connection is gone: an input that has not ended never will. */
  breakOff(error: Error): void;
}

/**
 * The channels that carry something from the client. A full one stops the connection's reading as a whole: the
 * protocol has nothing finer.
 */
export function createInputs(ws: WebSocket, channels: readonly number[]): Inputs {
  const full = new Set<number>();
  const over = new Set<number>();
  const inputs = new Map(
    channels.map((channel) => {
      const read = (): void => {
        if (full.delete(channel) && full.size === 0) ws.resume();
      };
      // It is destroyed with an error, so that nobody takes the client's death for the end of what it had to say.
      return [channel, new Readable({ highWaterMark, read }).on("error", () => undefined)] as const;
    }),
  );
  return {
    of(channel) {
      const input = inputs.get(channel);
      if (input === undefined) throw new Error(`channel ${channel} carries nothing from the client`);
      return input;
    },
    push(channel, data) {
      const input = inputs.get(channel);
      if (input === undefined || input.destroyed || over.has(channel) || input.push(data)) return;
      full.add(channel);
      ws.pause();
    },
    end(channel) {
      if (over.has(channel)) return;
      over.add(channel);
      inputs.get(channel)?.push(null);
    },
    drain: () => inputs.forEach((input) => void input.resume()),
    breakOff: (error) => inputs.forEach((input) => void input.destroy(error)),
  };
}
