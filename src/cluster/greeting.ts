/** The first words with the API server: who is the cluster, and which Kubernetes does it speak? */
import type { Clock } from "../model/clock.ts";
import type { Cluster } from "./cluster.ts";

const AGAIN_MS = 2_000;

export interface Greeting {
  readonly clusterUid: string;
  /** e.g. `v1.36.3` */
  readonly kubernetes: string;
}

/** Asks until the API server answers, or rejects with the signal's reason. The cluster's own health log tells why it waits. */
export async function greet(
  cluster: Pick<Cluster, "clusterUid" | "version">,
  clusterID: string | undefined,
  clock: Clock,
  signal: AbortSignal,
): Promise<Greeting> {
  const ask = async (): Promise<Greeting> => {
    const { gitVersion } = await cluster.version();
    return { clusterUid: clusterID ?? (await cluster.clusterUid()), kubernetes: gitVersion };
  };
  // An API server that is silent holds a request for half a minute; a stop must not wait for it.
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  stopped.catch(() => undefined);
  signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  for (;;) {
    signal.throwIfAborted();
    try {
      return await Promise.race([ask(), stopped]);
    } catch {
      await clock.sleep(AGAIN_MS, signal);
    }
  }
}
