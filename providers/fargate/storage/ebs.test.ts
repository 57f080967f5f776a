import { describe, expect, test } from "vitest";
import type { Pod } from "../../../src/provider.ts";
import { definitionsOf, type Options, refusalsOf, requestOf } from "../translate/testing.ts";
import { claim, granted, mounted, worldOf } from "./testing.ts";

const infrastructureRoleArn = "arn:aws:iam::123456789012:role/burstlet-infrastructure";
const disk = (volumeAttributes: Record<string, string>, more: object = {}) => ({
  csi: { driver: "ebs.csi.aws.com", volumeAttributes, ...more },
});
const withRole = { config: { infrastructureRoleArn } };

describe("a volume of EBS", () => {
  const size = { size: "20Gi" };

  test("is left open by the definition, and made by each launch with the pod's own wishes", async () => {
    const wishes = { type: "gp3", size: "1.5Ti", iops: "4000", throughput: "250", encrypted: "true" };
    const request = await requestOf(mounted(disk(wishes, { fsType: "xfs" })), withRole);
    expect(request.definition.content.volumes).toEqual([{ name: "v", configuredAtLaunch: true }]);
    expect(request.volumes).toEqual([
      {
        name: "v",
        managedEBSVolume: {
          volumeType: "gp3",
          sizeInGiB: 1536,
          iops: 4000,
          throughput: 250,
          encrypted: true,
          filesystemType: "xfs",
          terminationPolicy: { deleteOnTermination: true },
          tagSpecifications: [{ resourceType: "volume", tags: request.tags }],
          roleArn: infrastructureRoleArn,
        },
      },
    ]);
    const other = await requestOf(mounted(disk(size)), withRole);
    expect(other.definition).toEqual(request.definition);
    expect(other.volumes[0]?.managedEBSVolume).toMatchObject({
      volumeType: "gp3",
      sizeInGiB: 20,
      filesystemType: "ext4",
    });
    expect(other.volumes[0]?.managedEBSVolume).not.toHaveProperty("encrypted");
  });

  test("is prepared as an emptyDir is: for an fsGroup, and for who is not root", async () => {
    const plain = await requestOf(mounted(disk(size)), withRole);
    expect([...definitionsOf(plain).keys()]).toEqual(["main"]);
    for (const securityContext of [{ fsGroup: 7 }, { runAsUser: 5 }]) {
      const request = await requestOf(mounted(disk(size), {}, { securityContext }), withRole);
      expect(definitionsOf(request).get("burstlet_init")?.mountPoints).toEqual([
        { sourceVolume: "v", containerPath: "/burstlet/0" },
      ]);
    }
  });

  test("that no container mounts is not made", async () => {
    const pod = mounted(disk(size));
    delete pod.spec?.containers[0]?.volumeMounts;
    const { definition, volumes } = await requestOf(pod, withRole);
    expect([definition.content.volumes, volumes]).toEqual([undefined, []]);
  });

  test("of a key or a snapshot needs a grant, because whoever has the node's role may use all of them", async () => {
    const pod = mounted(disk({ kmsKeyId: "alias/a", snapshotId: "snap-1" }));
    expect((await requestOf(pod, { ...withRole, ...granted("alias/a", "snap-1") })).volumes).toMatchObject([
      { managedEBSVolume: { kmsKeyId: "alias/a", encrypted: true, snapshotId: "snap-1" } },
    ]);
    expect(await refusalsOf(pod, { ...withRole, ...granted("alias/a") })).toEqual([
      expect.stringContaining("allows snap-1 to"),
    ]);
  });

  test.for<[what: string, pod: Pod, options: Options, words: string[]]>([
    ["without a role", mounted(disk(size)), {}, ["set fargate.infrastructureRoleArn"]],
    ["without a size", mounted(disk({})), withRole, ["It has no size"]],
    ["of a size in words", mounted(disk({ size: "large" })), withRole, ["1 to 16384 GiB"]],
    [
      "of a type with other numbers",
      mounted(disk({ type: "st1", size: "20Gi", iops: "3000", throughput: "5" })),
      withRole,
      ["size of type st1 is 125 to", "no iops", "no throughput"],
    ],
    ["of io2 without iops", mounted(disk({ type: "io2", ...size })), withRole, ["need iops"]],
    ["of a type that there is not", mounted(disk({ type: "standard", ...size })), withRole, ["The type is one of"]],
    ["of another file system", mounted(disk(size, { fsType: "ntfs" })), withRole, ["ext3, ext4, xfs"]],
    [
      "with strange attributes",
      mounted(disk({ ...size, iopsPerGB: "5", encrypted: "no" })),
      withRole,
      ["no attribute iopspergb", "encrypted is true or false"],
    ],
    [
      "in the open with a key",
      mounted(disk({ ...size, encrypted: "false", kmsKeyId: "k" })),
      { ...withRole, ...granted("k") },
      ["with a key is encrypted"],
    ],
    ["of which a folder is mounted", mounted(disk(size), { subPath: "x" }), withRole, ["no folder can be mounted"]],
    [
      "that exists",
      mounted(claim),
      { ...withRole, world: worldOf({ csi: { driver: "ebs.csi.aws.com", volumeHandle: "vol-1" } }) },
      ["mounts none that exists"],
    ],
  ])("%s is refused with every reason", async ([, pod, options, words]) => {
    const refusals = await refusalsOf(pod, options);
    expect(refusals).toHaveLength(words.length);
    for (const one of words) expect(refusals.join("\n")).toContain(one);
  });

  test("is one at most", async () => {
    const pod = mounted(disk(size));
    pod.spec?.volumes?.push({ name: "w", ...disk(size) });
    expect(await refusalsOf(pod, withRole)).toEqual([expect.stringMatching(/^spec\.volumes\[1\]: A task has one/)]);
  });
});
