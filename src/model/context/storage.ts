import type { StorageVolume } from "../resolved-pod.ts";

/** A driver of CSI whose volumes the cloud mounts by itself: none runs on a virtual node. */
export interface StorageDriver {
  /**
   * Pure. The Secret that the driver looks for by rules of its own, where neither pod nor PersistentVolume names one. Of a
   * volume that is written into the pod, a Secret of the pod's own namespace alone is read: burstlet may read all of them,
   * and the pod's author may not.
   */
  secretOf?(volume: Omit<StorageVolume, "secrets">, namespace: string): SecretName | undefined;
}

export interface SecretName {
  readonly namespace: string;
  readonly name: string;
}
