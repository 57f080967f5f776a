import { isAutomountedToken, type Pod, changed, isMentioned, isNot, kept, refused } from "../../../src/provider.ts";
import { type LocalRow, on, onlyOn, withoutPrivileges } from "./row.ts";

const at = "spec.volumes[]";

/** Why a kind of volume does not exist here, and what to do instead. */
const otherKinds: Readonly<Record<string, string>> = {
  csi: "CSI drivers do not run here: keep data in a service that the pod reaches over the network.",
  ephemeral: "Volume claims cannot be mounted here: use emptyDir for scratch space.",
  gitRepo: "Volumes of kind gitRepo are not available here: clone in an init container into an emptyDir.",
  persistentVolumeClaim:
    "Volume claims cannot be mounted here: keep data in a service that the pod reaches over the network.",
};

const disks =
  "awsElasticBlockStore azureDisk azureFile cephfs cinder fc flexVolume flocker gcePersistentDisk glusterfs iscsi nfs " +
  "photonPersistentDisk portworxVolume quobyte rbd scaleIO storageos vsphereVolume";

const follows = "within two and a half minutes, or at once where it is watched; a mount by subPath keeps what it had.";
const sources = [
  ["configMap", `Kept: its files follow the ConfigMap ${follows}`],
  ["secret", `Kept: its files follow the Secret ${follows}`],
  ["downwardAPI", "Kept: its files follow labels, annotations and resources; a mount by subPath keeps what it had."],
] as const;
const notUpdated = "Written when the pod starts, and not updated afterwards.";

export const volumeRows: readonly LocalRow[] = [
  kept(`${at}.name`, "Kept."),
  ...sources.flatMap(([kind, sentence]) => [
    kept(`${at}.${kind}`, sentence),
    on(onlyOn("scripted"), changed(`${at}.${kind}`, notUpdated, isMentioned)),
  ]),
  kept(`${at}.emptyDir.medium`, "Kept, on disk or in memory: lives as long as the pod, restarts included."),
  refused(
    `${at}.emptyDir.medium`,
    "Huge pages are not available here: use Memory or leave medium out.",
    isNot("Memory"),
  ),
  {
    ...changed(
      `${at}.emptyDir.sizeLimit`,
      "Enforced only with medium Memory: nothing ends a pod that writes more to a disk.",
    ),
    find: (pod) =>
      (pod.spec?.volumes ?? []).flatMap(({ emptyDir }, index) =>
        emptyDir?.sizeLimit !== undefined && emptyDir.medium !== "Memory"
          ? [`spec.volumes[${index}].emptyDir.sizeLimit`]
          : [],
      ),
  },
  kept(`${at}.projected.defaultMode`, "Kept."),
  refused(
    `${at}.projected.sources[].clusterTrustBundle`,
    "Trust bundles are not available here: use a configMap with the certificates.",
  ),
  ...sources.flatMap(([kind, sentence]) => [
    kept(`${at}.projected.sources[].${kind}`, sentence),
    on(onlyOn("scripted"), {
      ...changed(`${at}.projected.sources[].${kind}`, notUpdated),
      find: projectionsOfUsers(kind),
    }),
  ]),
  refused(
    `${at}.projected.sources[].podCertificate`,
    "Pod certificates are not available here: use a secret with the certificate.",
  ),
  kept(`${at}.projected.sources[].serviceAccountToken`, "Kept, and replaced after 80 % of its life, or a day."),
  on(onlyOn("scripted"), {
    ...changed(`${at}.projected.sources[].serviceAccountToken`, "Not replaced before it expires."),
    find: projectionsOfUsers("serviceAccountToken"),
  }),
  on(
    onlyOn("process", "scripted"),
    refused(
      `${at}.hostPath`,
      "A pod must not see the files of the host here: use configMap, secret or emptyDir.",
      isMentioned,
    ),
  ),
  on(onlyOn("engine"), kept(`${at}.hostPath`, "Kept: of the engine's machine.")),
  on(
    withoutPrivileges,
    refused(
      `${at}.hostPath`,
      "Files of the engine's machine need local.engine.allowPrivileged: true in the node's configuration.",
      isMentioned,
    ),
  ),
  on(
    onlyOn("engine"),
    changed(
      `${at}.hostPath.type`,
      "Nothing is looked at: where nothing is, podman makes a folder, and with Docker the container waits.",
      isNot("DirectoryOrCreate"),
    ),
  ),
  on(onlyOn("engine"), kept(`${at}.image`, "Kept, read-only: podman, or Docker 28 and newer.")),
  on(
    onlyOn("process", "scripted"),
    refused(
      `${at}.image`,
      "Image volumes are not available on this runtime: copy the files in an init container into an emptyDir.",
      isMentioned,
    ),
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

/** Kubernetes adds a projected volume to nearly every pod, which nobody needs to be told of. */
function projectionsOfUsers(kind: "configMap" | "secret" | "downwardAPI" | "serviceAccountToken") {
  return ({ spec }: Pod): readonly string[] =>
    (spec?.volumes ?? []).flatMap((volume, index) =>
      isAutomountedToken(volume)
        ? []
        : (volume.projected?.sources ?? []).flatMap((source, nth) =>
            source[kind] === undefined ? [] : [`spec.volumes[${index}].projected.sources[${nth}].${kind}`],
          ),
    );
}
