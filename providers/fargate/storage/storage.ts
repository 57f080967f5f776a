/** Storage of a pod as volumes of its task: file systems of EFS, and one volume of EBS that lives as long as the task. Pure. */
import type { TaskVolumeConfiguration, Volume } from "@aws-sdk/client-ecs";
import {
  isGranted,
  type Refusal,
  type ResolvedPod,
  type StorageDriver,
  type StorageVolume,
  volumePath,
} from "../../../src/provider.ts";
import type { FargateRequest } from "../request.ts";
import type { TranslateContext } from "../translate/context.ts";
import { type Disk, diskOf, ebsDriver } from "./ebs.ts";
import { efsConfiguration, efsDriver, fileSystemOf, type Judged } from "./efs.ts";

/** As Provider.storage: neither driver looks for a Secret. */
export const storage: Readonly<Record<string, StorageDriver>> = { [efsDriver]: {}, [ebsDriver]: {} };

/** A volume of the task; `undefined`: it is refused. `folder`: of the file system. */
export function storageVolume(volume: StorageVolume, name: string, folder: string): Volume | undefined {
  if (volume.driver === ebsDriver) return { name, configuredAtLaunch: true };
  const fileSystem = volume.driver === efsDriver ? fileSystemOf(volume).found : undefined;
  return fileSystem && { name, efsVolumeConfiguration: efsConfiguration(fileSystem, folder) };
}

/** Is it empty when the task starts, and of nobody else? */
export function isScratch({ driver }: StorageVolume): boolean {
  return driver === ebsDriver;
}

export function isReadOnly(volume: StorageVolume): boolean {
  return volume.readOnly || (volume.driver === efsDriver && fileSystemOf(volume).found?.readOnly === true);
}

/** What RunTask says of the volumes that the definition leaves open. */
export function volumeConfigurations(
  pod: ResolvedPod,
  { config }: Pick<TranslateContext, "config">,
  tags: FargateRequest["tags"],
): readonly TaskVolumeConfiguration[] {
  return storageIn(pod).flatMap((volume) => {
    const disk = volume.driver === ebsDriver && isMounted(pod, volume) ? diskIn(pod, volume).found : undefined;
    if (disk === undefined || config.infrastructureRoleArn === undefined) return [];
    const tagSpecifications = [{ resourceType: "volume" as const, tags: [...tags] }];
    return [
      { name: volume.name, managedEBSVolume: { ...disk, tagSpecifications, roleArn: config.infrastructureRoleArn } },
    ];
  });
}

/** `taskRoleArn`: what the task will have. */
export function storageRefusals(
  pod: ResolvedPod,
  context: TranslateContext,
  taskRoleArn: string | undefined,
): readonly Refusal[] {
  const volumes = storageIn(pod);
  const disks = volumes.filter(({ driver }) => driver === ebsDriver);
  return volumes.flatMap((volume) => {
    const path = volumePath(pod.pod, volume.name);
    const reasons = [
      ...(volume.driver === efsDriver ? fileSystemReasons(pod, volume, context, taskRoleArn) : []),
      ...(volume.driver === ebsDriver ? diskReasons(pod, volume, context) : []),
      // What stands in the pod itself the table of fields refuses.
      ...(Object.hasOwn(storage, volume.driver) || volume.claim === undefined
        ? []
        : [`${only} This one is of ${volume.driver}.`]),
      ...(Object.keys(volume.secrets).length > 0 ? ["ECS opens volumes by roles alone: leave its Secret out."] : []),
      ...(disks.length > 1 && volume !== disks[0] ? ["A task has one volume of EBS at most: leave one out."] : []),
    ];
    return [...new Set(reasons)].map((sentence) => ({ path, sentence }));
  });
}

const only = `Of storage a task has file systems of ${efsDriver}, and one volume of ${ebsDriver} that is written into the pod.`;

function fileSystemReasons(
  pod: ResolvedPod,
  volume: StorageVolume,
  context: TranslateContext,
  taskRoleArn: string | undefined,
): readonly string[] {
  const { found, reasons = [] } = fileSystemOf(volume);
  if (found === undefined) return reasons;
  return [
    // A PersistentVolume is made by whoever may make one; what stands in a pod is its author's word alone.
    ...(volume.claim === undefined ? ungranted(pod, context, [found.fileSystemId]) : []),
    ...(hasFolders(pod, volume) && found.accessPointId !== undefined
      ? ["Of an access point ECS mounts its own folder alone: mount it without subPath."]
      : []),
    ...(found.iam && taskRoleArn === undefined
      ? ["With iam ECS opens it with the task's role, and this task has none: give it one."]
      : []),
  ];
}

function diskReasons(pod: ResolvedPod, volume: StorageVolume, context: TranslateContext): readonly string[] {
  if (volume.claim !== undefined) {
    return [
      `ECS makes a volume of EBS for each task and mounts none that exists: write it into the pod, as csi of driver ${ebsDriver}.`,
    ];
  }
  const { found, reasons = [] } = diskIn(pod, volume);
  const named = [found?.kmsKeyId, found?.snapshotId].flatMap((id) => (id === undefined ? [] : [id]));
  return [
    ...reasons,
    ...ungranted(pod, context, named),
    ...(hasFolders(pod, volume) ? ["Of a volume of EBS no folder can be mounted by itself: mount it as a whole."] : []),
    ...(context.config.infrastructureRoleArn === undefined
      ? ["ECS needs a role to make it: set fargate.infrastructureRoleArn of the node's configuration."]
      : []),
  ];
}

function ungranted(
  { namespace, serviceAccountName }: ResolvedPod,
  { grants }: TranslateContext,
  ids: readonly string[],
) {
  const serviceAccount = serviceAccountName || "default";
  const whom = `namespace ${namespace} or its service account ${serviceAccount}`;
  return ids
    .filter((id) => !isGranted(grants, { namespace, serviceAccount }, id))
    .map((id) => `No grant of the node's configuration allows ${id} to ${whom}.`);
}

function storageIn({ volumes }: ResolvedPod): readonly StorageVolume[] {
  return volumes.filter((volume): volume is StorageVolume => volume.kind === "storage");
}

function diskIn({ pod }: ResolvedPod, volume: StorageVolume): Judged<Disk> {
  const written = (pod.spec?.volumes ?? []).find(({ name }) => name === volume.name);
  return diskOf(volume, written?.csi?.fsType || undefined);
}

/** By a container of this attempt: the others are not in the task. */
function isMounted({ containers }: ResolvedPod, { name }: StorageVolume): boolean {
  return containers.some(({ mounts }) => mounts.some(({ volume }) => volume === name));
}

function hasFolders({ containers }: ResolvedPod, { name }: StorageVolume): boolean {
  return containers.some(({ mounts }) => mounts.some(({ volume, subPath = "" }) => volume === name && subPath !== ""));
}
