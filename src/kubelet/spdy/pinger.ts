import type { Clock } from "../../provider.ts";

export interface Pinger {
  /** Starts or stops the pings. */
  run(on: boolean): void;
}

const everyMs = 15_000;

/**
 * Sends PINGs while it runs. A connection that is paused, because nobody reads a stream of it, does not show that its
 * peer is gone: only writing to it does. Ids are even, as a server's are; the peer's answers mean nothing here.
 */
export function createPinger(clock: Clock, ping: (id: number) => void): Pinger {
  let cancel: (() => void) | undefined;
  let id = 0;
  const arm = (): void => {
    cancel = clock.after(everyMs, () => {
      arm();
      id = (id + 2) % 0x7fff_fffe;
      ping(id);
    });
  };
  return {
    run(on) {
      cancel?.();
      cancel = undefined;
      if (on) arm();
    },
  };
}
