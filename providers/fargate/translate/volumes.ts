/** Volumes of the task: an emptyDir on disk, files of the cluster, storage; in memory a tmpfs of the one container that mounts it. Pure. */
import type { ContainerDefinition, Tmpfs, Volume } from "@aws-sdk/client-ecs";
import {
  type Pod,
  type ResolvedContainer,
  type ResolvedPod,
  type ResolvedVolume,
  writtenContainers,
} from "../../../src/provider.ts";
import { type Part, partOf, partsOf } from "../files/parts.ts";
import { isReadOnly, isScratch, storageVolume } from "../storage/storage.ts";

const MiB = 2 ** 20;

type EmptyDir = Extract<ResolvedVolume, { kind: "emptyDir" }>;

/** A tmpfs of Fargate belongs to one container and has a size; an emptyDir in memory that is anything else is on disk. */
export function isTmpfs(pod: Pod, { name, limited }: { readonly name: string; readonly limited: boolean }): boolean {
  const mounts = writtenContainers(pod).flatMap(({ container }) =>
    (container.volumeMounts ?? []).filter((mount) => mount.name === name),
  );
  return limited && mounts.length === 1;
}

export function taskVolumes(pod: ResolvedPod): Volume[] {
  return partsOf(pod)
    .filter(isOnDisk(pod))
    .map(({ name, storage, subPath }) => (storage && storageVolume(storage, name, subPath)) ?? { name });
}

/** Is it a volume of the task, and no tmpfs of one container? */
function isOnDisk(pod: ResolvedPod): (part: Part) => boolean {
  const inMemory = new Set(emptyDirs(pod).flatMap((one) => (sizeOfTmpfs(pod, one) === undefined ? [] : [one.name])));
  return ({ volume }) => !inMemory.has(volume);
}

/** Does the container for files prepare it? What others share it leaves as it is. */
export function isPrepared(pod: ResolvedPod): (part: Part) => boolean {
  const isTasks = isOnDisk(pod);
  return (part) => isTasks(part) && (part.storage === undefined || isScratch(part.storage));
}

/** Bytes that its volumes may come to on the task's disk, as far as they have limits. */
export function limitsOnDisk(pod: ResolvedPod): number {
  const onDisk = emptyDirs(pod).filter((volume) => sizeOfTmpfs(pod, volume) === undefined);
  return onDisk.reduce((sum, { sizeLimit = 0 }) => sum + sizeLimit, 0);
}

/** Mounts of what this task has no volume for are left out: the automounted token's. */
export function mountsOf(
  pod: ResolvedPod,
  { mounts }: Pick<ResolvedContainer, "mounts">,
): Pick<ContainerDefinition, "mountPoints"> & { readonly tmpfs: Tmpfs[] } {
  const parts = partsOf(pod);
  const found = mounts.flatMap((mount) => {
    const part = partOf(parts, mount);
    const emptyDir = emptyDirs(pod).find(({ name }) => name === mount.volume);
    return part === undefined ? [] : [{ mount, part, tmpfs: emptyDir && sizeOfTmpfs(pod, emptyDir) }];
  });
  const points = found.flatMap(({ mount, part, tmpfs }) => {
    // As on every node, who may read the cluster's files may not write them.
    const readOnly = mount.readOnly || part.files !== undefined || (part.storage && isReadOnly(part.storage));
    return tmpfs === undefined
      ? [{ sourceVolume: part.name, containerPath: mount.path, ...(readOnly && { readOnly }) }]
      : [];
  });
  return {
    ...(points.length > 0 && { mountPoints: points }),
    tmpfs: found.flatMap(({ mount, tmpfs: size }) =>
      // Docker's default is noexec, a kubelet's is not.
      size === undefined
        ? []
        : [{ containerPath: mount.path, size, mountOptions: mount.readOnly ? ["ro"] : ["rw", "exec"] }],
    ),
  };
}

function emptyDirs({ volumes }: ResolvedPod): readonly EmptyDir[] {
  return volumes.filter((volume): volume is EmptyDir => volume.kind === "emptyDir");
}

/** MiB. */
function sizeOfTmpfs(pod: ResolvedPod, { name, medium, sizeLimit }: EmptyDir): number | undefined {
  const limited = sizeLimit !== undefined;
  return medium === "memory" && limited && isTmpfs(pod.pod, { name, limited }) ? Math.ceil(sizeLimit / MiB) : undefined;
}
