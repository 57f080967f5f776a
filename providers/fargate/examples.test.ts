import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { admitted, admittedWorld as world } from "../../test/support/pods.ts";
import { boundVolume, podOf, type World } from "../../test/support/resolve-sources.ts";
import type { Pod } from "../../src/provider.ts";
import { definitionsOf, refusalsOf, requestOf } from "./translate/testing.ts";

describe("the examples of deploy/examples/fargate", async () => {
  const folder = join(import.meta.dirname, "../../deploy/examples/fargate");
  const files = (await readdir(folder)).toSorted();
  const podsOf = async (file: string): Promise<Pod[]> =>
    parseAllDocuments(await readFile(join(folder, file), "utf8")).flatMap((document) => podIn(document.toJS()) ?? []);

  const config = { infrastructureRoleArn: "arn:aws:iam::123456789012:role/burstlet-infrastructure" };
  /** With the claim of efs.yaml, and what config.yaml reads. */
  const around: World = {
    ...world,
    ...boundVolume({ csi: { driver: "efs.csi.aws.com", volumeHandle: "fs-0a1b2c3d" } }, "shared"),
    configMaps: { ...world.configMaps, shop: { data: { GREETING: "good morning", "shop.ini": "colour = blue\n" } } },
    secrets: { till: { data: { code: "4711" } } },
  };

  test("are these", () => {
    expect(files).toEqual([
      "config.yaml",
      "cronjob.yaml",
      "deployment.yaml",
      "ebs.yaml",
      "efs.yaml",
      "job.yaml",
      "multi-container.yaml",
      "spot-job.yaml",
    ]);
  });

  test.for(files)("%s can run as it is written", async (file) => {
    const pods = await podsOf(file);
    expect(pods).toHaveLength(1);
    for (const pod of pods) expect(await refusalsOf(admitted(pod), { world: around, config })).toEqual([]);
  });

  test("multi-container.yaml has an order, and ends with its main containers", async () => {
    const [pod = podOf({})] = await podsOf("multi-container.yaml");
    const found = definitionsOf(await requestOf(pod));
    expect([...found].map(([name, { essential, dependsOn }]) => ({ name, essential, dependsOn }))).toEqual([
      { name: "fetch", essential: false, dependsOn: undefined },
      { name: "server", essential: false, dependsOn: [{ containerName: "fetch", condition: "SUCCESS" }] },
      ...["first", "second", "burstlet_sentinel"].map((name) => ({
        name,
        essential: name === "burstlet_sentinel",
        dependsOn: [{ containerName: "server", condition: "HEALTHY" }],
      })),
    ]);
  });

  test("config.yaml has a container for its files, and shows its secret nowhere", async () => {
    const [pod = podOf({})] = await podsOf("config.yaml");
    const request = await requestOf(pod, { world: around });
    const found = definitionsOf(request);
    expect([...found.keys()]).toEqual(["main", "burstlet_init"]);
    expect(found.get("main")?.dependsOn).toEqual([{ containerName: "burstlet_init", condition: "SUCCESS" }]);
    expect(request.secrets.map(({ ref }) => ref)).toEqual(["variables", "files/BURSTLET_SECRET_1_0"]);
    expect(JSON.stringify(request)).not.toContain("4711");
  });

  test("spot-job.yaml goes to Spot first, and has all of the two minutes", async () => {
    const [pod = podOf({})] = await podsOf("spot-job.yaml");
    const request = await requestOf(pod);
    expect(request.placement.places[0]?.market).toBe("spot");
    expect(definitionsOf(request).get("main")?.stopTimeout).toBe(120);
  });

  /** The pod of a workload, as its controller makes it; nothing for what has none. */
  function podIn(object: unknown): Pod | undefined {
    const { kind, spec } = object as {
      kind: string;
      spec: PodSpec & { template?: Template; jobTemplate?: { spec: { template: Template } } };
    };
    if (["Service", "ConfigMap", "Secret"].includes(kind) || kind.startsWith("PersistentVolume")) return undefined;
    const { metadata, spec: found } = spec.jobTemplate?.spec.template ?? spec.template ?? { spec };
    return { metadata: { ...metadata, name: "example-1", namespace: "ns", uid: "u" }, spec: found };
  }
});

type PodSpec = NonNullable<Pod["spec"]>;

interface Template {
  readonly metadata?: { readonly annotations?: Record<string, string> };
  readonly spec: PodSpec;
}
