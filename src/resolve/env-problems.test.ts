/** What keeps an environment from being made. */
import { expect, test } from "vitest";
import type { Container } from "../model/kube.ts";
import { podWith, problemsOf, resolved, type World } from "../../test/support/resolve-sources.ts";

type Env = NonNullable<Container["env"]>;

const world: World = {
  configMaps: {
    settings: { data: { COLOUR: "red", SIZE: "big", "dotted.key": "kept" }, binaryData: { blob: "AAE=" } },
    more: { data: { COLOUR: "blue" } },
    nul: { data: { KEY: "a\0b" } },
  },
  secrets: {
    db: { data: { PASSWORD: "hush", EMPTY: "" } },
    bytes: { data: { KEY: Buffer.from([0xff, 0xfe]) } },
    binary: { data: { KEY: Buffer.from([0xff, 0xfe]), NUL: Buffer.from([65, 0]) } },
  },
};

const ref = { name: "gone", key: "K" };
const at = "spec.containers[0]";

test.for<[what: string, container: Partial<Container>, problem: string]>([
  [
    "a ConfigMap",
    { env: [{ name: "V", valueFrom: { configMapKeyRef: ref } }] },
    `missing ${at}.env[0].valueFrom.configMapKeyRef: configmap "gone" not found`,
  ],
  [
    "a Secret",
    { env: [{ name: "V", valueFrom: { secretKeyRef: ref } }] },
    `missing ${at}.env[0].valueFrom.secretKeyRef: secret "gone" not found`,
  ],
  [
    "a ConfigMap of envFrom",
    { envFrom: [{ configMapRef: { name: "gone" } }] },
    `missing ${at}.envFrom[0].configMapRef: configmap "gone" not found`,
  ],
  [
    "a Secret of envFrom",
    { envFrom: [{ secretRef: { name: "gone" } }] },
    `missing ${at}.envFrom[0].secretRef: secret "gone" not found`,
  ],
  [
    "a key of a ConfigMap",
    { env: [{ name: "V", valueFrom: { configMapKeyRef: { name: "more", key: "K" } } }] },
    `missing ${at}.env[0].valueFrom.configMapKeyRef: couldn't find key K in ConfigMap ns/more`,
  ],
  [
    "a key of a ConfigMap that is in binaryData only",
    { env: [{ name: "V", valueFrom: { configMapKeyRef: { name: "settings", key: "blob" } } }] },
    `missing ${at}.env[0].valueFrom.configMapKeyRef: couldn't find key blob in ConfigMap ns/settings`,
  ],
  [
    "a key of a Secret",
    { env: [{ name: "V", valueFrom: { secretKeyRef: { name: "db", key: "K" } } }] },
    `missing ${at}.env[0].valueFrom.secretKeyRef: couldn't find key K in Secret ns/db`,
  ],
  [
    "text in a Secret",
    { env: [{ name: "V", valueFrom: { secretKeyRef: { name: "binary", key: "KEY" } } }] },
    `missing ${at}.env[0].valueFrom.secretKeyRef: key KEY in Secret ns/binary is no text, so it cannot be an environment variable: mount it`,
  ],
  [
    "text without NUL in a Secret",
    { env: [{ name: "V", valueFrom: { secretKeyRef: { name: "binary", key: "NUL" } } }] },
    `missing ${at}.env[0].valueFrom.secretKeyRef: key NUL in Secret ns/binary is no text, so it cannot be an environment variable: mount it`,
  ],
  [
    "text without NUL in a ConfigMap",
    { envFrom: [{ configMapRef: { name: "nul" } }] },
    `missing ${at}.envFrom[0].configMapRef: key KEY in ConfigMap ns/nul is no text, so it cannot be an environment variable: mount it`,
  ],
  [
    "text in a Secret of envFrom",
    { envFrom: [{ secretRef: { name: "bytes" } }] },
    `missing ${at}.envFrom[0].secretRef: key KEY in Secret ns/bytes is no text, so it cannot be an environment variable: mount it`,
  ],
  [
    "something",
    { envFrom: [{}] },
    `missing ${at}.envFrom[0].secretRef: failed to fetch secret "": resource name may not be empty`,
  ],
  [
    "a name",
    { envFrom: [{ configMapRef: { name: "" } }] },
    `missing ${at}.envFrom[0].configMapRef: failed to fetch configmap "": resource name may not be empty`,
  ],
])("a pod waits for %s that it needs", async ([, container, problem]) => {
  expect(await problemsOf(podWith(container), world)).toEqual([problem]);
});

