import { isMentioned, kept, type Pod, refused, type SupportRow, isAutomountedToken } from "../../../src/provider.ts";
import { allowsSecrets, secretRows } from "./container-rows.ts";

const at = "spec.volumes[]";

type Volume = NonNullable<NonNullable<Pod["spec"]>["volumes"]>[number];

/** Why a kind of volume does not exist here, and what to do instead. */
const otherKinds: Readonly<Record<string, string>> = {
  csi: "CSI drivers do not run here: keep data in a service that the function reaches over the network.",
  emptyDir: "Its files would outlive the invocation in a warm function: let the program make a directory in /tmp.",
  ephemeral: "Volume claims cannot be mounted here: let the program use /tmp for scratch space.",
  gitRepo: "Volumes of kind gitRepo are not available here: let the program clone into /tmp.",
  hostPath: "A function has no host with files: let the program use /tmp for scratch space.",
  image: "Image volumes are not available here: put the files into the function.",
  persistentVolumeClaim:
    "Volume claims cannot be mounted here: keep data in a service that the function reaches over the network.",
};

const disks =
  "awsElasticBlockStore azureDisk azureFile cephfs cinder fc flexVolume flocker gcePersistentDisk glusterfs iscsi nfs " +
  "photonPersistentDisk portworxVolume quobyte rbd scaleIO storageos vsphereVolume";

const files = "In the payload: read when the pod starts, and not followed.";

export const volumeRows: readonly SupportRow[] = [
  kept(`${at}.name`, "Kept."),
  kept(`${at}.configMap`, files),
  kept(`${at}.downwardAPI`, files),
  ...secretRows(`${at}.secret`),
  kept(`${at}.projected`, files),
  {
    path: `${at}.projected`,
    effect: "refused",
    sentence: "It has secret parts, which may be in the payload by an annotation only, as for volumes of kind secret.",
    find: (pod) =>
      allowsSecrets(pod) ? [] : projectedWith(pod, (volume) => !isAutomountedToken(volume) && isSecret(volume)),
  },
  {
    path: `${at}.projected`,
    effect: "changed",
    sentence: "The automounted service account token is left out: the program cannot call the API server with it.",
    find: (pod) => projectedWith(pod, isAutomountedToken),
  },
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

function isSecret({ projected }: Volume): boolean {
  return (projected?.sources ?? []).some(({ secret, serviceAccountToken }) =>
    isMentioned(secret ?? serviceAccountToken),
  );
}

function projectedWith({ spec }: Pod, test: (volume: Volume) => boolean): readonly string[] {
  return (spec?.volumes ?? []).flatMap((volume, index) =>
    isMentioned(volume.projected) && test(volume) ? [`spec.volumes[${index}].projected`] : [],
  );
}
