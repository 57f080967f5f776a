/** Where storage is, as a pod or a PersistentVolume says it. Pure. */
import type { SecretName } from "../../model/context/storage.ts";
import type { PersistentVolume, PersistentVolumeClaim, Volume } from "../../model/kube.ts";
import type { StorageVolume } from "../../model/resolved-pod.ts";

/** A volume, and the Secret that is named with it. */
export interface Located {
  readonly volume: Omit<StorageVolume, "secrets">;
  readonly secret: SecretName | undefined;
}

const azureFileDriver = "file.csi.azure.com";

/** One that is written into the pod; `undefined` for every other kind. */
export function inlineStorage({ name, csi, azureFile }: Volume, namespace: string): Located | undefined {
  const common = { name, kind: "storage", handle: "", mountOptions: [] } as const;
  if (csi) {
    const { driver, readOnly = false, volumeAttributes: attributes = {}, nodePublishSecretRef } = csi;
    const secret = nodePublishSecretRef?.name ? { namespace, name: nodePublishSecretRef.name } : undefined;
    return { volume: { ...common, driver, attributes, readOnly }, secret };
  }
  if (azureFile) {
    const { shareName, secretName, readOnly = false } = azureFile;
    return {
      volume: { ...common, driver: azureFileDriver, attributes: { shareName }, readOnly },
      secret: { namespace, name: secretName },
    };
  }
  return undefined;
}

/** What is bound to a claim. */
export function volumeStorage(
  { name, claim, readOnly }: { readonly name: string; readonly claim: string; readonly readOnly: boolean },
  namespace: string,
  { spec = {} }: PersistentVolume,
): Located {
  const { csi, azureFile, mountOptions = [] } = spec;
  const common = { name, kind: "storage", claim, mountOptions } as const;
  if (csi) {
    const { driver, volumeHandle: handle, volumeAttributes: attributes = {} } = csi;
    const { name: secretName = "", namespace: secretNamespace = namespace } =
      csi.nodePublishSecretRef ?? csi.nodeStageSecretRef ?? {};
    return {
      volume: { ...common, driver, handle, attributes, readOnly: readOnly || csi.readOnly === true },
      secret: secretName === "" ? undefined : { namespace: secretNamespace, name: secretName },
    };
  }
  if (azureFile) {
    // As Kubernetes itself hands such a volume to the driver: the Secret is the claim's unless a namespace is said.
    const { shareName, secretName, secretNamespace } = azureFile;
    return {
      volume: {
        ...common,
        driver: azureFileDriver,
        handle: "",
        attributes: { shareName },
        readOnly: readOnly || azureFile.readOnly === true,
      },
      secret: { namespace: secretNamespace ?? namespace, name: secretName },
    };
  }
  const kind = Object.keys(spec).find((field) => sources.has(field)) ?? "unknown";
  return {
    volume: { ...common, driver: `kubernetes.io/${kind}`, handle: "", attributes: {}, readOnly },
    secret: undefined,
  };
}

/** The other kinds of PersistentVolumes. */
const sources: ReadonlySet<string> = new Set(
  (
    "awsElasticBlockStore azureDisk cephfs cinder fc flexVolume flocker gcePersistentDisk glusterfs hostPath iscsi local " +
    "nfs photonPersistentDisk portworxVolume quobyte rbd scaleIO storageos vsphereVolume"
  ).split(" "),
);

/** Why the volume of this claim cannot be used yet, in the kubelet's words (pkg/kubelet/volumemanager); else its name. */
export function boundTo({
  metadata,
  spec,
  status,
}: PersistentVolumeClaim): { readonly volume: string } | { readonly not: string } {
  if (metadata?.deletionTimestamp !== undefined) return { not: "PVC is being deleted" };
  const { volumeName: volume = "" } = spec ?? {};
  const { phase = "" } = status ?? {};
  if (phase === "Bound" && volume !== "") return { volume };
  const name = `${metadata?.namespace}/${metadata?.name}`;
  return { not: `PVC ${name} has non-bound phase ("${phase}") or empty pvc.Spec.VolumeName ("${volume}")` };
}

/** Is the volume this claim's, and not that of a namesake before it? A claim alone can name any volume. */
export function belongs({ spec }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  return spec?.claimRef?.uid !== undefined && spec.claimRef.uid === metadata?.uid;
}
