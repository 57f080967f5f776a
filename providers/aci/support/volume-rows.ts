import {
  changed,
  isMentioned,
  isNot,
  kept,
  type Pod,
  refused,
  type SupportRow,
  isAutomountedToken,
  type RawVolume,
} from "../../../src/provider.ts";
import { azureFilesDriver } from "../translate/azure-files.ts";
import type { AciRow } from "./row.ts";

const at = "spec.volumes[]";

/** Kinds whose files the group is given. */
const fileKinds = ["configMap", "downwardAPI", "projected", "secret"] as const;

/** Mode bits of somebody who may execute; the mode that the API server sets where nobody does. */
const executable = 0o111;
const usualMode = 0o644;

/** Why a kind of volume does not exist here, and what to do instead. */
const otherKinds: Readonly<Record<string, string>> = {
  ephemeral: "Volume claims cannot be mounted here: use emptyDir for scratch space.",
  gitRepo: "Volumes of kind gitRepo are not available here: clone in an init container into an emptyDir.",
  hostPath: "Every group has a machine of its own, on which there are no files: use an emptyDir.",
  image: "Image volumes are not available here: copy the files in an init container into an emptyDir.",
};

const disks =
  "awsElasticBlockStore azureDisk cephfs cinder fc flexVolume flocker gcePersistentDisk glusterfs iscsi nfs " +
  "photonPersistentDisk portworxVolume quobyte rbd scaleIO storageos vsphereVolume";

export const volumeRows: readonly AciRow[] = [
  kept(`${at}.name`, "Kept; in Azure the volume has another name."),
  refused(
    `${at}.emptyDir.medium`,
    "Huge pages are not available here: use Memory or leave medium out.",
    isNot("Memory"),
  ),
  changed(
    `${at}.emptyDir.medium`,
    "On the group's disk: Azure has no volumes in memory.",
    (medium) => medium === "Memory",
  ),
  changed(
    `${at}.emptyDir.sizeLimit`,
    "All containers share the group's disk of 50 GB, and nothing ends a pod that writes more than this.",
    isMentioned,
  ),
  ...fileKinds.flatMap(fileRows),
  {
    path: `${at}.projected`,
    effect: "changed",
    sentence: "The automounted service account token is left out: the program cannot call the API server with it.",
    find: inVolumes("projected", isAutomountedToken),
  },
  {
    path: `${at}.projected`,
    effect: "changed",
    sentence: "A service account token in it is never renewed: it ends when it expires.",
    find: inVolumes(
      "projected",
      (volume) =>
        !isAutomountedToken(volume) &&
        (volume.projected?.sources ?? []).some((one) => isMentioned(one.serviceAccountToken)),
    ),
  },
  kept(`${at}.azureFile`, "Kept: the group mounts the share with the key of the Secret."),
  kept(`${at}.csi`, "Kept for Azure Files: the group mounts the share with the key of the Secret."),
  {
    path: `${at}.csi`,
    effect: "refused",
    sentence: `CSI drivers do not run here, and of their volumes those of ${azureFilesDriver} alone are mounted: use a share of Azure Files.`,
    find: inVolumes("csi", ({ csi }) => csi !== undefined && csi.driver !== azureFilesDriver),
  },
  changed(
    `${at}.persistentVolumeClaim`,
    "Of volumes of Azure Files the group mounts the share, with options of its own and not those of mountOptions; every other volume is refused.",
    isMentioned,
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

/** About volumes as a whole; the fields in them have rows of their own. */
export const emptyDirRows: readonly AciRow[] = [
  kept(`${at}.emptyDir`, "Kept while the group lives, also when a container runs again."),
];

function fileRows(kind: (typeof fileKinds)[number]): readonly AciRow[] {
  const path = `${at}.${kind}`;
  return [
    {
      path,
      effect: "changed",
      sentence: "Its files are those of the start: later changes of what they are made of do not reach the group.",
      find: inVolumes(kind, (volume) => isMentioned(volume[kind]) && !isAutomountedToken(volume)),
    },
    {
      path,
      effect: "changed",
      sentence: "Azure sets its own modes of files.",
      find: inVolumes(kind, (volume) =>
        modesOf(volume[kind]).some((mode) => mode !== usualMode && !isExecutable(mode)),
      ),
    },
    {
      path,
      effect: "refused",
      sentence: "Azure sets its own modes of files, and none can be executed: run scripts by sh, and remove the mode.",
      find: inVolumes(kind, (volume) => modesOf(volume[kind]).some(isExecutable)),
    },
  ];
}

const isExecutable = (mode: number): boolean => (mode & executable) !== 0;

/** `defaultMode` and the `mode` of every item, however deep. */
function modesOf(part: unknown): readonly number[] {
  if (typeof part !== "object" || part === null) return [];
  return Object.entries(part).flatMap(([name, value]) =>
    (name === "mode" || name === "defaultMode") && typeof value === "number" ? [value] : modesOf(value),
  );
}

function inVolumes(field: string, test: (volume: RawVolume, pod: Pod) => boolean): NonNullable<SupportRow["find"]> {
  return (pod) =>
    (pod.spec?.volumes ?? []).flatMap((volume, index) =>
      test(volume, pod) ? [`spec.volumes[${index}].${field}`] : [],
    );
}