test.for<[what: string, env: Env, problem: RegExp]>([
  ["a name with =", [{ name: "A=B", value: "x" }], /^invalid .*env\[0\]\.name: "A=B" is no name of an environment/],
  ["an empty name", [{ name: "", value: "x" }], /^invalid .*env\[0\]\.name: "" is no name/],
  ["a name with a line end", [{ name: "A\n", value: "x" }], /^invalid .*env\[0\]\.name: /],
  [
    "a name that is not ASCII",
    [{ name: "gr\u00fcn", value: "x" }],
    /^invalid .*env\[0\]\.name: "gr\u00fcn" is no name/,
  ],
  ["a value with NUL", [{ name: "A", value: "x\0" }], /^invalid .*env\[0\]\.value: contains a NUL byte/],
  [
    "a file of a volume that the pod has not",
    [{ name: "A", valueFrom: { fileKeyRef: { key: "k", path: "p", volumeName: "v" } } }],
    /^invalid .*fileKeyRef\.volumeName: the pod has no emptyDir volume called v$/,
  ],
])("%s is refused", async ([, env, problem]) => {
  expect(await problemsOf(podWith({ env }))).toEqual([expect.stringMatching(problem)]);
});

test.for<[source: Env[number]["valueFrom"], reason: string]>([
  [{ configMapKeyRef: { name: "gone", key: "K", optional: true } }, "OptionalConfigMapNotFound"],
  [{ configMapKeyRef: { name: "more", key: "K", optional: true } }, "OptionalConfigMapKeyNotFound"],
  [{ secretKeyRef: { name: "gone", key: "K", optional: true } }, "OptionalSecretNotFound"],
  [{ secretKeyRef: { name: "db", key: "K", optional: true } }, "OptionalSecretKeyNotFound"],
])("an optional %j leaves its variable out and is told as %s", async ([valueFrom, reason]) => {
  const env = [{ name: "V", ...(valueFrom === undefined ? {} : { valueFrom }) }];
  const resolution = await resolved(podWith({ env, args: ["$(V)"] }), world);
  expect(resolution).toMatchObject({ ok: true, warnings: [{ reason, container: "main" }] });
  expect(resolution.ok && resolution.pod.containers[0]).toMatchObject({ env: [], args: ["$(V)"] });
});

test("an optional object of envFrom that is absent adds nothing", async () => {
  const envFrom = [{ configMapRef: { name: "gone", optional: true } }, { secretRef: { name: "gone", optional: true } }];
  const resolution = await resolved(podWith({ envFrom }), world);
  expect(resolution.ok && resolution.pod.containers[0]?.env).toEqual([]);
  expect(resolution.warnings.map(({ reason }) => reason)).toEqual([
    "OptionalConfigMapNotFound",
    "OptionalSecretNotFound",
  ]);
});

test("problems carry the events of virtual-kubelet and of the kubelet", async () => {
  const env: Env = [
    { name: "A", valueFrom: { configMapKeyRef: { name: "gone", key: "K" } } },
    { name: "B", valueFrom: { secretKeyRef: { name: "db", key: "K" } } },
  ];
  const resolution = await resolved(podWith({ env }), world);
  expect(resolution).toMatchObject({
    ok: false,
    problems: [
      {
        container: "main",
        reason: "MandatoryConfigMapNotFound",
        kubeletEvent: { reason: "Failed", message: 'Error: configmap "gone" not found' },
      },
      {
        container: "main",
        reason: "MandatorySecretKeyNotFound",
        kubeletEvent: { reason: "Failed", message: "Error: couldn't find key K in Secret ns/db" },
      },
    ],
  });
});

test("a prefix that makes no name is refused", async () => {
  const envFrom = [{ configMapRef: { name: "more" }, prefix: "a=" }];
  expect(await problemsOf(podWith({ envFrom }), world)).toEqual([
    expect.stringMatching(/^invalid spec\.containers\[0\]\.envFrom\[0\]\.prefix: "a=COLOUR" is no name/),
  ]);
});

test("a name that is none is told as virtual-kubelet tells it", async () => {
  const resolution = await resolved(podWith({ env: [{ name: "A=B" }] }));
  expect(resolution).toMatchObject({ problems: [{ reason: "InvalidEnvironmentVariableNames" }] });
});

