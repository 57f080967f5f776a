/**
 * File systems of EFS as its CSI driver describes them (pkg/driver/node.go of aws-efs-csi-driver): by the volume's handle
 * `fs-id:path:fsap-id`, its attributes and mount options; in a pod by attributes alone, which that driver itself does not
 * know. To what ECS mounts: the SDK's EFSVolumeConfiguration. Pure.
 */
import { posix } from "node:path";
import type { EFSVolumeConfiguration } from "@aws-sdk/client-ecs";
import type { StorageVolume } from "../../../src/provider.ts";

export const efsDriver = "efs.csi.aws.com";

/** In a pod; the handle of a PersistentVolume says the first two. */
const own = { fileSystem: "filesystemid", accessPoint: "accesspointid", iam: "iam" } as const;

/** What the cluster's provisioner notes. */
const ignored = "storage.kubernetes.io/csiprovisioneridentity";

const forms = { fileSystem: /^fs-[0-9a-f]{8,40}$/, accessPoint: /^fsap-[0-9a-f]{8,40}$/ } as const;

export interface FileSystem {
  readonly fileSystemId: string;
  /** Absolute. With an access point `/`, because the folder is the access point's. */
  readonly path: string;
  readonly accessPointId: string | undefined;
  readonly encrypted: boolean;
  readonly iam: boolean;
  readonly readOnly: boolean;
}

export type Judged<T> =
  | { readonly found: T; readonly reasons?: undefined }
  | { readonly found?: undefined; readonly reasons: readonly string[] };

/** The file system, or every reason why ECS cannot mount it. */
export function fileSystemOf(volume: StorageVolume): Judged<FileSystem> {
  const attributes = new Map(Object.entries(volume.attributes).map(([name, value]) => [name.toLowerCase(), value]));
  const options = mountOptionsOf(volume.mountOptions);
  const isInline = volume.claim === undefined;
  const [handleId = "", handlePath = "", handlePoint = ""] = volume.handle.split(":");
  const fileSystemId = isInline ? (attributes.get(own.fileSystem) ?? "") : handleId;
  const accessPoints = [isInline ? (attributes.get(own.accessPoint) ?? "") : handlePoint, options.accessPoint];
  const [accessPointId] = accessPoints.filter((id) => id !== "");
  const path = posix.join("/", handlePath === "" ? (attributes.get("path") ?? "") : handlePath).replace(/(.)\/$/, "$1");
  const isPlain = attributes.get("encryptintransit")?.toLowerCase() === "false";
  const found: FileSystem = {
    fileSystemId,
    path,
    accessPointId,
    encrypted: !isPlain,
    iam: options.iam || attributes.get(own.iam)?.toLowerCase() === "true",
    readOnly: volume.readOnly || options.readOnly,
  };
  const reasons = [
    ...formReasons(found, isInline),
    ...(new Set(accessPoints.filter((id) => id !== "")).size > 1
      ? ["It names two access points: keep the one of the handle."]
      : []),
    ...attributeReasons(attributes, isInline),
    ...options.others.map((option) => `ECS takes no option ${option} of a mount: leave it out.`),
    ...(accessPointId !== undefined && path !== "/"
      ? ["Of an access point ECS mounts its own folder alone: leave the path out, or the access point."]
      : []),
    ...(isPlain && (found.iam || accessPointId !== undefined || options.tls)
      ? ["An access point, iam and tls need encryption in transit: leave encryptInTransit out."]
      : []),
  ];
  return reasons.length > 0 ? { reasons } : { found };
}

/** `folder`: below its path. */
export function efsConfiguration(
  { fileSystemId, path, accessPointId, encrypted, iam }: FileSystem,
  folder: string,
): EFSVolumeConfiguration {
  const rootDirectory = posix.join(path, folder);
  return {
    fileSystemId,
    ...(rootDirectory !== "/" && { rootDirectory }),
    transitEncryption: encrypted ? "ENABLED" : "DISABLED",
    ...((accessPointId !== undefined || iam) && {
      authorizationConfig: { ...(accessPointId !== undefined && { accessPointId }), ...(iam && { iam: "ENABLED" }) },
    }),
  };
}

function formReasons({ fileSystemId, accessPointId }: FileSystem, isInline: boolean): string[] {
  const where = isInline ? "The attribute fileSystemId" : "The volume's handle";
  return [
    ...(forms.fileSystem.test(fileSystemId) ? [] : [`${where} does not begin with the id of a file system, fs-….`]),
    ...(accessPointId === undefined || forms.accessPoint.test(accessPointId)
      ? []
      : [`${JSON.stringify(accessPointId)} is no id of an access point: fsap- and 8 to 40 hexadecimal digits.`]),
  ];
}

function attributeReasons(attributes: ReadonlyMap<string, string>, isInline: boolean): string[] {
  const known: readonly string[] = ["path", "encryptintransit", ignored, ...(isInline ? Object.values(own) : [])];
  return [...attributes].flatMap(([name, value]) => {
    if (name === "crossaccount" && value.toLowerCase() === "false") return [];
    if (!known.includes(name)) return [`ECS has no attribute ${name} of a file system: leave it out.`];
    if (name === "path" && !value.startsWith("/")) return ["The attribute path must be absolute."];
    const isFlag = name === "encryptintransit" || name === own.iam;
    return isFlag && !/^(true|false)$/i.test(value) ? [`The attribute ${name} is true or false.`] : [];
  });
}

interface MountOptions {
  readonly accessPoint: string;
  readonly tls: boolean;
  readonly iam: boolean;
  readonly readOnly: boolean;
  readonly others: readonly string[];
}

/** Those that mean something on ECS; awscredsuri its driver ignores too. */
function mountOptionsOf(written: readonly string[]): MountOptions {
  const all = written.flatMap((text) => text.toLowerCase().split(",")).filter((option) => option !== "");
  const point = all.find((option) => option.startsWith("accesspoint="));
  return {
    accessPoint: point?.slice("accesspoint=".length) ?? "",
    tls: all.includes("tls"),
    iam: all.includes("iam"),
    readOnly: all.includes("ro"),
    others: all.filter((option) => !/^(tls|iam|ro|rw|accesspoint=.*|awscredsuri.*)$/.test(option)),
  };
}
