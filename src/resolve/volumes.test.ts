import { expect, test } from "vitest";
import type { PodSpec, Volume } from "../model/kube.ts";
import type { ResolvedVolume } from "../model/resolved-pod.ts";
import { podOf, problemsOf, resolved, resolvedPod, shown, type World } from "../../test/support/resolve-sources.ts";

const world: World = {
  configMaps: {
    settings: { data: { a: "1", b: "2" }, binaryData: { blob: "AP8=" } },
    "kube-root-ca.crt": { data: { "ca.crt": "PEM" } },
  },
  secrets: { db: { data: { password: "hush", key: Buffer.from([0, 255]) } } },
};

async function volumeOf(
  source: Omit<Volume, "name">,
  spec: Partial<PodSpec> = {},
): Promise<ResolvedVolume | undefined> {
  const pod = await resolvedPod(podOf({ ...spec, volumes: [{ name: "v", ...source }] }), world);
  return pod.volumes[0];
}

/** `path mode content` of every file; `:base64` behind bytes. */
async function filesOf(source: Omit<Volume, "name">, spec: Partial<PodSpec> = {}): Promise<string[]> {
  const volume = await volumeOf(source, spec);
  if (volume?.kind !== "files") throw new Error("not a volume of files");
  return volume.files.map(({ path, mode, content, encoding, uid }) => {
    const bytes = encoding === "base64" ? ":base64" : "";
    return `${path} ${mode.toString(8)} ${shown(content)}${bytes}${uid === undefined ? "" : ` of ${uid}`}`;
  });
}

test.for<[source: NonNullable<Volume["emptyDir"]>, volume: object]>([
  [{}, { kind: "emptyDir", medium: "disk" }],
  [{ medium: "Memory" }, { kind: "emptyDir", medium: "memory" }],
  [{ sizeLimit: "1Gi" }, { kind: "emptyDir", medium: "disk", sizeLimit: 1024 ** 3 }],
  [{ sizeLimit: "0" }, { kind: "emptyDir", medium: "disk" }],
])("emptyDir %j is %j", async ([emptyDir, volume]) => {
  expect(await volumeOf({ emptyDir })).toEqual({ name: "v", ...volume });
});

test.for<[what: string, source: Omit<Volume, "name">]>([
  ["huge pages", { emptyDir: { medium: "HugePages-2Mi" } }],
  ["a folder of the host", { hostPath: { path: "/" } }],
  ["a claim", { persistentVolumeClaim: { claimName: "c" } }],
  ["nothing", {}],
])("%s: left to the provider's support table", async ([, source]) => {
  expect(await volumeOf(source)).toBeUndefined();
});

test.for<[what: string, source: Omit<Volume, "name">, files: string[]]>([
  ["a ConfigMap", { configMap: { name: "settings" } }, ["a 644 1", "b 644 2", "blob 644 AP8=:base64"]],
  ["a Secret", { secret: { secretName: "db" } }, ["key 644 secret(AP8=):base64", "password 644 secret(hush)"]],
  ["a mode", { configMap: { name: "settings", defaultMode: 0o400, items: [{ key: "a", path: "a" }] } }, ["a 400 1"]],
  [
    "items with their own path and mode",
    { secret: { secretName: "db", defaultMode: 0o440, items: [{ key: "password", path: "x/./y//z/", mode: 0o600 }] } },
    ["x/y/z 600 secret(hush)"],
  ],
  [
    "items of a ConfigMap, two of one path: the later one",
    {
      configMap: {
        name: "settings",
        items: [
          { key: "a", path: "f" },
          { key: "b", path: "./f" },
        ],
      },
    },
    ["f 644 2"],
  ],
  [
    "the downward API",
    {
      downwardAPI: {
        items: [
          { path: "labels", fieldRef: { fieldPath: "metadata.labels" } },
          { path: "d/name", mode: 0o600, fieldRef: { fieldPath: "metadata.name" } },
          { path: "cpu", resourceFieldRef: { containerName: "main", resource: "limits.cpu" } },
        ],
      },
    },
    ["cpu 644 4", "d/name 600 web", "labels 644 "],
  ],
  [
    "sources projected together, where later ones win",
    {
      projected: {
        defaultMode: 0o444,
        sources: [
          { configMap: { name: "settings", items: [{ key: "a", path: "password" }] } },
          { secret: { name: "db", items: [{ key: "password", path: "password" }] } },
          { downwardAPI: { items: [{ path: "name", fieldRef: { fieldPath: "metadata.name" } }] } },
        ],
      },
    },
    ["name 444 web", "password 444 secret(hush)"],
  ],
])("files of %s", async ([, source, files]) => {
  expect(await filesOf(source)).toEqual(files);
});

