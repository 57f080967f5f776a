import { expect, test } from "vitest";
import type { Container } from "../model/kube.ts";
import { SecretText } from "../model/secret-text.ts";
import { podWith, resolvedPod, shown, type World } from "../../test/support/resolve-sources.ts";

type Env = NonNullable<Container["env"]>;

async function environment(container: Partial<Container>, world: World = {}): Promise<Record<string, string>> {
  const pod = await resolvedPod(podWith(container), world);
  return Object.fromEntries(pod.containers[0]?.env.map(({ name, value }) => [name, shown(value)]) ?? []);
}

const world: World = {
  configMaps: {
    settings: { data: { COLOUR: "red", SIZE: "big", "dotted.key": "kept" }, binaryData: { blob: "AAE=" } },
    more: { data: { COLOUR: "blue" } },
  },
  secrets: {
    db: { data: { PASSWORD: "hush", EMPTY: "" } },
  },
};

test("variables come in order: envFrom, then env, then what services add", async () => {
  const pod = await resolvedPod(
    podWith({
      env: [
        { name: "Z", value: "1" },
        { name: "A", value: "2" },
      ],
      envFrom: [{ configMapRef: { name: "more" } }],
    }),
    {
      ...world,
      services: [{ metadata: { namespace: "ns", name: "db" }, spec: { clusterIP: "10.0.0.2", ports: [{ port: 1 }] } }],
    },
  );
  expect(pod.containers[0]?.env.slice(0, 4).map(({ name }) => name)).toEqual(["COLOUR", "Z", "A", "DB_SERVICE_HOST"]);
});

test("later entries of envFrom win, env wins over envFrom, both win over services", async () => {
  const services = [
    { metadata: { namespace: "ns", name: "db" }, spec: { clusterIP: "10.0.0.2", ports: [{ port: 1 }] } },
  ];
  const variables = await environment(
    {
      envFrom: [{ configMapRef: { name: "settings" } }, { configMapRef: { name: "more" } }],
      env: [
        { name: "SIZE", value: "small" },
        { name: "DB_SERVICE_PORT", value: "mine" },
        { name: "SEEN", value: "$(DB_SERVICE_PORT)" },
      ],
    },
    { ...world, services },
  );
  expect(variables).toMatchObject({
    SEEN: "mine",
    COLOUR: "blue",
    SIZE: "small",
    DB_SERVICE_HOST: "10.0.0.2",
    DB_SERVICE_PORT: "mine",
  });
});

test("service links are there unless the pod does not want them", async () => {
  const services = [
    { metadata: { namespace: "ns", name: "db" }, spec: { clusterIP: "10.0.0.2", ports: [{ port: 1 }] } },
  ];
  const names = async (enableServiceLinks: boolean | undefined) => {
    const spec = enableServiceLinks === undefined ? {} : { enableServiceLinks };
    return (await resolvedPod(podWith({}, spec), { services })).containers[0]?.env.length;
  };
  expect([await names(undefined), await names(true), await names(false)]).toEqual([7, 7, 0]);
});

test("a prefix stands before every key of envFrom; keys that are no identifiers are passed on; binaryData is not", async () => {
  expect(await environment({ envFrom: [{ configMapRef: { name: "settings" }, prefix: "MY_" }] }, world)).toEqual({
    MY_COLOUR: "red",
    MY_SIZE: "big",
    "MY_dotted.key": "kept",
  });
});

test("a value sees earlier variables, envFrom and services, but no later variable", async () => {
  const services = [
    { metadata: { namespace: "ns", name: "db" }, spec: { clusterIP: "10.0.0.2", ports: [{ port: 1 }] } },
  ];
  const env: Env = [
    { name: "EARLY", value: "$(LATER)" },
    { name: "LATER", value: "$(EARLY) $(COLOUR) $(DB_SERVICE_HOST) $(NOWHERE) $$(COLOUR)" },
    { name: "EMPTY" },
  ];
  const variables = await environment({ env, envFrom: [{ configMapRef: { name: "more" } }] }, { ...world, services });
  expect(variables).toMatchObject({
    EARLY: "$(LATER)",
    LATER: "$(LATER) blue 10.0.0.2 $(NOWHERE) $(COLOUR)",
    EMPTY: "",
  });
});

