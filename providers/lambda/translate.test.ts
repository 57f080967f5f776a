import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { podWith, resolvedPod, type World } from "../../test/support/resolve-sources.ts";
import { type Grant, type Pod, SecretText } from "../../src/provider.ts";
import { bodyOf } from "./client.ts";
import { type LambdaRequest, podAnnotations } from "./request.ts";
import { supportRows } from "./support.ts";
import { eventFunctionOf } from "./translate/mode.ts";
import { translate } from "./translate.ts";

const grants: readonly Grant[] = [{ namespace: "ns", serviceAccount: "robot", allow: ["f*", "arn:aws:lambda:*"] }];
const never = { restartPolicy: "Never" } as const;
type Container = Parameters<typeof podWith>[0];
type Spec = NonNullable<Parameters<typeof podWith>[1]>;

const podOfFunction = (container: Container = {}, annotations: Record<string, string> = {}, spec: Spec = {}): Pod => {
  const pod = podWith({ image: "lambda://f:live", ...container }, { ...never, ...spec });
  return { ...pod, metadata: { ...pod.metadata, annotations } };
};

async function requestOf(pod: Pod, world: World = {}): Promise<LambdaRequest> {
  const { request, refusals } = translate(await resolvedPod(pod, world), supportRows, {
    grants,
    durableFunctions: ["d"],
    eventFunctions: ["e"],
  });
  if (request === undefined) throw new Error(refusals.map(({ path, sentence }) => `${path}: ${sentence}`).join("\n"));
  return request;
}

const refusedOf = async (pod: Pod, given: readonly Grant[] = grants, world: World = {}) =>
  translate(await resolvedPod(pod, world), supportRows, {
    grants: given,
    durableFunctions: ["d"],
    eventFunctions: ["e"],
  }).refusals;

const sent = (request: LambdaRequest): unknown =>
  JSON.parse(Buffer.from(bodyOf(request, { clusterUid: "c", podUid: "uid-1", attempt: 2 }, "token")).toString());

describe("the function", () => {
  test.for<[string, Pod, string, string | undefined]>([
    ["by image", podOfFunction({ image: "lambda://f" }), "f", undefined],
    ["by image with an alias", podOfFunction(), "f", "live"],
    ["by annotation", podOfFunction({ image: "busybox" }, { [podAnnotations.function]: "f:7" }), "f", "7"],
    ["the newest", podOfFunction({ image: "lambda://f:$LATEST" }), "f", "$LATEST"],
    [
      "by ARN",
      podOfFunction({ image: "lambda://arn:aws:lambda:eu-central-1:123456789012:function:g:live" }),
      "arn:aws:lambda:eu-central-1:123456789012:function:g",
      "live",
    ],
  ])("is named %s", async ([, pod, name, qualifier]) => {
    expect((await requestOf(pod)).function).toEqual({ name, qualifier });
  });

  test.for<[string, Pod, RegExp]>([
    ["none", podOfFunction({ image: "busybox" }), /No function is named/],
    ["two", podOfFunction({}, { [podAnnotations.function]: "f:other" }), /another function/],
    ["one that is no name", podOfFunction({ image: "lambda://f/g" }), /Expected name/],
    ["one with two qualifiers", podOfFunction({ image: "lambda://f:1:2" }), /Expected name/],
    ["one without a grant", podOfFunction({ image: "lambda://other" }), /No grant .* function other/],
  ])("refuses %s", async ([, pod, sentence]) => {
    expect((await refusedOf(pod)).map((one) => one.sentence)).toEqual([expect.stringMatching(sentence)]);
  });

  test("is granted as it is written, qualifier included", async () => {
    const allow = (id: string): Grant[] => [{ namespace: "ns", allow: [id] }];
    expect(await refusedOf(podOfFunction(), allow("f:live"))).toEqual([]);
    expect(await refusedOf(podOfFunction(), allow("f"))).toHaveLength(1);
    expect(await refusedOf(podOfFunction(), allow("f:*"))).toEqual([]);
    // Of a node without any grants the launch says so, and waits.
    expect(await refusedOf(podOfFunction(), [])).toEqual([]);
  });

  test("is not named by a misspelt annotation, which is refused", async () => {
    const paths = (await refusedOf(podOfFunction({}, { "lambda.burstlet.dev/fonction": "f" }))).map(({ path }) => path);
    expect(paths).toEqual(["metadata.annotations[lambda.burstlet.dev/fonction]"]);
    expect(await refusedOf(podOfFunction({}, { [podAnnotations.secrets]: "env" }))).toHaveLength(1);
  });
});

