import { expect, test } from "vitest";
import type { World } from "../../../test/support/resolve-sources.ts";
import { refusalsOf } from "../translate/testing.ts";
import { claim, mounted, worldOf } from "./testing.ts";

test.for<[what: string, volume: object, world: World | undefined, words: string]>([
  [
    "of another driver, by a claim",
    claim,
    worldOf({ csi: { driver: "x.example", volumeHandle: "h" } }),
    "of x.example",
  ],
  ["that is no CSI, by a claim", claim, worldOf({ nfs: { server: "s", path: "/" } }), "of kubernetes.io/nfs"],
  [
    "of another driver, in the pod",
    { csi: { driver: "x.example" } },
    undefined,
    "spec.volumes[0].csi: CSI drivers do not run here",
  ],
])("storage %s is refused, and that is told once", async ([, volume, world, words]) => {
  const refusals = await refusalsOf(mounted(volume), world === undefined ? {} : { world });
  expect(refusals).toEqual([expect.stringContaining(words)]);
});

test("a claim that its pod makes is refused with what to do instead", async () => {
  const ephemeral = { volumeClaimTemplate: { spec: { accessModes: ["ReadWriteOnce"], resources: {} } } };
  expect(await refusalsOf(mounted({ ephemeral }))).toEqual([
    expect.stringContaining("as csi of driver ebs.csi.aws.com"),
  ]);
});
