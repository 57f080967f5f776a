/**
 * Of a burst of sizes only the newest is sent, one request at a time. A refusal is no trouble of anybody's: the
 * process has just ended, or its terminal is not there yet, so it is tried a few times more.
 */
import type { Clock } from "../../../../../src/provider.ts";

const tries = 5;
const pause = 50;

export function resizer(
  send: (columns: number, rows: number) => Promise<void>,
  clock: Clock,
): (columns: number, rows: number) => void {
  let wanted: { readonly columns: number; readonly rows: number } | undefined;
  let busy = false;
  async function work(): Promise<void> {
    for (let left = tries; wanted !== undefined && left > 0;) {
      const size = wanted;
      try {
        await send(size.columns, size.rows);
        if (wanted === size) wanted = undefined;
      } catch {
        left -= 1;
        await clock.sleep(pause);
      }
    }
    wanted = undefined;
    busy = false;
  }
  return (columns, rows) => {
    wanted = { columns, rows };
    if (busy) return;
    busy = true;
    void work();
  };
}