describe("the mode", () => {
  const durable: Container = { image: "lambda://d:live" };
  const all: readonly Grant[] = [{ namespace: "ns", allow: ["*"] }];
  const modeOf = async (container: Container, mode?: string) => {
    const pod = podOfFunction(container, mode === undefined ? {} : { [podAnnotations.mode]: mode });
    const translated = translate(await resolvedPod(pod), supportRows, {
      grants: all,
      durableFunctions: ["d"],
      eventFunctions: ["e"],
    });
    return translated.request === undefined
      ? translated.refusals.map(({ sentence }) => sentence)
      : [translated.request.mode, translated.memory, ...(translated.trail === undefined ? [] : [translated.trail])];
  };

  test("is what the node's configuration says of the function, unless the pod says otherwise", async () => {
    expect(await modeOf({})).toEqual(["sync", 0]);
    expect(await modeOf(durable)).toEqual(["durable", 86_400]);
    const arn = "lambda://arn:aws:lambda:eu-central-1:123456789012:function:d:live";
    expect(await modeOf({ image: arn })).toEqual(["durable", 86_400]);
    expect(await modeOf(durable, "sync")).toEqual(["sync", 0]);
    expect(await modeOf(durable, "durable")).toEqual(["durable", 86_400]);
  });

  test("is event only where the pod and the node's configuration both say so, and leaves a trail", async () => {
    const event: Container = { image: "lambda://e:live" };
    expect(await modeOf(event)).toEqual(["sync", 0]);
    expect(await modeOf({}, "event")).toEqual([expect.stringContaining("lambda.eventFunctions")]);
    expect(await modeOf(event, "event")).toEqual(["event", 0, "event e:live"]);
    expect(eventFunctionOf("event e:live")).toEqual({ name: "e", qualifier: "live" });
    expect([undefined, "e:live", "event ", "event a b"].map(eventFunctionOf)).toEqual(Array(4).fill(undefined));
  });

  test("is refused where it is none, or where its executions would be lost by a restart", async () => {
    expect(await modeOf({}, "async")).toEqual([expect.stringContaining("sync, durable, event")]);
    expect(await modeOf({}, "durable")).toEqual([expect.stringContaining("lambda.durableFunctions")]);
  });

  test("but sync takes a megabyte, and that is said before any invocation", async () => {
    const args = ["x".repeat(2 ** 20)];
    expect(await modeOf({ args })).toEqual(["sync", 0]);
    expect(await modeOf({ ...durable, args })).toEqual([expect.stringContaining("1,048,576")]);
  });
});

