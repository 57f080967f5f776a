import type { EFSVolumeConfiguration } from "@aws-sdk/client-ecs";
import { describe, expect, test } from "vitest";
import type { World } from "../../../test/support/resolve-sources.ts";
import type { Pod } from "../../../src/provider.ts";
import { definitionsOf, mainOf, type Options, refusalsOf, requestOf } from "../translate/testing.ts";
import { claim, granted, mounted, worldOf } from "./testing.ts";

const taskRoleArn = "arn:aws:iam::123456789012:role/team-a";
const fs = "fs-0a1b2c3d";
const point = "fsap-0123456789abcdef0";

const efs = (volumeHandle: string, change: object = {}, mountOptions: string[] = []) =>
  worldOf({ csi: { driver: "efs.csi.aws.com", volumeHandle, ...change }, mountOptions });
const inline = (volumeAttributes: object, more: object = {}) => ({
  csi: { driver: "efs.csi.aws.com", volumeAttributes, ...more },
});
async function mountedAs(pod: Pod, options: Options): Promise<EFSVolumeConfiguration | undefined> {
  const { definition } = await requestOf(pod, options);
  return definition.content.volumes?.[0]?.efsVolumeConfiguration;
}

describe("a file system of EFS", () => {
  const encrypted = { fileSystemId: fs, transitEncryption: "ENABLED" } as const;
  test.for<[what: string, world: World, expected: EFSVolumeConfiguration]>([
    ["by its id", efs(fs), encrypted],
    ["with a path", efs(`${fs}:/app/data/`), { ...encrypted, rootDirectory: "/app/data" }],
    ["with a path that is not absolute", efs(`${fs}:app`), { ...encrypted, rootDirectory: "/app" }],
    ["with an access point", efs(`${fs}::${point}`), { ...encrypted, authorizationConfig: { accessPointId: point } }],
    [
      "with the path of an attribute, in any case",
      efs(fs, { volumeAttributes: { Path: "/old" } }),
      { ...encrypted, rootDirectory: "/old" },
    ],
    [
      "whose handle's path stands before that of an attribute",
      efs(`${fs}:/new`, { volumeAttributes: { path: "/old" } }),
      { ...encrypted, rootDirectory: "/new" },
    ],
    [
      "without encryption",
      efs(fs, { volumeAttributes: { encryptInTransit: "false" } }),
      { fileSystemId: fs, transitEncryption: "DISABLED" },
    ],
    [
      "with mount options that ECS has too",
      efs(fs, {}, ["tls", `iam,accesspoint=${point}`]),
      { ...encrypted, authorizationConfig: { accessPointId: point, iam: "ENABLED" } },
    ],
    [
      "with what its provisioner notes",
      efs(fs, { volumeAttributes: { "storage.kubernetes.io/csiProvisionerIdentity": "1" } }),
      encrypted,
    ],
  ])("%s, by a claim", async ([, world, expected]) => {
    expect(await mountedAs(mounted(claim), { world, config: { taskRoleArn } })).toEqual(expected);
  });

  test("in a pod says the same by attributes, and needs a grant", async () => {
    const pod = mounted(inline({ fileSystemId: fs, accessPointId: point, iam: "true" }));
    const options = { config: { taskRoleArn } };
    expect(await mountedAs(pod, { ...options, ...granted(fs) })).toEqual({
      ...encrypted,
      authorizationConfig: { accessPointId: point, iam: "ENABLED" },
    });
    expect(await refusalsOf(pod, options)).toEqual([
      `spec.volumes[0]: No grant of the node's configuration allows ${fs} to namespace ns or its service account robot.`,
    ]);
  });

  test.for<[who: string, pod: Pod, world: World]>([
    ["the pod", mounted({ persistentVolumeClaim: { claimName: "data", readOnly: true } }), efs(fs)],
    ["the mount", mounted(claim, { readOnly: true }), efs(fs)],
    ["the volume", mounted(claim), efs(fs, { readOnly: true })],
    ["its options", mounted(claim), efs(fs, {}, ["ro"])],
  ])("is mounted read-only where %s says so", async ([, pod, world]) => {
    expect((await mainOf(pod, { world })).mountPoints).toEqual([
      { sourceVolume: "v", containerPath: "/v", readOnly: true },
    ]);
  });

  test("of which a folder is mounted is a volume for each folder, and is not prepared by burstlet's container", async () => {
    const pod = mounted(claim, { subPath: "logs" }, { securityContext: { fsGroup: 7, runAsUser: 5 } });
    pod.spec?.containers[0]?.volumeMounts?.push({ name: "v", mountPath: "/all" });
    const request = await requestOf(pod, { world: efs(`${fs}:/app`) });
    expect(request.definition.content.volumes).toEqual([
      { name: "v", efsVolumeConfiguration: { ...encrypted, rootDirectory: "/app" } },
      { name: "v_1", efsVolumeConfiguration: { ...encrypted, rootDirectory: "/app/logs" } },
    ]);
    expect(definitionsOf(request).get("main")?.mountPoints).toEqual([
      { sourceVolume: "v_1", containerPath: "/v" },
      { sourceVolume: "v", containerPath: "/all" },
    ]);
    expect([...definitionsOf(request).keys()]).toEqual(["main"]);
    expect(request.volumes).toEqual([]);
  });

  test.for<[what: string, pod: Pod, options: Options, words: string[]]>([
    ["by no handle", mounted(claim), { world: efs("vol-1") }, ["does not begin with the id of a file system"]],
    ["in a pod without an id", mounted(inline({})), granted("*"), ["The attribute fileSystemId does not begin"]],
    ["with a strange access point", mounted(claim), { world: efs(`${fs}::x`) }, ['"x" is no id of an access point']],
    ["with a path and an access point", mounted(claim), { world: efs(`${fs}:/a:${point}`) }, ["leave the path out"]],
    [
      "with an access point, of a folder",
      mounted(claim, { subPath: "x" }),
      { world: efs(`${fs}::${point}`) },
      ["mount it without subPath"],
    ],
    [
      "with two access points",
      mounted(claim),
      { world: efs(`${fs}::${point}`, {}, ["accesspoint=fsap-00000000"]) },
      ["two access points"],
    ],
    ["with iam and no task role", mounted(claim), { world: efs(fs, {}, ["iam"]) }, ["this task has none"]],
    [
      "with iam and no encryption, and options that ECS has not",
      mounted(claim),
      {
        config: { taskRoleArn },
        world: efs(fs, { volumeAttributes: { encryptInTransit: "false" } }, ["iam", "noresvport"]),
      },
      ["no option noresvport", "need encryption in transit"],
    ],
    [
      "with attributes that mean something else",
      mounted(claim),
      { world: efs(fs, { volumeAttributes: { mounttargetip: "10.0.0.1", encryptInTransit: "maybe", path: "x" } }) },
      ["no attribute mounttargetip", "encryptintransit is true or false", "must be absolute"],
    ],
    [
      "by a claim, whose id stands in attributes",
      mounted(claim),
      { world: efs(fs, { volumeAttributes: { iam: "true" } }) },
      ["no attribute iam"],
    ],
    [
      "with a Secret",
      mounted(claim),
      { world: efs(fs, { nodePublishSecretRef: { name: "key", namespace: "ns" } }) },
      ["leave its Secret out"],
    ],
  ])("%s is refused with every reason", async ([, pod, options, words]) => {
    const refusals = await refusalsOf(pod, options);
    expect(refusals).toHaveLength(words.length);
    for (const one of words) expect(refusals.join("\n")).toContain(one);
  });
});
