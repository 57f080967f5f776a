import type { WebSocket } from "ws";
import type { PacedClock } from "../clock.ts";

/** More than this waits in a socket: the command is not read meanwhile. */
const SOCKET_FULL = 1 << 20;

export interface Room {
  /** There may be some again. */
  wake(): void;
  /** Resolves when there is room for another message, or the client is gone. */
  wait(): Promise<void>;
}

/** Waits while too much is on its way. Both outputs of a command may. */
export function createRoom(
  isFull: () => boolean,
  socket: Pick<WebSocket, "readyState" | "OPEN" | "bufferedAmount" | "once">,
  clock: Pick<PacedClock, "sleep">,
): Room {
  const waiting: (() => void)[] = [];
  const wake = (): void => {
    for (const one of waiting.splice(0)) one();
  };
  socket.once("close", wake);
  return {
    wake,
    async wait() {
      while (socket.readyState === socket.OPEN) {
        if (isFull()) await new Promise<void>((resolve) => waiting.push(resolve));
        else if (socket.bufferedAmount > SOCKET_FULL) await clock.sleep(5);
        else return;
      }
    },
  };
}
