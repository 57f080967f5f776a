import { describe, expect, test } from "vitest";
import { admitted, admittedWorld } from "../../../test/support/pods.ts";
import { podOf, podWith } from "../../../test/support/resolve-sources.ts";
import type { Pod } from "../../../src/provider.ts";
import { mainOf, refusalsOf, requestOf, translated } from "./testing.ts";

const named = { name: "POD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } };

async function overrideOf(pod: Pod) {
  const [override] = (await requestOf(pod)).overrides.containerOverrides ?? [];
  return override;
}

const filled = (count: number, size: number) =>
  Array.from({ length: count }, (_, n) => ({ name: `V${n}`, value: "x".repeat(size) }));

describe("command and arguments", () => {
  test("are the image's where the pod says nothing", async () => {
    expect(await mainOf(podOf({}))).not.toHaveProperty("entryPoint");
    expect(await overrideOf(podOf({}))).not.toHaveProperty("command");
  });

  test("are ECS's entry point, which all pods share, and ECS's command, which is each one's own", async () => {
    const pod = podWith({ command: ["sh", "-c"], args: ["true"] });
    expect(await mainOf(pod)).toMatchObject({ entryPoint: ["sh", "-c"] });
    expect(await mainOf(pod)).not.toHaveProperty("command");
    expect(await overrideOf(pod)).toMatchObject({ command: ["true"] });
  });

  test.for<[what: string, command: string[], shared: string[], own: string[] | undefined]>([
    ["words of the pod's own go to the arguments", ["sh", "-c", "echo $(POD)"], ["sh", "-c"], ["echo web", "last"]],
    ["with all words after them", ["sh", "$(POD)", "x"], ["sh"], ["web", "x", "last"]],
    ["also by way of another variable", ["sh", "$(TWICE)"], ["sh"], ["webweb", "last"]],
    ["but not the program itself", ["$(POD)", "x"], ["web", "x"], ["last"]],
    ["nor what is no reference", ["sh", "$POD"], ["sh", "$POD"], ["last"]],
  ])("%s", async ([, command, shared, own]) => {
    const env = [named, { name: "TWICE", value: "$(POD)$(POD)" }];
    const pod = podWith({ command, args: ["last"], env });
    expect((await mainOf(pod)).entryPoint).toEqual(shared);
    expect((await overrideOf(pod))?.command).toEqual(own);
  });
});

describe("the environment", () => {
  test("has every variable of the pod: literal, of a ConfigMap, of the pod itself, of Services", async () => {
    const world = {
      ...admittedWorld,
      configMaps: { ...admittedWorld.configMaps, settings: { data: { COLOUR: "blue" } } },
      services: [
        {
          metadata: { name: "kubernetes", namespace: "default" },
          spec: { clusterIP: "10.96.0.1", ports: [{ port: 443 }] },
        },
      ],
    };
    const pod = admitted(
      podWith({ env: [named, { name: "EMPTY", value: "" }], envFrom: [{ configMapRef: { name: "settings" } }] }),
    );
    const request = await requestOf(pod, { world });
    const variables = request.overrides.containerOverrides?.[0]?.environment ?? [];
    expect(Object.fromEntries(variables.map(({ name, value }) => [name, value]))).toMatchObject({
      HOSTNAME: "web",
      POD: "web",
      EMPTY: "",
      COLOUR: "blue",
      KUBERNETES_SERVICE_HOST: "10.96.0.1",
    });
  });

  test("has the pod's host name, unless the pod says another one", async () => {
    const own = await overrideOf(podWith({ env: [{ name: "HOSTNAME", value: "mine" }] }));
    expect(own?.environment).toEqual([{ name: "HOSTNAME", value: "mine" }]);
    expect((await overrideOf(podOf({ hostname: "db-0" })))?.environment).toEqual([{ name: "HOSTNAME", value: "db-0" }]);
  });

  test("too long for overrides is in the definition, but for what is the pod's own", async () => {
    const env = [named, { name: "ALSO", value: "$(POD)" }, ...filled(20, 500)];
    const pod = podWith({ env, args: ["-c", "x".repeat(1_000)] });
    const { command, environment } = await mainOf(pod);
    expect(environment).toHaveLength(20);
    expect(command?.[0]).toBe("-c");
    expect(await overrideOf(pod)).toEqual({
      name: "main",
      environment: [
        { name: "HOSTNAME", value: "web" },
        { name: "POD", value: "web" },
        { name: "ALSO", value: "web" },
      ],
    });
    const sibling = { ...pod, metadata: { ...pod.metadata, name: "web-2" } };
    expect((await requestOf(sibling)).definition).toEqual((await requestOf(pod)).definition);
  });

  test("moves there with the first character that is too many", async () => {
    const pod = (size: number) => podWith({ env: [{ name: "A", value: "x".repeat(size) }] });
    const lengthAt = async (size: number) => JSON.stringify((await requestOf(pod(size))).overrides).length;
    const most = 7_000 + (7_800 - (await lengthAt(7_000)));
    expect(await lengthAt(most)).toBe(7_800);
    expect(await mainOf(pod(most))).not.toHaveProperty("environment");
    expect((await mainOf(pod(most + 1))).environment).toHaveLength(1);
  });

  test("is refused with its size where even that does not fit", async () => {
    const own = { name: "OWN", value: `$(POD)${"x".repeat(9_000)}` };
    expect(await refusalsOf(podWith({ env: [named, own] }))).toEqual([
      expect.stringMatching(
        /^spec: A task has at most 8,192 characters of variables and arguments that differ by pod, this one 9,\d{3}\.$/,
      ),
    ]);
    const [definition] = await refusalsOf(podWith({ env: filled(70, 1_000) }));
    expect(definition).toMatch(/^spec: A task has at most 61,440 bytes of definition, this one 7\d,\d{3}\.$/);
    const all = await refusalsOf(podWith({ env: filled(120, 1_000) }));
    expect(all[1]).toMatch(
      /^spec\.containers\[\]\.env: A task has at most 100,000 bytes of variables, this one 12\d,\d{3}\.$/,
    );
  });
});

describe("values that cannot be sent", () => {
  const world = { secrets: { db: { data: { password: "hush-hush" } } } };
  const secret = { name: "PASSWORD", valueFrom: { secretKeyRef: { name: "db", key: "password" } } };

  test("are refused among words, where everybody could read them, each once, and shown nowhere", async () => {
    const pod = podWith({
      env: [secret, { name: "URL", value: "db://$(PASSWORD)" }],
      command: ["run", "$(URL)"],
      args: ["$(PASSWORD)"],
    });
    const refusals = await refusalsOf(pod, { world });
    expect(refusals.map((text) => text.split(": ")[0])).toEqual([
      "spec.containers[0].command",
      "spec.containers[0].args",
    ]);
    expect(JSON.stringify(await translated(pod, { world }))).not.toContain("hush");
  });

  test("that only the running task knows are refused, also in an init container", async () => {
    const env = [
      { name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
      { name: "HOST", valueFrom: { fieldRef: { fieldPath: "status.hostIP" } } },
      { name: "URL", value: "http://$(IP)" },
    ];
    const pod = podOf({ initContainers: [{ name: "i", image: "a", env }] });
    expect((await refusalsOf(pod)).map((text) => text.split(": ")[0])).toEqual([
      "spec.initContainers[0].env[0].valueFrom.fieldRef",
      "spec.initContainers[0].env (HOST)",
      "spec.initContainers[0].env (URL)",
    ]);
  });

  test("out of a file of an earlier container are refused, each once, and what refers to them in its own words", async () => {
    const fileKeyRef = { volumeName: "v", path: "env", key: "K" };
    const env = [
      { name: "K", valueFrom: { fileKeyRef } },
      { name: "ALL", value: "<$(K)>" },
    ];
    const refusals = await refusalsOf(podWith({ env }, { volumes: [{ name: "v", emptyDir: {} }] }));
    expect(refusals.map((text) => text.split(": ")[0])).toEqual([
      "spec.containers[0].env[0].valueFrom.fileKeyRef",
      "spec.containers[0].env (ALL)",
    ]);
    expect(refusals[1]).toContain("out of a file");
  });
});