describe("the payload", () => {
  test("has who asks, command, arguments, variables and files", async () => {
    const pod = podOfFunction(
      {
        command: ["sh", "-c"],
        args: ["echo $(SIZE)"],
        workingDir: "/tmp",
        env: [{ name: "SIZE", value: "large" }],
        volumeMounts: [
          { name: "c", mountPath: "/tmp/all" },
          { name: "c", mountPath: "/tmp/one", subPath: "b" },
        ],
      },
      {},
      {
        hostname: "host",
        volumes: [{ name: "c", configMap: { name: "c", defaultMode: 0o640 } }],
        enableServiceLinks: false,
      },
    );
    const world = { configMaps: { c: { data: { a: "1", b: "2" } } } };
    const file = (path: string, content: string) => ({ path, content, mode: 0o640, encoding: "utf8" });
    expect(sent(await requestOf(pod, world))).toEqual({
      burstlet: {
        invocationId: "token",
        podUid: "uid-1",
        namespace: "ns",
        name: "web",
        container: "main",
        attempt: 2,
      },
      command: ["sh", "-c"],
      args: ["echo large"],
      workingDir: "/tmp",
      env: [
        { name: "HOSTNAME", value: "host" },
        { name: "SIZE", value: "large" },
      ],
      files: [file("/tmp/all/a", "1"), file("/tmp/all/b", "2"), file("/tmp/one", "2")],
    });
  });

  test("has values of Secrets where the annotation allows them, and shows them to nobody else", async () => {
    const env = [
      { name: "KEY", valueFrom: { secretKeyRef: { name: "s", key: "k" } } },
      { name: "URL", value: "https://$(KEY)@db" },
    ];
    const world = { secrets: { s: { data: { k: "hush" } } } };
    const paths = (await refusedOf(podOfFunction({ env }), grants, world)).map(({ path }) => path);
    expect(paths).toEqual(["spec.containers[0].env[0].valueFrom.secretKeyRef"]);
    const request = await requestOf(podOfFunction({ env }, { [podAnnotations.secrets]: "payload" }), world);
    expect(JSON.stringify(request)).not.toContain("hush");
    expect(sent(request)).toMatchObject({
      env: expect.arrayContaining([
        { name: "KEY", value: "hush" },
        { name: "URL", value: "https://hush@db" },
      ]) as unknown,
    });
  });

  test("is refused behind the table too, should a value be secret that the spec does not show", async () => {
    const resolved = await resolvedPod(podOfFunction());
    const [container] = resolved.containers;
    if (container === undefined) throw new Error("no container");
    const command = ["echo", new SecretText("hush")];
    const { refusals } = translate({ ...resolved, containers: [{ ...container, command }] }, supportRows, {
      grants,
      durableFunctions: ["d"],
      eventFunctions: ["e"],
    });
    expect(refusals.map(({ path }) => path)).toEqual(["spec.containers[0]"]);
  });

  test("is the author's own JSON, unchanged, and then nothing else", async () => {
    const json = '{ "size" : 3 }';
    const request = await requestOf(podOfFunction({}, { [podAnnotations.payload]: json }));
    expect(Buffer.from(bodyOf(request, { clusterUid: "c", podUid: "u", attempt: 1 }, "t")).toString()).toBe(json);
    const refused = async (text: string, container: Container = {}) =>
      (await refusedOf(podOfFunction(container, { [podAnnotations.payload]: text }))).map(({ path }) => path);
    expect(await refused("{")).toEqual([`metadata.annotations[${podAnnotations.payload}]`]);
    expect(await refused("{}", { command: ["a"], args: ["b"] })).toEqual([
      "spec.containers[0].command",
      "spec.containers[0].args",
    ]);
  });

  test("of more than 6 MiB is refused, and measured once more when it is sent", async () => {
    const large = "x".repeat(6 * 2 ** 20);
    const refusals = await refusedOf(podOfFunction({ args: [large] }));
    expect(refusals).toEqual([{ path: "spec", sentence: expect.stringContaining("6,291,456") as unknown }]);
    const request = await requestOf(podOfFunction());
    const huge = { ...request, payload: { json: `"${large}"` } };
    expect(() => bodyOf(huge, { clusterUid: "c", podUid: "u", attempt: 1 }, "t")).toThrow(
      expect.objectContaining({ kind: "invalid", reason: "PayloadTooLarge" }),
    );
  });

  test("carries any words and variables as they are", async () => {
    // `$(` would be expanded, and NUL is refused by Kubernetes.
    const word = fc.string({ unit: "grapheme" }).map((text) => text.replaceAll(/[$\0]/g, "_"));
    await fc.assert(
      fc.asyncProperty(fc.array(word, { minLength: 1 }), word, async (args, value) => {
        const payload = sent(await requestOf(podOfFunction({ args, env: [{ name: "V", value }] })));
        expect(payload).toMatchObject({ args });
        expect((payload as { env: { name: string; value: string }[] }).env).toContainEqual({ name: "V", value });
      }),
      { numRuns: 50 },
    );
  });
});

test("what the pod asks of its function: requests, or limits where there are none, and its deadline", async () => {
  const need = async (container: Container, spec: Spec = {}) =>
    (await requestOf(podOfFunction(container, {}, spec))).need;
  expect(await need({})).toEqual({ memory: 0, storage: 0, cpu: 0, deadline: undefined });
  const resources = {
    requests: { cpu: "250m", memory: "100Mi", "ephemeral-storage": "1Gi" },
    limits: { memory: "200Mi" },
  };
  expect(await need({ resources }, { activeDeadlineSeconds: 60 })).toEqual({
    memory: 100,
    storage: 1024,
    cpu: 0.25,
    deadline: 60,
  });
  expect((await need({ resources: { limits: { memory: "64Mi" } } })).memory).toBe(64);
});
