/** Storage of a pod: claims, what they are bound to, and the Secrets that open it, each asked for once. */
import type { SecretName, StorageDriver } from "../../model/context/storage.ts";
import type { Pod, Secret, Volume } from "../../model/kube.ts";
import type { StorageVolume } from "../../model/resolved-pod.ts";
import { SecretText } from "../../model/secret-text.ts";
import type { ResolveSources } from "../resolution.ts";
import { belongs, boundTo, inlineStorage, type Located, volumeStorage } from "./sources.ts";

/** A volume, or why there is none (yet). `field`: of the pod's volume. */
export type Storage =
  | { readonly found: StorageVolume }
  | { readonly is: "missing" | "invalid"; readonly field: string; readonly message: string };

type Drivers = Readonly<Record<string, StorageDriver>>;

/** By name, every volume that is storage. None where no driver is known. Never rejects: a failure is an answer. */
export async function gatherStorage(
  pod: Pod,
  sources: ResolveSources,
  drivers: Drivers = {},
): Promise<ReadonlyMap<string, Storage>> {
  if (Object.keys(drivers).length === 0) return new Map();
  const asked = (pod.spec?.volumes ?? []).map(async (volume): Promise<[string, Storage][]> => {
    const field = (["persistentVolumeClaim", "csi", "azureFile"] as const).find((one) => volume[one] !== undefined);
    if (field === undefined) return [];
    const storage = await storageOf(volume, field, { pod, sources, drivers }).catch((error: unknown): Storage => ({
      is: "missing",
      field,
      message: messageOf(error),
    }));
    return [[volume.name, storage]];
  });
  return new Map((await Promise.all(asked)).flat());
}

interface Asking {
  readonly pod: Pod;
  readonly sources: ResolveSources;
  readonly drivers: Drivers;
}

async function storageOf(volume: Volume, field: string, asking: Asking): Promise<Storage> {
  const { pod, drivers } = asking;
  const namespace = pod.metadata?.namespace ?? "";
  const located = inlineStorage(volume, namespace) ?? (await claimed(volume, asking));
  if (!("volume" in located)) return { ...located, field };
  const driver = Object.hasOwn(drivers, located.volume.driver) ? drivers[located.volume.driver] : undefined;
  // The provider refuses it, and has no use for what opens it.
  if (driver === undefined) return { found: { ...located.volume, secrets: {} } };
  const secret = located.secret ?? driver.secretOf?.(located.volume, namespace);
  if (secret === undefined) return { found: { ...located.volume, secrets: {} } };
  if (located.volume.claim === undefined && secret.namespace !== namespace) {
    const message = `a volume in a pod may use Secrets of the pod's namespace alone, and not ${secret.namespace}/${secret.name}`;
    return { is: "invalid", field, message };
  }
  const secrets = await secretsOf(secret, asking);
  if (secrets !== undefined) return { found: { ...located.volume, secrets } };
  return { is: "missing", field, message: `secret "${secret.name}" not found in namespace ${secret.namespace}` };
}

/** What the pod's claim is bound to. */
async function claimed(
  { name, persistentVolumeClaim: wanted }: Volume,
  { pod, sources }: Asking,
): Promise<Located | { readonly is: "missing" | "invalid"; readonly message: string }> {
  const { namespace = "", creationTimestamp } = pod.metadata ?? {};
  const { claimName = "", readOnly = false } = wanted ?? {};
  const claim = await naming(
    `persistentvolumeclaim "${claimName}"`,
    sources.persistentVolumeClaim(namespace, claimName),
  );
  if (claim === undefined) return { is: "missing", message: `persistentvolumeclaim "${claimName}" not found` };
  if (claim.spec?.volumeMode === "Block") {
    return { is: "invalid", message: `claim "${claimName}" is of a block device, and only file systems are mounted` };
  }
  const bound = boundTo(claim);
  if ("not" in bound) return { is: "missing", message: bound.not };
  const volume = await naming(
    `persistentvolume "${bound.volume}"`,
    sources.persistentVolume(bound.volume, creationTimestamp),
  );
  if (volume === undefined) return { is: "missing", message: `persistentvolume "${bound.volume}" not found` };
  if (!belongs(volume, claim)) {
    return { is: "missing", message: `PV ${bound.volume} is not bound to PVC ${namespace}/${claimName}` };
  }
  return volumeStorage({ name, claim: claimName, readOnly }, namespace, volume);
}

async function secretsOf(
  { namespace, name }: SecretName,
  { pod, sources }: Asking,
): Promise<StorageVolume["secrets"] | undefined> {
  const found = await naming(`secret "${name}"`, sources.secret(namespace, name, pod.metadata?.creationTimestamp));
  return found && opened(found);
}

function opened({ data = {} }: Secret): StorageVolume["secrets"] {
  return Object.fromEntries(
    Object.entries(data).map(([key, base64]) => [key, new SecretText(Buffer.from(base64, "base64").toString("utf8"))]),
  );
}

async function naming<T>(what: string, asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw new Error(`failed to fetch ${what}: ${messageOf(error)}`, { cause: error });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