test("a variable may be one entry of a ConfigMap or Secret", async () => {
  const env: Env = [
    { name: "SIZE", valueFrom: { configMapKeyRef: { name: "settings", key: "SIZE" } } },
    { name: "EMPTY", valueFrom: { secretKeyRef: { name: "db", key: "EMPTY" } } },
  ];
  expect(await environment({ env }, world)).toEqual({ SIZE: "big", EMPTY: "secret()" });
});

test("a name may be of any printable ASCII but the equals sign, and a value that is written comes before a reference", async () => {
  const fieldRef = { fieldPath: "metadata.name" };
  const env: Env = [
    { name: " a<~>.b-c/1 ", value: "x" },
    { name: "BOTH", value: "written", valueFrom: { fieldRef } },
    { name: "REF", value: "", valueFrom: { fieldRef } },
    { name: "NONE", valueFrom: {} },
  ];
  expect(await environment({ env })).toEqual({ " a<~>.b-c/1 ": "x", BOTH: "written", REF: "web" });
});

test("command and args see the whole environment", async () => {
  const pod = await resolvedPod(
    podWith({
      command: ["$(B)", "$(X)"],
      args: ["--a=$(A)"],
      env: [
        { name: "A", value: "1" },
        { name: "B", value: "2" },
      ],
    }),
  );
  expect(pod.containers[0]).toMatchObject({ command: ["2", "$(X)"], args: ["--a=1"] });
});

test("whatever a secret went into is a secret, down to the argument of an argument", async () => {
  const pod = await resolvedPod(
    podWith({
      env: [
        { name: "PASSWORD", valueFrom: { secretKeyRef: { name: "db", key: "PASSWORD" } } },
        { name: "URL", value: "sql://me:$(PASSWORD)@db" },
        { name: "AGAIN", value: "$(URL)?x" },
        { name: "PLAIN", value: "x" },
      ],
      envFrom: [{ secretRef: { name: "db" }, prefix: "S_" }],
      args: ["--url=$(AGAIN)", "--plain=$(PLAIN)"],
    }),
    world,
  );
  const [container] = pod.containers;
  expect(container?.env.map(({ name, value }) => `${name} ${shown(value)}`)).toEqual([
    "S_EMPTY secret()",
    "S_PASSWORD secret(hush)",
    "PASSWORD secret(hush)",
    "URL secret(sql://me:hush@db)",
    "AGAIN secret(sql://me:hush@db?x)",
    "PLAIN x",
  ]);
  expect(container?.args?.map((arg) => arg instanceof SecretText)).toEqual([true, false]);
  expect(JSON.stringify(pod)).not.toContain("hush");
});

test("a variable out of a file is known when the container starts, and so is what refers to it", async () => {
  const fileKeyRef = (key: string, optional = false) => ({
    fileKeyRef: { key, path: "/a//env", volumeName: "v", optional },
  });
  const pod = podWith(
    {
      env: [
        { name: "COLOUR", value: "red" },
        { name: "A", valueFrom: fileKeyRef("KEY") },
        { name: "B", valueFrom: fileKeyRef("B", true) },
        { name: "COLOUR", valueFrom: fileKeyRef("C", true) },
        { name: "ALL", value: "$(A)$(B)$(COLOUR)" },
      ],
      args: ["$(ALL)", "$(B)"],
    },
    { volumes: [{ name: "v", emptyDir: {} }] },
  );
  const [container] = (await resolvedPod(pod)).containers;
  const b = "<B of v/a/env if it is there else $(B)>";
  const colour = "<C of v/a/env if it is there else red>";
  expect(container?.env.map(({ name, value }) => [name, shown(value)])).toEqual([
    ["COLOUR", colour],
    ["A", "<KEY of v/a/env>"],
    ["B", "<B of v/a/env if it is there>"],
    ["ALL", `<KEY of v/a/env else $(A)>${b}${colour}`],
  ]);
  expect(container?.args?.map(shown)).toEqual([`<KEY of v/a/env else $(A)>${b}${colour}`, b]);
});
