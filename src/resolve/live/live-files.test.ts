import { expect, test } from "vitest";
import { podOf, podWith, shown, sourcesOf, testNode, type World } from "../../../test/support/resolve-sources.ts";
import type { Pod, Volume } from "../../model/kube.ts";
import type { FilesVolume } from "../../model/resolved-pod.ts";
import { Late, SecretText } from "../../model/secret-text.ts";
import { createFingerprint, hasLiveFiles, resolveFiles, showsEditable } from "./live-files.ts";

const world: World = {
  configMaps: { settings: { data: { a: "1" } } },
  secrets: { db: { data: { key: "hush" } } },
};
const token: Volume = {
  name: "token",
  projected: { sources: [{ serviceAccountToken: { path: "token", expirationSeconds: 3600 } }] },
};
const settings: Volume = { name: "settings", configMap: { name: "settings" } };

const filesOf = async (pod: Pod, of: World = world) => {
  const { volumes, ...rest } = await resolveFiles(pod, sourcesOf(of), testNode);
  const files = volumes.map(
    ({ name, files: list }) => `${name}: ${list.map((file) => `${file.path}=${shown(file.content)}`).join(" ")}`,
  );
  return { ...rest, files };
};

test("every volume is resolved as it would be at the start", async () => {
  const pod = podOf({
    volumes: [settings, { name: "db", secret: { secretName: "db" } }, { name: "x", emptyDir: {} }, token],
  });
  expect(await filesOf(pod)).toEqual({
    files: ["settings: a=1", "db: key=secret(hush)", "token: token=secret(token for the cluster)"],
    problems: [],
    refreshAt: Date.parse("2026-01-01T00:48:00Z"),
  });
});

test("a volume that lacks something is left as it is, and keeps no other from its news", async () => {
  const pod = podOf({ volumes: [{ name: "gone", configMap: { name: "gone" } }, settings, token] });
  const { files, problems } = await filesOf(pod);
  expect(files).toEqual(["settings: a=1", "token: token=secret(token for the cluster)"]);
  expect(problems.map(({ kubeletEvent }) => kubeletEvent)).toEqual([
    { reason: "FailedMount", message: 'MountVolume.SetUp failed for volume "gone" : configmap "gone" not found' },
  ]);
});

test("a token that cannot be had leaves its volume as it is", async () => {
  const { files, problems } = await filesOf(podOf({ volumes: [settings, token] }), { ...world, failing: ["token"] });
  expect(files).toEqual(["settings: a=1"]);
  expect(problems).toHaveLength(1);
});

test("an optional object that vanishes takes its files along; one that appears brings them", async () => {
  const optional: Volume = { name: "may", configMap: { name: "may", optional: true } };
  const pod = podOf({ volumes: [optional] });
  expect(await filesOf(pod)).toEqual({ files: ["may: "], problems: [], refreshAt: undefined });
  const there = { configMaps: { may: { data: { b: "2" } } } };
  expect((await filesOf(pod, there)).files).toEqual(["may: b=2"]);
});

test("what only environments and pulls refer to is not asked for", async () => {
  const from = [{ configMapRef: { name: "env-only" } }];
  const value = { name: "A", valueFrom: { secretKeyRef: { name: "key-only", key: "k" } } };
  const pod = podWith(
    { envFrom: from, env: [value] },
    { volumes: [settings], imagePullSecrets: [{ name: "pull" }], initContainers: [{ name: "i", envFrom: from }] },
  );
  const sources = sourcesOf(world);
  await resolveFiles(pod, sources, testNode);
  expect(sources.asked).toEqual(["configmap ns/settings"]);
});

test.for<[what: string, volume: Volume, live: boolean, editable: boolean]>([
  ["an emptyDir", { name: "v", emptyDir: {} }, false, false],
  ["a ConfigMap", settings, true, false],
  ["a Secret", { name: "v", secret: { secretName: "s" } }, true, false],
  ["a token", token, true, false],
  [
    "the namespace",
    { name: "v", downwardAPI: { items: [{ path: "n", fieldRef: { fieldPath: "metadata.namespace" } }] } },
    true,
    false,
  ],
  [
    "a label",
    { name: "v", downwardAPI: { items: [{ path: "n", fieldRef: { fieldPath: "metadata.labels['a']" } }] } },
    true,
    true,
  ],
  [
    "all annotations, projected",
    {
      name: "v",
      projected: {
        sources: [{ downwardAPI: { items: [{ path: "n", fieldRef: { fieldPath: "metadata.annotations" } }] } }],
      },
    },
    true,
    true,
  ],
  [
    "a limit",
    {
      name: "v",
      downwardAPI: {
        items: [{ path: "n", resourceFieldRef: { containerName: "main", resource: "limits.cpu" } }],
      },
    },
    true,
    true,
  ],
])("a volume of %s", ([, volume, live, editable]) => {
  const pod = podOf({ volumes: [volume] });
  expect([hasLiveFiles(pod), showsEditable(pod)]).toEqual([live, editable]);
});

test("a pod without volumes has no live files", () => {
  expect(hasLiveFiles(podOf({}))).toBe(false);
  expect([hasLiveFiles({}), showsEditable({})]).toEqual([false, false]);
});

const volumeOf = (...files: Partial<FilesVolume["files"][number]>[]): FilesVolume => ({
  name: "v",
  kind: "files",
  files: files.map((file) => ({ path: "a", mode: 0o644, content: "1", encoding: "utf8" as const, ...file })),
});

test("a fingerprint is the same for the same files, and another one for whatever differs", () => {
  const print = createFingerprint(Buffer.from("key"));
  const volumes = [
    volumeOf(),
    volumeOf({}, { path: "b" }),
    volumeOf({ path: "b" }),
    volumeOf({ mode: 0o600 }),
    volumeOf({ uid: 7 }),
    volumeOf({ encoding: "base64" }),
    volumeOf({ content: "2" }),
    volumeOf({ content: new SecretText("1") }),
    volumeOf({ content: new SecretText("2") }),
    volumeOf({ content: new Late([{ late: "podIP" }]) }),
    volumeOf({ content: new Late(["1", { late: "podIP" }]) }),
  ];
  const prints = volumes.map(print);
  expect(new Set(prints).size).toBe(volumes.length);
  expect(volumes.map(print)).toEqual(prints);
  expect(volumes.map(createFingerprint(Buffer.from("other")))).not.toContain(prints[0]);
});