const access: Omit<Volume, "name"> = {
  projected: {
    defaultMode: 420,
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
      { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
      {
        downwardAPI: {
          items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }],
        },
      },
    ],
  },
};

const busybox = (name: string, runAsUser?: number) => ({
  name,
  image: "busybox:1",
  ...(runAsUser === undefined ? {} : { securityContext: { runAsUser } }),
});

test.for<[what: string, spec: Partial<PodSpec>, token: string]>([
  ["nothing said of users", {}, "token 644 secret(token for the cluster)"],
  ["a user of the pod", { securityContext: { runAsUser: 7 } }, "token 600 secret(token for the cluster) of 7"],
  ["the user root", { securityContext: { runAsUser: 0 } }, "token 600 secret(token for the cluster) of 0"],
  [
    "one user in all containers",
    { containers: [busybox("a", 7), busybox("b", 7)] },
    "token 600 secret(token for the cluster) of 7",
  ],
  ["two users", { containers: [busybox("a", 7), busybox("b", 8)] }, "token 644 secret(token for the cluster)"],
  [
    "a user in one container",
    { containers: [busybox("a", 7), busybox("b")] },
    "token 644 secret(token for the cluster)",
  ],
  [
    "another user in an init container",
    { initContainers: [busybox("i", 8)], securityContext: { runAsUser: 7 } },
    "token 644 secret(token for the cluster)",
  ],
  [
    "another user in an ephemeral container",
    { ephemeralContainers: [busybox("e", 8)], securityContext: { runAsUser: 7 } },
    "token 644 secret(token for the cluster)",
  ],
  ["a group", { securityContext: { fsGroup: 9 } }, "token 640 secret(token for the cluster)"],
])("the automounted service-account volume is a kubelet's, with %s", async ([, spec, token]) => {
  const files = await filesOf(access, spec);
  expect(files.map((file) => file.replace(/ \d+ /, " "))).toEqual([
    "ca.crt PEM",
    "namespace ns",
    token.replace(/ \d+ /, " "),
  ]);
  expect(files.at(-1)).toBe(token);
});

test("with a group, every file of a volume is readable by it", async () => {
  const source = { secret: { secretName: "db", defaultMode: 0o400, items: [{ key: "password", path: "p" }] } };
  expect(await filesOf(source, { securityContext: { fsGroup: 9 } })).toEqual(["p 440 secret(hush)"]);
});

test.for<[source: Omit<Volume, "name">, problem: string]>([
  [{ configMap: { name: "gone" } }, 'missing spec.volumes[0].configMap: configmap "gone" not found'],
  [{ secret: { secretName: "gone" } }, 'missing spec.volumes[0].secret: secret "gone" not found'],
  [
    { configMap: { name: "settings", items: [{ key: "K", path: "f" }] } },
    "missing spec.volumes[0].configMap.items[0]: configmap references non-existent config key: K",
  ],
  [
    { secret: { secretName: "db", items: [{ key: "K", path: "f" }] } },
    "missing spec.volumes[0].secret.items[0]: references non-existent secret key: K",
  ],
  [
    { projected: { sources: [{ secret: { name: "gone" } }] } },
    'missing spec.volumes[0].projected.sources[0].secret: secret "gone" not found',
  ],
  [{ emptyDir: { sizeLimit: "big" } }, 'invalid spec.volumes[0].emptyDir.sizeLimit: "big" is no quantity'],
  [
    { projected: { sources: [{ clusterTrustBundle: { path: "f", name: "n" } }] } },
    "invalid spec.volumes[0].projected.sources[0]: a projection of clusterTrustBundle is not supported: configMap, secret, downwardAPI and serviceAccountToken are",
  ],
])("%j cannot be resolved: %s", async ([source, problem]) => {
  expect(await problemsOf(podOf({ volumes: [{ name: "v", ...source }] }), world)).toEqual([problem]);
});

test("a missing volume is told as the kubelet tells it", async () => {
  const resolution = await resolved(podOf({ volumes: [{ name: "v", secret: { secretName: "gone" } }] }));
  expect(resolution).toMatchObject({
    problems: [
      {
        container: undefined,
        reason: "MandatorySecretNotFound",
        kubeletEvent: {
          reason: "FailedMount",
          message: 'MountVolume.SetUp failed for volume "v" : secret "gone" not found',
        },
      },
    ],
  });
});

