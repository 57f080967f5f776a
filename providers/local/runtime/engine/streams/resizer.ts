/**
 * Of a burst of sizes only the newest is sent, one request at a time. A refusal is no trouble of anybody's: the
 * process has just ended, or its terminal is not there yet, so it is tried a few times more. What was sent last is sent
 * once again when it has rested: podman's conmon (2.1) loses or mixes sizes that reach it together.
 */
import type { Clock, TerminalSize } from "../../../../../src/provider.ts";

const tries = 5;
const pause = 50;
const rest = 200;

export function resizer(
  send: (columns: number, rows: number) => Promise<void>,
  clock: Clock,
): (columns: number, rows: number) => void {
  let wanted: TerminalSize | undefined;
  let busy = false;
  /** Sends until nothing newer is wanted. Resolves to what was sent last, if anything was taken. */
  async function catchUp(): Promise<TerminalSize | undefined> {
    let taken: TerminalSize | undefined;
    for (let left = tries; wanted !== undefined && left > 0;) {
      const size = wanted;
      try {
        await send(size.columns, size.rows);
        taken = size;
        if (wanted === size) wanted = undefined;
      } catch {
        left -= 1;
        await clock.sleep(pause);
      }
    }
    wanted = undefined;
    return taken;
  }
  async function work(): Promise<void> {
    do {
      const taken = await catchUp();
      if (taken === undefined) break;
      await clock.sleep(rest);
      if (wanted === undefined) await send(taken.columns, taken.rows).catch(() => undefined);
    } while (wanted !== undefined);
    busy = false;
  }
  return (columns, rows) => {
    wanted = { columns, rows };
    if (busy) return;
    busy = true;
    void work();
  };
}