test("an object that cannot be read is not taken for absent, even an optional one", async () => {
  const env: Env = [
    { name: "A", valueFrom: { configMapKeyRef: { name: "more", key: "COLOUR" } } },
    { name: "B", valueFrom: { secretKeyRef: { name: "db", key: "K", optional: true } } },
  ];
  const resolution = await resolved(podWith({ env }), { ...world, failing: ["more", "db"] });
  expect(resolution).toMatchObject({
    ok: false,
    problems: [
      {
        kind: "missing",
        reason: "FailedToReadMandatoryConfigMap",
        message: 'failed to fetch configmap "more": more is forbidden',
      },
      {
        kind: "missing",
        reason: "FailedToReadOptionalSecret",
        message: 'failed to fetch secret "db": db is forbidden',
      },
    ],
  });
});

test("references that double a text for ever end as a refusal, not as our own memory", async () => {
  const doubling = Array.from({ length: 64 }, (_, index) => ({
    name: `V${index + 1}`,
    value: `$(V${index})$(V${index})`,
  }));
  const env: Env = [{ name: "V0", value: "0123456789" }, ...doubling];
  const problems = await problemsOf(podWith({ env, args: ["$(V1)"] }));
  expect(problems.at(0)).toMatch(/^invalid spec\.containers\[0\]\.env\[\d+\]\.value: .*too long/);
});

test("environment, command and args of all containers count together", async () => {
  const text = "x".repeat(6 * 1024 * 1024);
  const settings = { configMaps: { big: { data: { BIG: text } } } };
  const envFrom = [{ configMapRef: { name: "big" } }];
  const podOf = (...containers: Partial<Container>[]) => {
    const pod = podWith({});
    const all = containers.map((more, index) => ({ name: `c${index}`, image: "busybox:1", envFrom, ...more }));
    return { ...pod, spec: { ...pod.spec, containers: all } };
  };
  const everything = { command: ["$(BIG)"], args: ["$(BIG)"] };
  expect(await problemsOf(podOf(everything, everything, everything), settings)).toEqual([
    expect.stringMatching(/^invalid spec\.containers\[1\]: environments, commands and args of one pod are at most/),
  ]);
  expect(await resolved(podOf(everything, {}), settings)).toMatchObject({ ok: true });
});

test("arguments that repeat a large variable are refused too, for a container and for the pod as a whole", async () => {
  const settings = { configMaps: { big: { data: { BIG: "x".repeat(1024 * 1024) } } } };
  const big: Partial<Container> = { envFrom: [{ configMapRef: { name: "big" } }] };
  expect(await problemsOf(podWith({ ...big, args: ["$(BIG)".repeat(7)] }), settings)).toEqual([
    expect.stringMatching(/^invalid spec\.containers\[0\]\.args\[0\]: .*too long/),
  ]);
  expect(await problemsOf(podWith({ ...big, command: ["$(BIG)".repeat(7)] }), settings)).toEqual([
    expect.stringMatching(/^invalid spec\.containers\[0\]\.command\[0\]: .*too long/),
  ]);
  const often = Array.from({ length: 7 }, () => "$(BIG)");
  expect(await problemsOf(podWith({ ...big, args: often }), settings)).toEqual([
    expect.stringMatching(/^invalid spec\.containers\[0\]\.args\[6\]: .*too long/),
  ]);
  const env = often.map((value, index) => ({ name: `V${index}`, value }));
  expect(await problemsOf(podWith({ ...big, env }), settings)).toEqual([
    expect.stringMatching(/^invalid spec\.containers\[0\]\.env\[6\]\.value: .*too long/),
  ]);
  const containers = Array.from({ length: 7 }, (_, index) => ({
    name: `c${index}`,
    image: "busybox:1",
    ...big,
    args: ["$(BIG)".repeat(5)],
  }));
  const pod = podWith({});
  expect(await problemsOf({ ...pod, spec: { ...pod.spec, containers } }, settings)).toEqual([
    expect.stringMatching(/^invalid spec\.containers\[4\]: environments, commands and args of one pod are at most/),
  ]);
});

test.for<[what: string, volume: object, path: string, problem: RegExp]>([
  ["a file of a volume that nobody writes", { configMap: { name: "c" } }, "p", /volumeName: the pod has no emptyDir/],
  ["a file's path that leaves its volume", { emptyDir: {} }, "a/../../p", /fileKeyRef\.path: must not contain '\.\.'/],
])("%s is refused", async ([, volume, path, problem]) => {
  const env = [{ name: "A", valueFrom: { fileKeyRef: { key: "k", path, volumeName: "v" } } }];
  const pod = podWith({ env }, { volumes: [{ name: "v", ...volume }] });
  const configMaps = { c: { data: { p: "k='1'" } } };
  expect(await problemsOf(pod, { configMaps })).toEqual([expect.stringMatching(problem)]);
});
