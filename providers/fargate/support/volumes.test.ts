import { expect, test } from "vitest";
import { podOf } from "../../../test/support/resolve-sources.ts";
import { supportFindings } from "../../../src/provider.ts";
import { supportRows } from "../support.ts";

const rows = supportRows({ network: "none", readiness: "refuse", exec: false });
const csi = (driver: string) => ({ name: "v", csi: { driver } });

test.for([
  ["a file system of EFS", csi("efs.csi.aws.com"), "Always", []],
  [
    "a claim, which is judged by what it is bound to",
    { name: "v", persistentVolumeClaim: { claimName: "c" } },
    "Always",
    [],
  ],
  ["a volume of EBS of a pod that runs once", csi("ebs.csi.aws.com"), "Never", []],
  ["a volume of EBS of a pod that runs again", csi("ebs.csi.aws.com"), "OnFailure", ["changed spec.volumes[0].csi"]],
  ["any other driver's", csi("x.example"), "Never", ["refused spec.volumes[0].csi"]],
  ["a claim of the pod's own", { name: "v", ephemeral: {} }, "Never", ["refused spec.volumes[0].ephemeral"]],
  [
    "a disk of the older kind",
    { name: "v", awsElasticBlockStore: { volumeID: "vol-1" } },
    "Never",
    ["refused spec.volumes[0].awsElasticBlockStore"],
  ],
] as const)("%s is told what becomes of it", ([, volume, restartPolicy, expected]) => {
  const pod = podOf({ volumes: [volume], restartPolicy });
  const found = (["changed", "refused"] as const).flatMap((effect) =>
    supportFindings(pod, rows, effect).map(({ path }) => `${effect} ${path}`),
  );
  expect(found).toEqual(expected);
});
