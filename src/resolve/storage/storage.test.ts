import { describe, expect, test } from "vitest";
import {
  podOf,
  podWith,
  problemsOf,
  resolvedPod,
  sourcesOf,
  testNode,
  type World,
} from "../../../test/support/resolve-sources.ts";
import type { PersistentVolume, PersistentVolumeClaim, Pod } from "../../model/kube.ts";
import type { SecretText } from "../../model/secret-text.ts";
import type { ResolveNode } from "../resolution.ts";
import { resolve } from "../resolve.ts";

/** Knows one driver, whose Secret is named by an attribute. */
const storage: ResolveNode["storage"] = {
  "d.example": {
    secretOf: ({ attributes: { secret = "", where } }, namespace) =>
      secret === "" ? undefined : { name: secret, namespace: where ?? namespace },
  },
  "file.csi.azure.com": {},
};

const claimed = (readOnly?: boolean): Pod =>
  podWith(
    { volumeMounts: [{ name: "v", mountPath: "/v" }] },
    { volumes: [{ name: "v", persistentVolumeClaim: { claimName: "data", ...(readOnly && { readOnly }) } }] },
  );
const inline = (volume: object): Pod => podOf({ volumes: [{ name: "v", ...volume }] });

const claim = (change: Partial<PersistentVolumeClaim> = {}): PersistentVolumeClaim => ({
  metadata: { name: "data", namespace: "ns", uid: "c1" },
  spec: { volumeName: "pv" },
  status: { phase: "Bound" },
  ...change,
});
const csi = (change: object = {}) => ({ csi: { driver: "d.example", volumeHandle: "h", ...change } });
const volume = (spec: PersistentVolume["spec"]): PersistentVolume => ({ spec: { claimRef: { uid: "c1" }, ...spec } });
const secrets = { s: { data: { key: "hunter2" } }, other: { data: { key: "other" } } };

function worldOf(spec: PersistentVolume["spec"], change: Partial<World> = {}): World {
  return { secrets, claims: { data: claim() }, volumes: { pv: volume(spec) }, ...change };
}

async function volumeOf(pod: Pod, world: World) {
  const { volumes, containers } = await resolvedPod(pod, world, { storage });
  const [found] = volumes;
  if (found?.kind !== "storage") throw new Error("no storage");
  const opened = Object.entries(found.secrets).map(([key, value]: [string, SecretText]) => [key, value.reveal()]);
  return { ...found, secrets: Object.fromEntries(opened) as Record<string, string>, mounts: containers[0]?.mounts };
}

