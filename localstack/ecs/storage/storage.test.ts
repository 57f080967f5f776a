import type { TaskVolumeConfiguration, Volume } from "@aws-sdk/client-ecs";
import { describe, expect, test } from "vitest";
import { openWorld } from "../../testing.ts";

const fileSystems = { "fs-0a1b2c3d": { accessPoints: { "fsap-0a1b2c3d": { path: "/app" } } } };
const efs = (efsVolumeConfiguration: object): Volume => ({
  name: "v",
  efsVolumeConfiguration: { fileSystemId: "fs-0a1b2c3d", ...efsVolumeConfiguration },
});
const open: Volume = { name: "v", configuredAtLaunch: true };
const roleArn = "arn:aws:iam::123456789012:role/burstlet-infrastructure";
const disk = (change: object = {}): TaskVolumeConfiguration => ({
  name: "v",
  managedEBSVolume: { sizeInGiB: 20, roleArn, ...change },
});

describe("a task with a file system", () => {
  test.for<[what: string, volume: Volume, words: string]>([
    ["that there is not", efs({ fileSystemId: "fs-2" }), "check that your file system ID is correct"],
    ["whose folder is missing", efs({ rootDirectory: "/none" }), "No such file or directory"],
    ["whose folder is outside", efs({ rootDirectory: "/../../etc" }), "No such file or directory"],
    [
      "whose access point is missing",
      efs({ transitEncryption: "ENABLED", authorizationConfig: { accessPointId: "fsap-0a1b2c3e" } }),
      "access denied",
    ],
  ])("%s does not start", async ([, volume, words]) => {
    await using world = await openWorld({ fileSystems });
    const task = await world.reaches(await world.run({ volumes: [volume] }), "STOPPED");
    expect(task.stopCode).toBe("TaskFailedToStart");
    expect(task.stoppedReason).toMatch(/^ResourceInitializationError: failed to invoke EFS utils/);
    expect(task.stoppedReason).toContain(words);
  });

  test("that there is starts, at its root and at an access point, whose folder is made", async () => {
    await using world = await openWorld({ fileSystems });
    const authorizationConfig = { accessPointId: "fsap-0a1b2c3d" };
    for (const change of [{}, { transitEncryption: "ENABLED", authorizationConfig }, { rootDirectory: "/app" }])
      await world.reaches(await world.run({ volumes: [efs(change)] }), "RUNNING");
  });

  test.for<[what: string, volumes: Volume[], words: string]>([
    [
      "an access point with a folder",
      [
        efs({
          rootDirectory: "/a",
          transitEncryption: "ENABLED",
          authorizationConfig: { accessPointId: "fsap-0a1b2c3d" },
        }),
      ],
      "root directory",
    ],
    ["IAM in the open", [efs({ authorizationConfig: { iam: "ENABLED" } })], "transit encryption"],
    ["two of one name", [efs({}), efs({})], "unique"],
    ["two at launch", [open, { ...open, name: "w" }], "At most one"],
    ["one of two kinds", [{ ...efs({}), configuredAtLaunch: true }], "more than one kind"],
  ])("is refused with %s", async ([, volumes, words]) => {
    await using world = await openWorld({ fileSystems });
    await expect(world.run({ volumes })).rejects.toThrow(words);
  });
});

describe("a volume at launch", () => {
  test("is attached while its task lives", async () => {
    await using world = await openWorld();
    const arn = await world.run({ volumes: [open] }, { volumeConfigurations: [disk()] });
    const { attachments } = await world.reaches(arn, "RUNNING");
    expect(attachments?.map(({ type, status }) => [type, status])).toContainEqual([
      "AmazonElasticBlockStorage",
      "ATTACHED",
    ]);
  });

  test.for<[what: string, volumes: Volume[], said: TaskVolumeConfiguration[], words: string]>([
    ["that nobody configures", [open], [], "must be configured at launch"],
    ["that the definition does not leave open", [efs({})], [disk()], "is not configured at launch"],
    ["without a size", [open], [disk({ sizeInGiB: undefined })], "specify a volume size"],
    ["that is too small for its type", [open], [disk({ volumeType: "st1" })], "no size of st1"],
    ["of magnetic disks", [open], [disk({ volumeType: "standard" })], "magnetic"],
    ["of io2 without iops", [open], [disk({ volumeType: "io2" })], "needs iops"],
    ["with too few iops", [open], [disk({ iops: 100 })], "100 IOPS"],
    ["with throughput of gp2", [open], [disk({ volumeType: "gp2", throughput: 125 })], "gp3"],
    ["with a key in the open", [open], [disk({ kmsKeyId: "k" })], "encrypted"],
    [
      "by a role for tasks",
      [open],
      [disk({ roleArn: "arn:aws:iam::123456789012:role/burstlet-task" })],
      "unable to assume",
    ],
  ])("%s is refused", async ([, volumes, volumeConfigurations, words]) => {
    await using world = await openWorld({ fileSystems });
    await expect(world.run({ volumes }, { volumeConfigurations })).rejects.toThrow(words);
    expect(world.aws.counts()).toEqual({});
  });

  test("is made by a role that may be passed", async () => {
    await using world = await openWorld({ unpassable: ["burstlet-infrastructure"] });
    await expect(world.run({ volumes: [open] }, { volumeConfigurations: [disk()] })).rejects.toThrow("iam:PassRole");
  });
});
