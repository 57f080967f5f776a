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
  for (;;) {
    signal.throwIfAborted();
    try {
      const { gitVersion } = await cluster.version();
      return { clusterUid: clusterID ?? (await cluster.clusterUid()), kubernetes: gitVersion };
    } catch {
      await clock.sleep(AGAIN_MS, signal);
    }
  }
}