describe("storage of a claim", () => {
  test("is what its volume says, with the Secret that opens it", async () => {
    const spec = {
      ...csi({ volumeAttributes: { a: "1" }, nodeStageSecretRef: { name: "s", namespace: "system" } }),
      mountOptions: ["dir_mode=0777"],
    };
    const { mounts, ...found } = await volumeOf(claimed(), worldOf(spec));
    expect(found).toEqual({
      name: "v",
      kind: "storage",
      claim: "data",
      driver: "d.example",
      handle: "h",
      attributes: { a: "1" },
      readOnly: false,
      mountOptions: ["dir_mode=0777"],
      secrets: { key: "hunter2" },
    });
    expect(mounts).toEqual([{ volume: "v", path: "/v", readOnly: false }]);
  });

  test.for<[what: string, pod: Pod, change: object]>([
    ["the pod", claimed(true), {}],
    ["the volume", claimed(), { readOnly: true }],
  ])("is read-only where %s says so", async ([, pod, change]) => {
    const { readOnly, mounts } = await volumeOf(pod, worldOf(csi(change)));
    expect(readOnly).toBe(true);
    expect(mounts).toEqual([{ volume: "v", path: "/v", readOnly: true }]);
  });

  test("has the Secret of publishing, else of staging, else the driver's own", async () => {
    const [publish, stage] = [
      { nodePublishSecretRef: { name: "s", namespace: "a" } },
      { nodeStageSecretRef: { name: "other", namespace: "a" } },
    ];
    const opened = async (change: object) => (await volumeOf(claimed(), worldOf(csi(change)))).secrets;
    expect(await opened({ ...publish, ...stage })).toEqual({ key: "hunter2" });
    expect(await opened(stage)).toEqual({ key: "other" });
    expect(await opened({ volumeAttributes: { secret: "s", where: "elsewhere" } })).toEqual({ key: "hunter2" });
    expect(await opened({})).toEqual({});
  });

  test("of an older kind is the driver's that has replaced it", async () => {
    const azureFile = { shareName: "share", secretName: "s", secretNamespace: "system", readOnly: true };
    const pod = claimed();
    const sources = sourcesOf(worldOf({ azureFile }));
    const resolution = await resolve(pod, sources, { ...testNode, storage });
    expect(resolution.ok && resolution.pod.volumes).toMatchObject([
      { driver: "file.csi.azure.com", attributes: { shareName: "share" }, readOnly: true, claim: "data" },
    ]);
    expect(sources.asked).toEqual(["claim ns/data", "volume pv", "secret system/s"]);
  });

  test("of another driver has no secrets, because nobody could use them", async () => {
    const sources = sourcesOf(worldOf(csi({ driver: "x.example", nodeStageSecretRef: { name: "s", namespace: "a" } })));
    const resolution = await resolve(claimed(), sources, { ...testNode, storage });
    expect(resolution.ok && resolution.pod.volumes).toMatchObject([{ driver: "x.example", secrets: {} }]);
    expect(sources.asked).not.toContain("secret a/s");
    const nfs = await volumeOf(claimed(), worldOf({ nfs: { server: "s", path: "/" } }));
    expect(nfs).toMatchObject({ driver: "kubernetes.io/nfs" });
  });

  test.for<[what: string, world: World, problem: string]>([
    ["does not exist", worldOf(csi(), { claims: {} }), 'missing persistentvolumeclaim "data" not found'],
    [
      "is not bound",
      worldOf(csi(), { claims: { data: claim({ spec: {}, status: { phase: "Pending" } }) } }),
      'missing PVC ns/data has non-bound phase ("Pending") or empty pvc.Spec.VolumeName ("")',
    ],
    [
      "names a volume, and is not bound to it",
      worldOf(csi(), { claims: { data: claim({ status: { phase: "Pending" } }) } }),
      'missing PVC ns/data has non-bound phase ("Pending") or empty pvc.Spec.VolumeName ("pv")',
    ],
    [
      "is going",
      worldOf(csi(), { claims: { data: claim({ metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } }) } }),
      "missing PVC is being deleted",
    ],
    [
      "is of a block device",
      worldOf(csi(), { claims: { data: claim({ spec: { volumeName: "pv", volumeMode: "Block" } }) } }),
      'invalid claim "data" is of a block device, and only file systems are mounted',
    ],
    ["has a volume that is gone", worldOf(csi(), { volumes: {} }), 'missing persistentvolume "pv" not found'],
    [
      "names a volume of somebody else's claim",
      worldOf({ ...csi(), claimRef: { uid: "c2" } }),
      "missing PV pv is not bound to PVC ns/data",
    ],
    [
      "names a volume of nobody's",
      { secrets, claims: { data: claim({ metadata: {} }) }, volumes: { pv: { spec: csi() } } },
      "missing PV pv is not bound to PVC ns/data",
    ],
    [
      "may not be read",
      worldOf(csi(), { failing: ["data"] }),
      'missing failed to fetch persistentvolumeclaim "data": data is forbidden',
    ],
    [
      "has a volume that may not be read",
      worldOf(csi(), { failing: ["pv"] }),
      'missing failed to fetch persistentvolume "pv": pv is forbidden',
    ],
    [
      "lacks its Secret",
      worldOf(csi({ nodeStageSecretRef: { name: "none", namespace: "a" } })),
      'missing secret "none" not found in namespace a',
    ],
  ])("that %s makes the pod wait or refused", async ([, world, problem]) => {
    const [kind, ...words] = problem.split(" ");
    expect(await problemsOf(claimed(), world, { storage })).toEqual([
      `${kind} spec.volumes[0].persistentVolumeClaim: ${words.join(" ")}`,
    ]);
  });

  test("is not looked at on a node whose provider mounts none", async () => {
    const sources = sourcesOf(worldOf(csi()));
    const resolution = await resolve(claimed(), sources, testNode);
    expect(resolution.ok && resolution.pod.volumes).toEqual([]);
    expect(sources.asked).toEqual([]);
  });
});

describe("storage in a pod", () => {
  test("is opened by a Secret of the pod's namespace", async () => {
    const written = { csi: { driver: "d.example", readOnly: true, volumeAttributes: { a: "1" } } };
    const withRef = { csi: { ...written.csi, nodePublishSecretRef: { name: "s" } } };
    expect(await volumeOf(inline(withRef), { secrets })).toMatchObject({
      driver: "d.example",
      handle: "",
      attributes: { a: "1" },
      readOnly: true,
      secrets: { key: "hunter2" },
    });
    expect(await volumeOf(inline(written), { secrets })).toMatchObject({ secrets: {} });
    expect(await volumeOf(inline({ azureFile: { shareName: "n", secretName: "s" } }), { secrets })).toMatchObject({
      driver: "file.csi.azure.com",
      attributes: { shareName: "n" },
      readOnly: false,
      secrets: { key: "hunter2" },
    });
  });

  test("is never opened by a Secret of another namespace, which its author may not read", async () => {
    const pod = inline({ csi: { driver: "d.example", volumeAttributes: { secret: "s", where: "kube-system" } } });
    const sources = sourcesOf({ secrets });
    const resolution = await resolve(pod, sources, { ...testNode, storage });
    expect(resolution.ok ? [] : resolution.problems).toMatchObject([
      {
        kind: "invalid",
        path: "spec.volumes[0].csi",
        message: "a volume in a pod may use Secrets of the pod's namespace alone, and not kube-system/s",
        kubeletEvent: { reason: "FailedMount" },
      },
    ]);
    expect(sources.asked).toEqual([]);
  });
});
