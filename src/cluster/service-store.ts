/** All services of the cluster, kept by a watch: what service variables are made of. */
import type { Service } from "../model/kube.ts";
import type { Cluster } from "./cluster.ts";

export interface ServiceStore {
  list(): readonly Service[];
  /** Resolves when every service has been told once: before that, a pod would get too few variables. */
  readonly synced: Promise<void>;
  /** Watches until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

export function createServiceStore(cluster: Pick<Cluster, "watchServices">): ServiceStore {
  const services = new Map<string, Service>();
  const { promise: synced, resolve } = Promise.withResolvers<void>();
  return {
    list: () => [...services.values()],
    synced,
    run: (signal) =>
      cluster.watchServices(
        {
          changed: (service) => void services.set(service.metadata?.uid ?? "", service),
          removed: (service) => void services.delete(service.metadata?.uid ?? ""),
          synced: resolve,
        },
        signal,
      ),
  };
}
