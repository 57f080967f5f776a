import type { Clock } from "../../src/model/clock.ts";
import type { TaskRecord } from "./task/record.ts";

/**
 * What RunTask remembers of client tokens: by cluster, for 24 hours or until an hour after the end of the tasks,
 * whichever comes first (ECS_Idempotency).
 */
export interface Tokens {
  find(cluster: string, token: string): RememberedLaunch | undefined;
  remember(cluster: string, token: string, launch: RememberedLaunch): void;
}

export interface RememberedLaunch {
  /** The request without its token. */
  readonly parameters: string;
  readonly tasks: readonly TaskRecord[];
}

const hour = 3_600_000;

export function createTokens(clock: Clock): Tokens {
  const known = new Map<string, RememberedLaunch & { readonly at: number }>();
  return {
    find(cluster, token) {
      const key = `${cluster} ${token}`;
      const launch = known.get(key);
      if (launch === undefined) return undefined;
      const ended = Math.max(...launch.tasks.map(({ stoppedAt = Infinity }) => stoppedAt));
      if (clock.now() < Math.min(launch.at + 24 * hour, ended + hour)) return launch;
      known.delete(key);
      return undefined;
    },
    remember(cluster, token, launch) {
      const key = `${cluster} ${token}`;
      known.set(key, { ...launch, at: clock.now() });
      clock.after(24 * hour, () => known.delete(key));
    },
  };
}
