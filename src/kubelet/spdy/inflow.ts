import type { Duplex } from "node:stream";

import type { SpdyLimits } from "./limits.ts";

/** Reads the connection only while its streams have room for what it brings. */
export interface Inflow {
  /** A stream's unread bytes grew or shrank by `change`; now there are `unread`. */
  buffered(id: number, change: number, unread: number): void;
}

/**
 * Pauses the connection while any stream holds `streamBuffer` unread bytes, or all together `connectionBuffer`. What
 * the connection has read by then still comes: the limits are passed by at most one chunk of it.
 */
export function createInflow(connection: Duplex, limits: SpdyLimits, onPause: (paused: boolean) => void): Inflow {
  const full = new Set<number>();
  let total = 0;
  let paused = false;

  return {
    buffered(id, change, unread) {
      total += change;
      if (unread >= limits.streamBuffer) full.add(id);
      else full.delete(id);
      const pause = full.size > 0 || total >= limits.connectionBuffer;
      if (pause === paused) return;
      paused = pause;
      if (pause) connection.pause();
      else connection.resume();
      onPause(pause);
    },
  };
}
