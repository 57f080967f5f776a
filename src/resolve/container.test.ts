import { expect, test } from "vitest";
import type { Container, PodSpec } from "../model/kube.ts";
import { podOf, podWith, problemsOf, resolvedPod, type World } from "../../test/support/resolve-sources.ts";

type Mount = NonNullable<Container["volumeMounts"]>[number];

async function only(container: Partial<Container>, spec: Partial<PodSpec> = {}, world: World = {}) {
  const [first] = (await resolvedPod(podWith(container, spec), world)).containers;
  if (first === undefined) throw new Error("no container");
  return first;
}

test("init containers and sidecars keep their order and come before the main ones", async () => {
  const image = "busybox:1";
  const pod = podOf({
    initContainers: [
      { name: "one", image },
      { name: "side", image, restartPolicy: "Always" },
      { name: "two", image },
    ],
    containers: [
      { name: "a", image },
      { name: "b", image },
    ],
  });
  const { containers } = await resolvedPod(pod);
  expect(containers.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
    "one init",
    "side sidecar",
    "two init",
    "a main",
    "b main",
  ]);
});

test("what a container leaves out is what the API defaults", async () => {
  expect(await only({})).toEqual({
    name: "main",
    kind: "main",
    image: "busybox:1",
    imagePullPolicy: "IfNotPresent",
    command: undefined,
    args: undefined,
    workingDir: undefined,
    env: [],
    mounts: [],
    ports: [],
    resources: {},
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
    stdin: false,
    stdinOnce: false,
    tty: false,
  });
});

test("what a container says is kept", async () => {
  const container = {
    imagePullPolicy: "Never",
    workingDir: "/work",
    ports: [{ containerPort: 80 }, { containerPort: 53, protocol: "UDP" }],
    terminationMessagePath: "/tmp/end",
    terminationMessagePolicy: "FallbackToLogsOnError",
    stdin: true,
    stdinOnce: true,
    tty: true,
  };
  expect(await only(container)).toMatchObject({
    ...container,
    ports: [
      { containerPort: 80, protocol: "TCP" },
      { containerPort: 53, protocol: "UDP" },
    ],
  });
});

test("an empty list of command or args is none: the image's stands", async () => {
  expect(await only({ command: [], args: [], workingDir: "" })).toMatchObject({
    command: undefined,
    args: undefined,
    workingDir: undefined,
  });
});

test.for<[image: string, policy: string]>([
  ["busybox", "Always"],
  ["busybox:latest", "Always"],
  ["reg.io:5000/busybox", "Always"],
  ["busybox:1", "IfNotPresent"],
  ["reg.io:5000/busybox:1", "IfNotPresent"],
  ["busybox@sha256:abc", "IfNotPresent"],
  ["busybox:latest@sha256:abc", "IfNotPresent"],
])("without a policy, %s is pulled %s", async ([image, policy]) => {
  expect((await only({ image })).imagePullPolicy).toBe(policy);
});

test("a container without image is refused", async () => {
  expect(await problemsOf(podWith({ image: "" }))).toEqual([
    'invalid spec.containers[0].image: container "main" names no image',
  ]);
});

test.for<[what: string, resources: NonNullable<Container["resources"]>, resolved: object]>([
  [
    "requests default to limits",
    { limits: { cpu: "250m", memory: "64Mi" } },
    { cpuRequest: 0.25, cpuLimit: 0.25, memoryRequest: 67_108_864, memoryLimit: 67_108_864 },
  ],
  [
    "requests are kept beside limits",
    { limits: { cpu: "1" }, requests: { cpu: "0.1" } },
    { cpuRequest: 0.1, cpuLimit: 1 },
  ],
  [
    "ephemeral storage is told beside the others",
    { limits: { "ephemeral-storage": "2Gi" }, requests: { "ephemeral-storage": "1Gi" } },
    { storageRequest: 2 ** 30, storageLimit: 2 ** 31 },
  ],
  ["requests alone set no limit", { requests: { memory: "1k" } }, { memoryRequest: 1000 }],
])("%s", async ([, resources, expected]) => {
  expect((await only({ resources })).resources).toEqual(expected);
});

