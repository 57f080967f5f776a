import type { Clock, TerminalSize } from "../../../../src/provider.ts";
import type { TerminalSession } from "./terminal.ts";

/** Milliseconds between two sizes: each costs a write of Azure Resource Manager's, which allows ten a second. */
const pause = 1_000;

export type Resize = (session: TerminalSession, columns: number, rows: number) => void;

/** Of a burst of sizes the last one is set; the first at once, and none that it has. `size`: of the beginning. */
export function createResizer(
  clock: Clock,
  { columns, rows }: TerminalSize,
  set: (session: TerminalSession, columns: number, rows: number) => Promise<void>,
): Resize {
  let present = `${columns} ${rows}`;
  let wanted: (() => Promise<void>) | undefined;
  let busy = false;
  const work = async (): Promise<void> => {
    busy = true;
    while (wanted !== undefined) {
      const next = wanted;
      wanted = undefined;
      await next();
      await clock.sleep(pause);
    }
    busy = false;
  };
  return (session, ...size) => {
    if (size.join(" ") === present) return;
    present = size.join(" ");
    wanted = async () => set(session, ...size);
    if (!busy) void work();
  };
}
