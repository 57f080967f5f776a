import { z } from "zod";
import { tags } from "./tags.ts";

const onOff = z.enum(["ENABLED", "DISABLED"]);

const efs = z.strictObject({
  fileSystemId: z.string().min(1),
  rootDirectory: z.string().optional(),
  transitEncryption: onOff.optional(),
  transitEncryptionPort: z.int().optional(),
  authorizationConfig: z.strictObject({ accessPointId: z.string().optional(), iam: onOff.optional() }).optional(),
});

export const taskVolume = z.strictObject({
  name: z.string().regex(/^[\w-]{1,255}$/, "Volume.name contains invalid characters."),
  host: z.strictObject({ sourcePath: z.string().optional() }).optional(),
  efsVolumeConfiguration: efs.optional(),
  configuredAtLaunch: z.boolean().default(false),
});

export type TaskVolume = z.output<typeof taskVolume>;

const managed = z.strictObject({
  encrypted: z.boolean().optional(),
  kmsKeyId: z.string().optional(),
  volumeType: z.enum(["gp2", "gp3", "io1", "io2", "st1", "sc1", "standard"]).default("gp3"),
  sizeInGiB: z.int().positive().optional(),
  snapshotId: z.string().optional(),
  iops: z.int().positive().optional(),
  throughput: z.int().positive().optional(),
  tagSpecifications: z
    .array(
      z.strictObject({
        resourceType: z.literal("volume"),
        tags: tags.default([]),
        propagateTags: z.enum(["TASK_DEFINITION", "SERVICE", "NONE"]).optional(),
      }),
    )
    .optional(),
  roleArn: z.string().min(1),
  terminationPolicy: z.strictObject({ deleteOnTermination: z.boolean() }).optional(),
  filesystemType: z.enum(["ext3", "ext4", "xfs"]).default("xfs"),
});

export type ManagedVolume = z.output<typeof managed>;

export const volumeConfigurations = z
  .array(z.strictObject({ name: z.string().min(1), managedEBSVolume: managed }))
  .max(1, "volumeConfigurations can have at most 1 item.");
