/**
 * Shares of Azure Files as its CSI driver describes them: by attributes, by the parts of the volume's handle, and by the keys
 * of a Secret (the driver's page on its parameters; how a handle is made up, and where it looks for a Secret that nobody
 * names, is from memory). Pure.
 */
import {
  type Refusal,
  type ResolvedPod,
  type StorageDriver,
  type StorageVolume,
  volumePath,
} from "../../../src/provider.ts";
import type { FileShare } from "../request.ts";

export const azureFilesDriver = "file.csi.azure.com";

/** Keys of the Secret. */
const nameKey = "azurestorageaccountname";
const keyKey = "azurestorageaccountkey";

/** Attributes that ask for what a group cannot do, by their values. The driver does not distinguish cases. */
const foreign: Readonly<Record<string, readonly [asks: (value: string) => boolean, sentence: string]>> = {
  protocol: [(value) => value !== "" && value !== "smb", "Groups mount shares by SMB alone: use a share without NFS."],
  fstype: [
    (value) => value !== "" && value !== "cifs" && value !== "smb",
    "Groups mount shares as they are, and no disk in one: use a share without fsType.",
  ],
  diskname: [isWritten, "Groups mount shares as they are, and no disk in one: use a share without diskName."],
  foldername: [isWritten, "Groups mount whole shares, and no folder of one: use a share of its own."],
  server: [isWritten, "Groups reach shares by their public name alone: use a share without server."],
  clientid: [isWritten, "Groups open shares with the account's key alone: give the volume a Secret that has it."],
  mountwithmanagedidentity: [
    isTrue,
    "Groups open shares with the account's key alone: give the volume a Secret that has it.",
  ],
  mountwithworkloadidentitytoken: [
    isTrue,
    "Groups open shares with the account's key alone: give the volume a Secret that has it.",
  ],
};

/** The Secret that the driver would read, where neither pod nor PersistentVolume names one. */
const azureFiles: StorageDriver = {
  secretOf(volume, namespace) {
    const attributes = lowered(volume);
    const [, account = "", , , , owner = ""] = volume.handle.split("#");
    const storageAccount = attributes.get("storageaccount") ?? account;
    const name =
      attributes.get("secretname") ?? (storageAccount === "" ? "" : `azure-storage-account-${storageAccount}-secret`);
    const told = attributes.get("secretnamespace") ?? attributes.get("csi.storage.k8s.io/pvc/namespace") ?? owner;
    return name === "" ? undefined : { name, namespace: told === "" ? namespace : told };
  },
};

/** As Provider.storage. */
export const storage = { [azureFilesDriver]: azureFiles } as const;

/** The share, or every reason why the group cannot have it. */
export function shareOf(
  volume: StorageVolume,
): { readonly share: FileShare } | { readonly reasons: readonly string[] } {
  if (volume.driver !== azureFilesDriver) {
    return {
      reasons: [`Only volumes of ${azureFilesDriver} can be mounted here, and this one is of ${volume.driver}.`],
    };
  }
  const attributes = lowered(volume);
  const [, account, handleShare = ""] = volume.handle.split("#");
  const shareName = attributes.get("sharename") ?? handleShare;
  const { [nameKey]: named, [keyKey]: storageAccountKey } = volume.secrets;
  const storageAccountName = named ?? attributes.get("storageaccount") ?? account;
  const reasons = [
    ...Object.entries(foreign).flatMap(([name, [asks, sentence]]) =>
      asks((attributes.get(name) ?? "").toLowerCase()) ? [sentence] : [],
    ),
    ...(shareName === "" ? ["It does not say which share it is: name it by shareName."] : []),
    ...(storageAccountKey === undefined || storageAccountName === undefined
      ? [`The account's name and key are missing: give the volume a Secret with ${nameKey} and ${keyKey}.`]
      : []),
  ];
  if (reasons.length > 0 || storageAccountKey === undefined || storageAccountName === undefined) {
    return { reasons: [...new Set(reasons)] };
  }
  return { share: { shareName, readOnly: volume.readOnly, storageAccountName, storageAccountKey } };
}

/** Shares that cannot be had, and users who could not read them: Azure lets root alone use one (its page on such volumes). */
export function shareRefusals(pod: ResolvedPod, used: readonly StorageVolume[]): readonly Refusal[] {
  const names = new Set(used.map(({ name }) => name));
  const { initContainers = [], containers = [], securityContext } = pod.pod.spec ?? {};
  const users = [...initContainers, ...containers].flatMap(({ name, volumeMounts = [], securityContext: own }) => {
    const user = own?.runAsUser ?? securityContext?.runAsUser ?? 0;
    return user !== 0 && volumeMounts.some((mount) => names.has(mount.name)) ? [name] : [];
  });
  const sentence = `Azure lets root alone use a share, and ${users.join(", ")} has another user: leave runAsUser out, or the share.`;
  return [
    ...used.flatMap((volume) => {
      const found = shareOf(volume);
      const path = volumePath(pod.pod, volume.name);
      return "reasons" in found ? found.reasons.map((reason) => ({ path, sentence: reason })) : [];
    }),
    ...(users.length > 0 ? [{ path: "spec.volumes", sentence }] : []),
  ];
}

function lowered({ attributes }: Pick<StorageVolume, "attributes">): ReadonlyMap<string, string> {
  return new Map(Object.entries(attributes).map(([name, value]) => [name.toLowerCase(), value]));
}

function isWritten(value: string): boolean {
  return value !== "";
}

function isTrue(value: string): boolean {
  return value === "true";
}
