import { inspect } from "node:util";
import { expect, test } from "vitest";
import { parseTime } from "../model/clock.ts";
import type { PodSpec } from "../model/kube.ts";
import { podOf, resolved, sourcesOf, testNode, type World } from "../../test/support/resolve-sources.ts";
import { resolve, type ResolveSources } from "./resolve.ts";

const world: World = {
  configMaps: { settings: { data: { a: "1" } } },
  secrets: { db: { data: { key: "hush-hush" } } },
};

const tokenVolume = (name: string, audience?: string, expirationSeconds = 3600) => ({
  name,
  projected: {
    sources: [
      { serviceAccountToken: { path: "token", expirationSeconds, ...(audience === undefined ? {} : { audience }) } },
    ],
  },
});

test("the pod itself is kept beside what was resolved of it", async () => {
  const pod = podOf(
    { restartPolicy: "Never", terminationGracePeriodSeconds: 5 },
    { labels: { a: "b" }, annotations: { c: "d" } },
  );
  const resolution = await resolved(pod);
  expect(resolution).toMatchObject({
    ok: true,
    refreshAt: undefined,
    pod: {
      uid: "uid-1",
      namespace: "ns",
      name: "web",
      nodeName: "virtual-1",
      labels: { a: "b" },
      annotations: { c: "d" },
      serviceAccountName: "robot",
      restartPolicy: "Never",
      graceSeconds: 5,
    },
  });
  expect(resolution.ok && resolution.pod.pod).toBe(pod);
});

test.for<[seconds: number | undefined, grace: number]>([
  [undefined, 30],
  [0, 0],
  [-1, 1],
])("a grace period of %s s is %s s", async ([terminationGracePeriodSeconds, grace]) => {
  const spec = terminationGracePeriodSeconds === undefined ? {} : { terminationGracePeriodSeconds };
  expect(await resolved(podOf(spec))).toMatchObject({ pod: { graceSeconds: grace, restartPolicy: "Always" } });
});

test("what the pod sets for itself as a whole is told beside its containers, and nothing where it sets nothing", async () => {
  const sized = await resolved(podOf({ resources: { limits: { memory: "1Gi" }, requests: { cpu: "2" } } }));
  const resources = { cpuRequest: 2, memoryRequest: 2 ** 30, memoryLimit: 2 ** 30 };
  expect(sized).toMatchObject({ ok: true, pod: { resources } });
  const plain = await resolved(podOf({}));
  expect(plain.ok && "resources" in plain.pod).toBe(false);
});

test("each object and each kind of token is asked for once, whatever refers to it", async () => {
  const everything: Partial<PodSpec> = {
    imagePullSecrets: [{ name: "db" }],
    containers: ["a", "b"].map((name) => ({
      name,
      image: "busybox:1",
      envFrom: [{ configMapRef: { name: "settings" } }, { secretRef: { name: "db" } }],
      env: [{ name: "K", valueFrom: { secretKeyRef: { name: "db", key: "key" } } }],
    })),
    volumes: [
      { name: "c", configMap: { name: "settings" } },
      { name: "s", secret: { secretName: "db" } },
      tokenVolume("t1"),
      tokenVolume("t2"),
      tokenVolume("t3", ""),
      tokenVolume("t4", "vault"),
    ],
  };
  const sources = sourcesOf(world);
  expect(await resolve(podOf(everything), sources, testNode)).toMatchObject({ ok: true });
  const token = { namespace: "ns", serviceAccount: "robot", pod: { namespace: "ns", name: "web", uid: "uid-1" } };
  expect(sources.asked).toEqual([
    "configmap ns/settings",
    "secret ns/db",
    `token ${JSON.stringify({ ...token, audience: undefined, expirationSeconds: 3600 })}`,
    `token ${JSON.stringify({ ...token, audience: "vault", expirationSeconds: 3600 })}`,
  ]);
});

test("objects are asked for at the same time", async () => {
  let open = 0;
  let most = 0;
  const sources: ResolveSources = {
    ...sourcesOf(world),
    async configMap() {
      most = Math.max(most, (open += 1));
      await new Promise(setImmediate);
      open -= 1;
      return { data: {} };
    },
  };
  const volumes = Array.from({ length: 5 }, (_, index) => ({ name: `v${index}`, configMap: { name: `c${index}` } }));
  await resolve(podOf({ volumes }), sources, testNode);
  expect(most).toBe(5);
});

test("objects are read at least as new as the pod", async () => {
  const seen: (string | undefined)[] = [];
  const sources: ResolveSources = {
    ...sourcesOf(world),
    async configMap(_namespace, _name, newerThan) {
      seen.push(newerThan);
      return { data: {} };
    },
    async secret(_namespace, _name, newerThan) {
      seen.push(newerThan);
      return { data: {} };
    },
  };
  const volumes = [
    { name: "c", configMap: { name: "c" } },
    { name: "s", secret: { secretName: "s" } },
  ];
  await resolve(podOf({ volumes }, { creationTimestamp: "2026-01-01T00:00:00Z" }), sources, testNode);
  expect(seen).toEqual(["2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"]);
});

