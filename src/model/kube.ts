/**
 * Kubernetes objects as they travel: JSON, with timestamps as RFC 3339 strings.
 * `@kubernetes/client-node` types them with `Date`; we read raw JSON, so every Date is a string here.
 */
import type {
  V1CertificateSigningRequest,
  V1ConfigMap,
  V1Container,
  V1ContainerState,
  V1ContainerStatus,
  V1Lease,
  V1NetworkPolicy,
  V1Node,
  V1NodeCondition,
  V1PersistentVolume,
  V1PersistentVolumeClaim,
  V1Pod,
  V1PodCondition,
  V1PodSpec,
  V1PodStatus,
  V1Secret,
  V1Service,
  V1Taint,
  V1Volume,
} from "@kubernetes/client-node";

export type Wire<T> = T extends Date
  ? string
  : T extends readonly (infer U)[]
    ? Wire<U>[]
    : T extends object
      ? { [K in keyof T]: Wire<T[K]> }
      : T;

export type Pod = Wire<V1Pod>;
export type PodSpec = Wire<V1PodSpec>;
export type PodStatus = Wire<V1PodStatus>;
export type PodCondition = Wire<V1PodCondition>;
export type Container = Wire<V1Container>;
export type ContainerStatus = Wire<V1ContainerStatus>;
export type KubeContainerState = Wire<V1ContainerState>;
export type Volume = Wire<V1Volume>;
export type NetworkPolicy = Wire<V1NetworkPolicy>;
export type Node = Wire<V1Node>;
export type NodeCondition = Wire<V1NodeCondition>;
export type Taint = Wire<V1Taint>;
export type Lease = Wire<V1Lease>;
export type PersistentVolume = Wire<V1PersistentVolume>;
export type PersistentVolumeClaim = Wire<V1PersistentVolumeClaim>;
export type ConfigMap = Wire<V1ConfigMap>;
export type Secret = Wire<V1Secret>;
export type Service = Wire<V1Service>;
export type CertificateSigningRequest = Wire<V1CertificateSigningRequest>;