test.for<[source: Omit<Volume, "name">, reason: string]>([
  [{ configMap: { name: "gone", optional: true } }, "OptionalConfigMapNotFound"],
  [{ secret: { secretName: "gone", optional: true } }, "OptionalSecretNotFound"],
  [
    { configMap: { name: "settings", optional: true, items: [{ key: "K", path: "f" }] } },
    "OptionalConfigMapKeyNotFound",
  ],
  [{ secret: { secretName: "db", optional: true, items: [{ key: "K", path: "f" }] } }, "OptionalSecretKeyNotFound"],
  [{ projected: { sources: [{ secret: { name: "gone", optional: true } }] } }, "OptionalSecretNotFound"],
])("an optional %j is an empty volume, told as %s", async ([source, reason]) => {
  const resolution = await resolved(podOf({ volumes: [{ name: "v", ...source }] }), world);
  expect(resolution).toMatchObject({ ok: true, warnings: [{ reason }] });
  expect(resolution.ok && resolution.pod.volumes).toEqual([{ name: "v", kind: "files", files: [] }]);
});

const long = "x".repeat(256);

test.for<[path: string, fault: string]>([
  ["", 'must not be empty: ""'],
  [".", 'must not be empty: "."'],
  ["./", 'must not be empty: "./"'],
  ["/etc/passwd", "must be relative path: /etc/passwd"],
  ["..", "must not contain '..': .."],
  ["../up", "must not contain '..': ../up"],
  ["a/../../up", "must not contain '..': a/../../up"],
  ["a/..", "must not contain '..': a/.."],
  ["..data", "must not start with '..': ..data"],
  [long, "filenames must be less than or equal to 255 characters"],
  ["a/".repeat(2049), "must be less than or equal to 4096 characters"],
])("no file is written to %j", async ([path, fault]) => {
  const sources = [
    { configMap: { name: "settings", items: [{ key: "a", path }] } },
    { secret: { name: "db", items: [{ key: "password", path }] } },
    { downwardAPI: { items: [{ path, fieldRef: { fieldPath: "metadata.name" } }] } },
    { serviceAccountToken: { path } },
  ];
  const at = "invalid spec.volumes[0].projected.sources";
  expect(await problemsOf(podOf({ volumes: [{ name: "v", projected: { sources } }] }), world)).toEqual([
    `${at}[0].configMap.items[0].path: invalid path: ${fault}`,
    `${at}[1].secret.items[0].path: invalid path: ${fault}`,
    `${at}[2].downwardAPI.items[0].path: invalid path: ${fault}`,
    `${at}[3].serviceAccountToken.path: invalid path: ${fault}`,
  ]);
});

test.for(["a..b", "a/..b", ".hidden", "a b/ü", "x".repeat(255), `${"x/".repeat(2047)}xy`])(
  "a file may be called %j",
  async (path) => {
    expect(await filesOf({ configMap: { name: "settings", items: [{ key: "a", path }] } })).toEqual([`${path} 644 1`]);
  },
);

test("a path cannot be a file and a folder at once", async () => {
  const items = [
    { key: "a", path: "x/y" },
    { key: "b", path: "x/y-z" },
    { key: "a", path: "x/y/z/deep" },
  ];
  expect(await problemsOf(podOf({ volumes: [{ name: "v", configMap: { name: "settings", items } }] }), world)).toEqual([
    'invalid spec.volumes[0]: "x/y" is a file and cannot be the folder of "x/y/z/deep" too',
  ]);
});

test("a token that is refused makes the pod wait, with the reason", async () => {
  const pod = podOf({ volumes: [{ name: "v", ...access }] });
  expect(await problemsOf(pod, { ...world, failing: ["token"] })).toEqual([
    "missing spec.volumes[0].projected.sources[0].serviceAccountToken: failed to fetch token: token is forbidden",
  ]);
});

test("the files of all volumes count together", async () => {
  const volume = (name: string, count: number) => {
    const items = Array.from({ length: count }, (_, index) => ({ key: "big", path: `f${index}` }));
    return { name, configMap: { name: "big", items } };
  };
  const big = { configMaps: { big: { data: { big: "x".repeat(1024 * 1024) } } } };
  const disk = { name: "disk", emptyDir: {} };
  const exactly = podOf({ volumes: [volume("a", 40), disk, volume("b", 24)] });
  expect(await resolved(exactly, big)).toMatchObject({ ok: true });
  expect(await problemsOf(podOf({ volumes: [volume("a", 40), volume("b", 25), volume("c", 40)] }), big)).toEqual([
    "invalid spec.volumes[1]: the files of a pod's volumes are at most 67108864 characters here",
  ]);
});

test("a large ConfigMap named very often is refused before anything of that size is made", async () => {
  const items = Array.from({ length: 100 }, (_, index) => ({ key: "big", path: `f${index}` }));
  const pod = podOf({ volumes: [{ name: "v", configMap: { name: "big", items } }] });
  expect(await problemsOf(pod, { configMaps: { big: { data: { big: "x".repeat(1024 * 1024) } } } })).toEqual([
    "invalid spec.volumes[0]: the files of a pod's volumes are at most 67108864 characters here",
  ]);
});