test("no token is asked for while the pod has to wait for an object", async () => {
  const sources = sourcesOf(world);
  const volumes = [tokenVolume("t"), { name: "c", configMap: { name: "gone" } }];
  const resolution = await resolve(podOf({ volumes }), sources, testNode);
  expect(resolution).toMatchObject({ ok: false, problems: [{ message: 'configmap "gone" not found' }] });
  expect(sources.asked).toEqual(["configmap ns/gone"]);
});

test("an absent optional object does not keep the pod from its token", async () => {
  const volumes = [tokenVolume("t"), { name: "c", configMap: { name: "gone", optional: true } }];
  expect(await resolved(podOf({ volumes }), world)).toMatchObject({
    ok: true,
    pod: {
      volumes: [
        { name: "t", files: [{ path: "token" }] },
        { name: "c", files: [] },
      ],
    },
  });
});

// The token of the sources expires at 01:00:00.
test.for<[lives: string, seconds: number, refreshAt: string]>([
  ["an hour: at 80 %", 3600, "2026-01-01T00:48:00Z"],
  ["two hours: at 80 %", 7200, "2026-01-01T00:36:00Z"],
  ["five days: after one", 5 * 86_400, "2025-12-28T01:00:00Z"],
])("a token is to be replaced before it ends; one that lives %s", async ([, seconds, refreshAt]) => {
  const resolution = await resolved(podOf({ volumes: [tokenVolume("t", "a", seconds)] }));
  expect(resolution).toMatchObject({ ok: true, refreshAt: parseTime(refreshAt) });
});

test("of several tokens the first one counts", async () => {
  const volumes = [tokenVolume("t1", "a", 3600), tokenVolume("t2", "b", 7200)];
  expect(await resolved(podOf({ volumes }))).toMatchObject({ refreshAt: parseTime("2026-01-01T00:36:00Z") });
});

test("every problem of every container, volume and name is told, not only the first", async () => {
  const pod = podOf({
    subdomain: "s".repeat(60),
    setHostnameAsFQDN: true,
    initContainers: [{ name: "i", image: "busybox:1", envFrom: [{ secretRef: { name: "gone" } }] }],
    containers: [
      { name: "a", image: "", env: [{ name: "K", valueFrom: { secretKeyRef: { name: "db", key: "none" } } }] },
      { name: "b", image: "busybox:1", volumeMounts: [{ name: "x", mountPath: "/x" }] },
    ],
    volumes: [{ name: "v", configMap: { name: "gone" } }],
  });
  const resolution = await resolved(pod, world);
  expect(!resolution.ok && resolution.problems.map(({ kind, container, path }) => [kind, container, path])).toEqual([
    ["invalid", undefined, "spec.setHostnameAsFQDN"],
    ["missing", undefined, "spec.volumes[0].configMap"],
    ["missing", "i", "spec.initContainers[0].envFrom[0].secretRef"],
    ["missing", "a", "spec.containers[0].env[0].valueFrom.secretKeyRef"],
    ["invalid", "a", "spec.containers[0].image"],
    ["invalid", "b", "spec.containers[1].volumeMounts[0]"],
  ]);
});

test("nothing of a resolution shows a secret, however it is printed", async () => {
  const pod = podOf({
    imagePullSecrets: [{ name: "pull" }],
    containers: [
      {
        name: "main",
        image: "reg.io/x",
        env: [{ name: "K", valueFrom: { secretKeyRef: { name: "db", key: "key" } } }],
        args: ["--key=$(K)", "$(K)@$(IP)"],
      },
    ],
    volumes: [{ name: "s", secret: { secretName: "db" } }, tokenVolume("t")],
  });
  const auths = { "reg.io": { username: "me", password: "hush-hush" } };
  const pull = { type: "kubernetes.io/dockerconfigjson", data: { ".dockerconfigjson": JSON.stringify({ auths }) } };
  const resolution = await resolved(pod, { ...world, secrets: { ...world.secrets, pull } });
  expect(resolution.ok).toBe(true);
  for (const printed of [JSON.stringify(resolution), inspect(resolution, { depth: null, showHidden: true })]) {
    expect(printed).toContain("[secret]");
    expect(printed).not.toMatch(/hush-hush|aHVzaC1odXNo|token for/);
  }
});

test("the same pod and the same objects give the same result, whatever order their keys have", async () => {
  const pod = podOf({
    volumes: [{ name: "c", configMap: { name: "c" } }],
    containers: [{ name: "main", image: "busybox:1", envFrom: [{ configMapRef: { name: "c" } }] }],
  });
  const one = await resolved(pod, { configMaps: { c: { data: { a: "1", b: "2" } } } });
  const other = await resolved(pod, { configMaps: { c: { data: { b: "2", a: "1" } } } });
  expect(JSON.stringify(one)).toBe(JSON.stringify(other));
});

test("an object that is no pod is an error of the caller", async () => {
  await expect(resolved({ metadata: { name: "x" } })).rejects.toThrow(/metadata\.uid/);
});
