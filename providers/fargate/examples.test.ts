import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { admitted, admittedWorld as world } from "../../test/support/pods.ts";
import { podOf } from "../../test/support/resolve-sources.ts";
import type { Pod } from "../../src/provider.ts";
import { definitionsOf, refusalsOf, requestOf } from "./translate/testing.ts";

describe("the examples of deploy/examples/fargate", async () => {
  const folder = join(import.meta.dirname, "../../deploy/examples/fargate");
  const files = (await readdir(folder)).toSorted();
  const podsOf = async (file: string): Promise<Pod[]> =>
    parseAllDocuments(await readFile(join(folder, file), "utf8")).flatMap((document) => podIn(document.toJS()) ?? []);

  test("are these", () => {
    expect(files).toEqual(["cronjob.yaml", "deployment.yaml", "job.yaml", "multi-container.yaml"]);
  });

  test.for(files)("%s can run as it is written", async (file) => {
    const pods = await podsOf(file);
    expect(pods).toHaveLength(1);
    for (const pod of pods) expect(await refusalsOf(admitted(pod), { world })).toEqual([]);
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

  /** The pod of a workload, as its controller makes it; nothing for what has none. */
  function podIn(object: unknown): Pod | undefined {
    const { kind, spec } = object as {
      kind: string;
      spec: PodSpec & { template?: Template; jobTemplate?: { spec: { template: Template } } };
    };
    if (kind === "Service") return undefined;
    const { spec: found } = spec.jobTemplate?.spec.template ?? spec.template ?? { spec };
    return { metadata: { name: "example-1", namespace: "ns", uid: "u" }, spec: found };
  }
});

type PodSpec = NonNullable<Pod["spec"]>;

interface Template {
  readonly spec: PodSpec;
}