test("a quantity that is none is refused", async () => {
  expect(await problemsOf(podWith({ resources: { limits: { cpu: "lots" } } }))).toEqual([
    'invalid spec.containers[0].resources: "lots" is no quantity of cpu',
  ]);
});

const volumes = [
  { name: "disk", emptyDir: {} },
  { name: "conf", configMap: { name: "settings" } },
  { name: "host", hostPath: { path: "/x" } },
];
const world: World = {
  configMaps: { settings: { data: { ROOM: "kitchen", ROOT: "/tmp", UP: "a/../.." } } },
  secrets: { db: { data: { KEY: "hush" } } },
};

test.for<[mount: Mount, resolved: object]>([
  [
    { name: "disk", mountPath: "/a" },
    { volume: "disk", path: "/a", readOnly: false },
  ],
  [
    { name: "disk", mountPath: "a", readOnly: true },
    { volume: "disk", path: "/a", readOnly: true },
  ],
  [
    { name: "conf", mountPath: "/a" },
    { volume: "conf", path: "/a", readOnly: true },
  ],
  [
    { name: "host", mountPath: "/a" },
    { volume: "host", path: "/a", readOnly: false },
  ],
  [
    { name: "disk", mountPath: "/a", subPath: "x//y/" },
    { volume: "disk", path: "/a", readOnly: false, subPath: "x/y" },
  ],
  [
    { name: "disk", mountPath: "/a", subPath: "." },
    { volume: "disk", path: "/a", readOnly: false },
  ],
  [
    { name: "disk", mountPath: "/a", subPath: "" },
    { volume: "disk", path: "/a", readOnly: false },
  ],
  [
    { name: "disk", mountPath: "/a", subPathExpr: "$(POD)/$(ROOM)" },
    { volume: "disk", path: "/a", readOnly: false, subPath: "web/kitchen" },
  ],
])("a mount %j is %j", async ([mount, resolved]) => {
  const container = {
    volumeMounts: [mount],
    envFrom: [{ configMapRef: { name: "settings" } }],
    env: [{ name: "POD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
  };
  expect((await only(container, { volumes }, world)).mounts).toEqual([resolved]);
});

test.for<[mount: Omit<Mount, "mountPath">, problem: string]>([
  [{ name: "gone" }, 'invalid : cannot find volume "gone" to mount into container "main"'],
  [{ name: "disk", subPath: "/etc" }, "invalid .subPath: error SubPath `/etc` must not be an absolute path"],
  [
    { name: "disk", subPath: "a/../.." },
    "invalid .subPath: unable to provision SubPath `a/../..`: must not contain '..'",
  ],
  // What a reference stands for may change: the pod waits, as on a kubelet.
  [{ name: "disk", subPathExpr: "$(ROOT)" }, "missing .subPathExpr: error SubPath `/tmp` must not be an absolute path"],
  [
    { name: "disk", subPathExpr: "$(UP)" },
    "missing .subPathExpr: unable to provision SubPath `a/../..`: must not contain '..'",
  ],
  [{ name: "disk", subPathExpr: "$(NO)$(EMPTY)$(ROOM)" }, "missing .subPathExpr: missing value for EMPTY, NO"],
  [
    { name: "disk", subPathExpr: "$(SECRET)" },
    "invalid .subPathExpr: subPathExpr contains a value from a Secret or a file, or an address that only the running task knows, and none of these can be part of a path here",
  ],
  [
    { name: "disk", subPathExpr: "$(IP)" },
    "invalid .subPathExpr: subPathExpr contains a value from a Secret or a file, or an address that only the running task knows, and none of these can be part of a path here",
  ],
])("a mount %j cannot be: %s", async ([mount, problem]) => {
  const container = {
    volumeMounts: [{ mountPath: "/a", ...mount }],
    envFrom: [{ configMapRef: { name: "settings" } }],
    env: [
      { name: "EMPTY", value: "" },
      { name: "SECRET", valueFrom: { secretKeyRef: { name: "db", key: "KEY" } } },
      { name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
    ],
  };
  const [kind, rest = ""] = problem.split(/ (.*)/);
  expect(await problemsOf(podWith(container, { volumes }), world)).toEqual([
    `${kind} spec.containers[0].volumeMounts[0]${rest}`,
  ]);
});
