import { describe, expect, test } from "vitest";
import { inspect } from "node:util";
import { boundVolume, podWith, type World } from "../../../test/support/resolve-sources.ts";
import type { Pod } from "../../../src/provider.ts";
import { putBody } from "../arm/body.ts";
import { requestOf, refusalsOf } from "./testing.ts";

const driver = "file.csi.azure.com";
const keys = { azurestorageaccountname: "shares1", azurestorageaccountkey: "hunter2" };
const mounted = (volume: object, container: object = {}): Pod =>
  podWith({ volumeMounts: [{ name: "v", mountPath: "/v" }], ...container }, { volumes: [{ name: "v", ...volume }] });
const claim = { persistentVolumeClaim: { claimName: "data" } };

/** A cluster with a claim that is bound to this volume. */
function worldOf(spec: object, secrets: World["secrets"] = { key: { data: keys } }): World {
  return { ...boundVolume(spec), secrets };
}
const csi = (change: object = {}) => ({
  csi: {
    driver,
    volumeHandle: "rg#acct#handle-share#",
    nodeStageSecretRef: { name: "key", namespace: "ns" },
    ...change,
  },
});

/** As it goes to Azure. */
async function sent(pod: Pod, world: World) {
  const request = await requestOf(pod, { world });
  const identity = { clusterUid: "c", podUid: "p", attempt: 1 };
  const body = putBody(request, { location: "westeurope" }, { identity, nodeName: "n" });
  return { request, volumes: (body as { properties: { volumes: unknown } }).properties.volumes };
}

describe("a share of Azure Files", () => {
  test.for<[what: string, volume: object, world: World, shareName: string, readOnly: boolean, account: string]>([
    ["by claim, named by the handle", claim, worldOf(csi()), "handle-share", false, "shares1"],
    [
      "by claim, named by an attribute in any case",
      claim,
      worldOf(csi({ volumeAttributes: { ShareName: "named" } })),
      "named",
      false,
      "shares1",
    ],
    [
      "by claim, whose Secret is the driver's own",
      claim,
      worldOf(csi({ nodeStageSecretRef: undefined }), {
        "azure-storage-account-acct-secret": { data: { azurestorageaccountkey: "hunter2" } },
      }),
      "handle-share",
      false,
      "acct",
    ],
    ["by claim of a volume for reading", claim, worldOf(csi({ readOnly: true })), "handle-share", true, "shares1"],
    [
      "by claim of an older kind of volume",
      claim,
      worldOf({ azureFile: { shareName: "old", secretName: "key" } }),
      "old",
      false,
      "shares1",
    ],
    [
      "by CSI in the pod",
      { csi: { driver, volumeAttributes: { shareName: "s", secretName: "key" }, readOnly: true } },
      worldOf({}),
      "s",
      true,
      "shares1",
    ],
    ["in the pod", { azureFile: { shareName: "s", secretName: "key" } }, worldOf({}), "s", false, "shares1"],
  ])(
    "%s is mounted with its key, which nobody sees before",
    async ([, volume, world, shareName, readOnly, account]) => {
      const { request, volumes } = await sent(mounted(volume), world);
      expect(volumes).toEqual([
        {
          name: "volume-0",
          azureFile: { shareName, readOnly, storageAccountName: account, storageAccountKey: "hunter2" },
        },
      ]);
      const [mount] = request.group.properties.containers[0]?.properties.volumeMounts ?? [];
      expect(mount).toEqual({ name: "volume-0", mountPath: "/v", readOnly });
      expect(JSON.stringify(request) + inspect(request, { depth: 20 })).not.toContain("hunter2");
    },
  );

  test.for<[what: string, attributes: object, sentence: string]>([
    ["by NFS", { protocol: "nfs" }, "by SMB alone"],
    ["with a disk in it", { diskName: "d.vhd" }, "no disk in one"],
    ["with a file system of its own", { fsType: "ext4" }, "no disk in one"],
    ["of which a folder is asked for", { folderName: "f" }, "no folder of one"],
    ["behind an address of its own", { server: "10.0.0.4" }, "by their public name alone"],
    ["opened by an identity", { mountWithManagedIdentity: "true", clientID: "x" }, "with the account's key alone"],
  ])("%s is refused", async ([, volumeAttributes, sentence]) => {
    expect(await refusalsOf(mounted(claim), { world: worldOf(csi({ volumeAttributes })) })).toEqual([
      expect.stringMatching(new RegExp(`^spec\\.volumes\\[0\\]: .*${sentence}`)),
    ]);
  });

  test("without a name or a key is refused with both reasons", async () => {
    const world = worldOf(csi({ volumeHandle: "x" }), { key: { data: {} } });
    expect(await refusalsOf(mounted(claim), { world })).toEqual([
      expect.stringContaining("which share it is"),
      expect.stringContaining("name and key are missing"),
    ]);
  });

  test.for<[what: string, spec: object]>([
    ["disk.csi.azure.com", { csi: { driver: "disk.csi.azure.com", volumeHandle: "d" } }],
    ["kubernetes.io/nfs", { nfs: { server: "s", path: "/" } }],
  ])("is what a volume of %s is not", async ([name, spec]) => {
    expect(await refusalsOf(mounted(claim), { world: worldOf(spec) })).toEqual([
      `spec.volumes[0]: Only volumes of ${driver} can be mounted here, and this one is of ${name}.`,
    ]);
  });

  test("is refused to users who are not root, who could not read it", async () => {
    const security = { config: { security: "send" }, world: worldOf(csi()) };
    const as = (runAsUser: number) => mounted(claim, { securityContext: { runAsUser } });
    expect(await refusalsOf(as(0), security)).toEqual([]);
    expect(await refusalsOf(as(1000), security)).toEqual([expect.stringContaining("main has another user")]);
  });

  test("that nothing mounts is left out, and refused for nothing", async () => {
    const pod = podWith({}, { volumes: [{ name: "v", ...claim }] });
    const world = worldOf(csi({ volumeAttributes: { protocol: "nfs" } }));
    expect((await requestOf(pod, { world })).group.properties).not.toHaveProperty("volumes");
  });
});
