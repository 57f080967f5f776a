import {
  changed,
  isMentioned,
  isNot,
  kept,
  quietly,
  type Pod,
  refused,
  type SupportRow,
  isAutomountedToken,
} from "../../../src/provider.ts";
import { asksForToken } from "../files/token.ts";
import { ebsDriver } from "../storage/ebs.ts";
import { efsDriver } from "../storage/efs.ts";
import { isTmpfs } from "../translate/volumes.ts";
import type { FargateRow } from "./row.ts";

const at = "spec.volumes[]";

type Volume = NonNullable<NonNullable<Pod["spec"]>["volumes"]>[number];

const files = "Written once, before the first container starts: a running pod does not see later changes.";

/** Why a kind of volume does not exist here, and what to do instead. */
const otherKinds: Readonly<Record<string, string>> = {
  ephemeral:
    "Nobody provisions claims for a node without disks, and the scheduler waits for that: write the volume into the pod, as csi of driver ebs.csi.aws.com.",
  gitRepo: "Volumes of kind gitRepo are not available here: clone in an init container into an emptyDir.",
  hostPath: "Every task has a machine of its own, on which there are no files: use an emptyDir.",
  image: "Image volumes are not available here: copy the files in an init container into an emptyDir.",
};

const disks =
  "awsElasticBlockStore azureDisk azureFile cephfs cinder fc flexVolume flocker gcePersistentDisk glusterfs iscsi nfs " +
  "photonPersistentDisk portworxVolume quobyte rbd scaleIO storageos vsphereVolume";

export const volumeRows: readonly FargateRow[] = [
  kept(`${at}.name`, "Kept."),
  kept(`${at}.emptyDir.medium`, "Kept: on the task's disk, or in the memory of the container."),
  refused(
    `${at}.emptyDir.medium`,
    "Huge pages are not available here: use Memory or leave medium out.",
    isNot("Memory"),
  ),
  {
    path: `${at}.emptyDir.medium`,
    effect: "changed",
    sentence: "On disk: in memory is only what has a sizeLimit and is mounted by one container, once.",
    find: inVolumes(
      "emptyDir.medium",
      ({ emptyDir, name }, pod) => isInMemory(emptyDir) && !isTmpfsOf(pod, name, emptyDir),
    ),
  },
  {
    path: `${at}.emptyDir.sizeLimit`,
    effect: "changed",
    sentence: "On disk it is part of the size of the task's disk, and nothing ends a pod that writes more.",
    find: inVolumes(
      "emptyDir.sizeLimit",
      ({ emptyDir, name }, pod) => emptyDir?.sizeLimit !== undefined && !isTmpfsOf(pod, name, emptyDir),
    ),
  },
  ...["configMap", "downwardAPI", "secret"].map((kind) => quietly(`${at}.${kind}`, files)),
  quietly(`${at}.projected`, files),
  {
    path: `${at}.projected`,
    effect: "changed",
    sentence:
      "The automounted service account token is left out: the program cannot call the API server with it, unless an annotation asks for it.",
    find: inVolumes(
      "projected",
      (volume, pod) => isAutomountedToken(volume) && !asksForToken(pod.metadata?.annotations),
    ),
  },
  {
    path: `${at}.projected`,
    effect: "changed",
    sentence:
      "A token makes a secret and a task definition for this pod alone, of which AWS registers one a second, and is never renewed.",
    find: inVolumes(
      "projected",
      (volume, pod) => hasToken(volume) && (!isAutomountedToken(volume) || asksForToken(pod.metadata?.annotations)),
    ),
  },
  kept(`${at}.csi`, "Kept for file systems of EFS, each with a grant, and for one volume of EBS, new and empty."),
  {
    ...changed(`${at}.csi`, "A volume of EBS is lost when a container runs again, because that is a new task."),
    find: inVolumes("csi", ({ csi }, { spec }) => isOf(csi, ebsDriver) && spec?.restartPolicy !== "Never"),
  },
  refused(
    `${at}.csi`,
    `CSI drivers do not run here: of their volumes those of ${efsDriver} and one of ${ebsDriver} are mounted by ECS.`,
    (csi) => isMentioned(csi) && !isOf(csi, efsDriver) && !isOf(csi, ebsDriver),
  ),
  kept(
    `${at}.persistentVolumeClaim`,
    `Kept for volumes of ${efsDriver}, as far as ECS has what their handle, attributes and mount options say; others are refused.`,
  ),
  ...Object.entries(otherKinds).map(([kind, sentence]) => refused(`${at}.${kind}`, sentence, isMentioned)),
  ...disks
    .split(" ")
    .map((kind) =>
      refused(
        `${at}.${kind}`,
        `Volumes of kind ${kind} cannot be mounted here: reach the data over the network.`,
        isMentioned,
      ),
    ),
];

/** About emptyDirs as a whole; the fields in them have rows of their own. */
export const emptyDirRows: readonly FargateRow[] = [
  {
    ...changed(`${at}.emptyDir`, "Lost when a container runs again, because that is a new task."),
    find: inVolumes("emptyDir", ({ emptyDir }, { spec }) => isMentioned(emptyDir) && spec?.restartPolicy !== "Never"),
  },
];

function inVolumes(field: string, test: (volume: Volume, pod: Pod) => boolean): NonNullable<SupportRow["find"]> {
  return (pod) =>
    (pod.spec?.volumes ?? []).flatMap((volume, index) =>
      test(volume, pod) ? [`spec.volumes[${index}].${field}`] : [],
    );
}

function isOf(csi: unknown, driver: string): boolean {
  return (csi as { readonly driver?: string } | undefined)?.driver === driver;
}

function isInMemory(emptyDir: Volume["emptyDir"]): boolean {
  return emptyDir?.medium === "Memory";
}

function isTmpfsOf(pod: Pod, name: string, emptyDir: Volume["emptyDir"]): boolean {
  const limited = emptyDir?.sizeLimit !== undefined && emptyDir.sizeLimit !== "0";
  return isInMemory(emptyDir) && isTmpfs(pod, { name, limited });
}

function hasToken({ projected }: Volume): boolean {
  return (projected?.sources ?? []).some(({ serviceAccountToken }) => isMentioned(serviceAccountToken));
}
