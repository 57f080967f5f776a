/**
 * The one volume of EBS that ECS makes for a task and deletes with it, as a volume of CSI in the pod. Its attributes are the
 * parameters of a StorageClass of aws-ebs-csi-driver, and `size`. Ranges: the SDK's TaskManagedEBSVolumeConfiguration. Pure.
 */
import type { TaskManagedEBSVolumeConfiguration } from "@aws-sdk/client-ecs";
import type { StorageVolume } from "../../../src/provider.ts";
import type { Judged } from "./efs.ts";

export const ebsDriver = "ebs.csi.aws.com";

/** Without the role, which is the node's. */
export type Disk = Omit<TaskManagedEBSVolumeConfiguration, "roleArn">;

interface VolumeType {
  /** GiB. */
  readonly size: readonly [number, number];
  /** Absent: cannot be said. */
  readonly iops?: readonly [number, number];
  readonly needsIops?: boolean;
  /** MiB/s. */
  readonly throughput?: readonly [number, number];
}

/** Magnetic ones there are none on Fargate. */
const types: Readonly<Record<string, VolumeType>> = {
  gp3: { size: [1, 16_384], iops: [3_000, 16_000], throughput: [125, 1_000] },
  gp2: { size: [1, 16_384] },
  io1: { size: [4, 16_384], iops: [100, 64_000], needsIops: true },
  io2: { size: [4, 16_384], iops: [100, 256_000], needsIops: true },
  st1: { size: [125, 16_384] },
  sc1: { size: [125, 16_384] },
};

/** As of the CSI driver; ECS's own default is xfs. */
const usualFileSystem = "ext4";
const fileSystems = ["ext3", "ext4", "xfs"] as const;

/** What the driver calls them, in any case, and what we do. */
const names = {
  size: "size",
  type: "type",
  iops: "iops",
  throughput: "throughput",
  encrypted: "encrypted",
  kmsKeyId: "kmskeyid",
  snapshotId: "snapshotid",
  fileSystem: "csi.storage.k8s.io/fstype",
} as const;

/** `fsType`: what the pod's volume says beside its attributes. */
export function diskOf(volume: StorageVolume, fsType: string | undefined): Judged<Disk> {
  const attributes = new Map(Object.entries(volume.attributes).map(([name, value]) => [name.toLowerCase(), value]));
  const text = (key: keyof typeof names): string | undefined => attributes.get(names[key]);
  const typeName = text("type") ?? "gp3";
  const type = Object.hasOwn(types, typeName) ? types[typeName] : undefined;
  const size = text("size") === undefined ? undefined : gibibytes(text("size") ?? "");
  const fileSystem = fsType ?? text("fileSystem") ?? usualFileSystem;
  const filesystemType = fileSystems.find((one) => one === fileSystem);
  const { kmsKeyId, snapshotId } = { kmsKeyId: text("kmsKeyId"), snapshotId: text("snapshotId") };
  const encrypted = text("encrypted")?.toLowerCase() === "true" || kmsKeyId !== undefined;
  const reasons = [
    ...(type === undefined
      ? [`The type is one of ${Object.keys(types).join(", ")}.`]
      : numberReasons(type, typeName, text)),
    ...(text("size") === undefined && snapshotId === undefined
      ? ["It has no size: say it as size, such as 20Gi."]
      : []),
    ...(filesystemType === undefined ? [`The file system is one of ${fileSystems.join(", ")}.`] : []),
    ...(/^(true|false)$/i.test(text("encrypted") ?? "true") ? [] : ["The attribute encrypted is true or false."]),
    ...(text("encrypted")?.toLowerCase() === "false" && kmsKeyId !== undefined
      ? ["A volume with a key is encrypted: leave encrypted out, or kmsKeyId."]
      : []),
    ...[...attributes.keys()]
      .filter((name) => !Object.values<string>(names).includes(name))
      .map((name) => `ECS has no attribute ${name} of a volume: leave it out.`),
  ];
  if (reasons.length > 0 || filesystemType === undefined) return { reasons };
  return {
    found: {
      volumeType: typeName,
      ...(size !== undefined && { sizeInGiB: size }),
      ...(snapshotId !== undefined && { snapshotId }),
      ...(text("iops") !== undefined && { iops: Number(text("iops")) }),
      ...(text("throughput") !== undefined && { throughput: Number(text("throughput")) }),
      ...(encrypted && { encrypted }),
      ...(kmsKeyId !== undefined && { kmsKeyId }),
      filesystemType,
      // As a volume in a pod ends with the pod. The account's default, said all the same.
      terminationPolicy: { deleteOnTermination: true },
    },
  };
}

function numberReasons(
  { size, iops, needsIops = false, throughput }: VolumeType,
  type: string,
  text: (key: keyof typeof names) => string | undefined,
): string[] {
  const bounded = (
    key: "size" | "iops" | "throughput",
    range: readonly [number, number] | undefined,
    value: number | undefined,
    unit: string,
  ): string[] => {
    if (text(key) === undefined) return [];
    if (range === undefined) return [`Volumes of type ${type} have no ${key} to be chosen: leave it out.`];
    const [least, most] = range;
    return value !== undefined && value >= least && value <= most
      ? []
      : [`The ${key} of type ${type} is ${least} to ${most}${unit}.`];
  };
  const whole = (key: "iops" | "throughput"): number | undefined =>
    /^\d+$/.test(text(key) ?? "") ? Number(text(key)) : undefined;
  return [
    ...bounded("size", size, gibibytes(text("size") ?? ""), " GiB"),
    ...bounded("iops", iops, whole("iops"), ""),
    ...bounded("throughput", throughput, whole("throughput"), " MiB/s"),
    ...(needsIops && text("iops") === undefined ? [`Volumes of type ${type} need iops.`] : []),
  ];
}

const units: Readonly<Record<string, number>> = { Gi: 1, Ti: 1024, G: 1e9 / 2 ** 30, T: 1e12 / 2 ** 30 };

/** A quantity of Kubernetes as whole GiB, rounded up; `undefined`: it is none that has a meaning here. */
function gibibytes(text: string): number | undefined {
  const [, amount, unit = ""] = /^(\d+(?:\.\d+)?)(Gi|Ti|G|T)$/.exec(text) ?? [];
  const scale = Object.hasOwn(units, unit) ? units[unit] : undefined;
  return amount === undefined || scale === undefined ? undefined : Math.ceil(Number(amount) * scale);
}
