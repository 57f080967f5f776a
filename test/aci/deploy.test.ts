import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import {
  assignAction,
  featureActions,
  groupActions,
  joinAction,
  usageAction,
} from "../../providers/aci/preflight/rights.ts";
import { actionOf } from "./actions.ts";

const folder = new URL("../../deploy/azure/", import.meta.url);
const text = async (name: string): Promise<string> => readFile(new URL(name, folder), "utf8");
const roles = ["groups", "subscription", "uses", "usage"] as const;

interface Definition {
  readonly Name: string;
  readonly Actions: readonly string[];
}
const definitionOf = async (role: string): Promise<Definition> => JSON.parse(await text(`${role}.json`)) as Definition;

describe.for(roles)("deploy/azure/%s.json", (role) => {
  test("has the name by which findings assign it, and no pattern", async () => {
    const { Name, Actions } = await definitionOf(role);
    expect(Name).toBe(`burstlet ${role}`);
    expect(Actions.filter((action) => action.includes("*"))).toEqual([]);
  });

  test("is told of by the page beside it, each action with what it is for", async () => {
    const page = await text("README.md");
    const rows = page.slice(page.indexOf(`\`${role}.json\` is for`)).split("\n\n")[1] ?? "";
    const told = [...rows.matchAll(/^\| `(Microsoft\.[\w./]+)`/gm)].map(([, action]) => action);
    expect(told.toSorted()).toEqual((await definitionOf(role)).Actions.toSorted());
  });
});

test("the preflight asks for what the roles give", async () => {
  const [groups, uses, usage] = await Promise.all([
    definitionOf("groups"),
    definitionOf("uses"),
    definitionOf("usage"),
  ]);
  const ofGroups = groups.Actions.filter((action) => action.startsWith("Microsoft.ContainerInstance/"));
  expect([...groupActions, ...Object.keys(featureActions)].toSorted()).toEqual(ofGroups.toSorted());
  expect(usage.Actions).toEqual([usageAction]);
  expect(uses.Actions).toEqual(expect.arrayContaining([joinAction, assignAction]));
});

test("the patch puts the token where the variable says that it is", async () => {
  const { spec } = parse(await text("pod-with-token.yaml")) as {
    spec: { template: { spec: { containers: [Container]; volumes: [Volume] } } };
  };
  interface Container {
    name: string;
    env: { name: string; value: string }[];
    volumeMounts: [{ name: string; mountPath: string }];
  }
  interface Volume {
    name: string;
    projected: { sources: [{ serviceAccountToken: { path: string; audience: string } }] };
  }
  const [{ env, volumeMounts }] = spec.template.spec.containers;
  const [{ name, projected }] = spec.template.spec.volumes;
  const { path, audience } = projected.sources[0].serviceAccountToken;
  expect(volumeMounts[0].name).toBe(name);
  expect(env.find((one) => one.name === "AZURE_FEDERATED_TOKEN_FILE")?.value).toBe(
    `${volumeMounts[0].mountPath}/${path}`,
  );
  expect(audience).toBe("api://AzureADTokenExchange");
});

test("the Bicep modules name documents and modules that exist, and no action of their own", async () => {
  const names = ["main", "identity", "assignments", "network"];
  const sources = await Promise.all(names.map(async (name) => text(`bicep/${name}.bicep`)));
  const all = sources.join("\n");
  const modules = [...all.matchAll(/^module \w+ '(\w+)\.bicep'/gm)].map(([, name = ""]) => name);
  expect(modules.toSorted()).toEqual(["assignments", "assignments", "identity", "network"]);
  const documents = [...all.matchAll(/loadJsonContent\('\.\.\/(\w+)\.json'\)/g)].map(([, name = ""]) => name);
  expect(documents).toEqual(roles);
  expect(all).not.toMatch(/\/(read|write|delete|action)'/);
});

const group = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerInstance/containerGroups";
const network = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v";

test.for<[method: string, path: string, action: string]>([
  ["GET", "/subscriptions/s", "Microsoft.Resources/subscriptions/read"],
  ["GET", "/subscriptions/s/resourceGroups/g?api-version=1", "Microsoft.Resources/subscriptions/resourceGroups/read"],
  ["GET", "/subscriptions/s/providers/Microsoft.ContainerInstance", "Microsoft.Resources/subscriptions/providers/read"],
  ["GET", group, "Microsoft.ContainerInstance/containerGroups/read"],
  ["GET", `${group}/n`, "Microsoft.ContainerInstance/containerGroups/read"],
  ["PUT", `${group}/n`, "Microsoft.ContainerInstance/containerGroups/write"],
  ["PATCH", `${group}/n`, "Microsoft.ContainerInstance/containerGroups/write"],
  ["DELETE", `${group}/n`, "Microsoft.ContainerInstance/containerGroups/delete"],
  ["POST", `${group}/n/stop`, "Microsoft.ContainerInstance/containerGroups/stop/action"],
  ["GET", `${group}/n/containers/c/logs`, "Microsoft.ContainerInstance/containerGroups/containers/logs/read"],
  ["POST", `${group}/n/containers/c/exec`, "Microsoft.ContainerInstance/containerGroups/containers/exec/action"],
  [
    "GET",
    "/subscriptions/s/providers/Microsoft.ContainerInstance/locations/l/usages",
    "Microsoft.ContainerInstance/locations/usages/read",
  ],
  [
    "GET",
    "/subscriptions/s/providers/Microsoft.ContainerInstance/locations/l/operations/o",
    "Microsoft.ContainerInstance/locations/operations/read",
  ],
  ["GET", `${group}/n/providers/Microsoft.Authorization/permissions`, "Microsoft.Authorization/permissions/read"],
  [
    "GET",
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.Authorization/permissions",
    "Microsoft.Authorization/permissions/read",
  ],
  ["GET", network, "Microsoft.Network/virtualNetworks/read"],
  ["GET", `${network}/subnets/n`, "Microsoft.Network/virtualNetworks/subnets/read"],
])("%s %s needs %s", ([method, path, action]) => {
  expect(actionOf(method, path)).toBe(action);
});
