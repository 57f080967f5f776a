import { describe, expect, test } from "vitest";
import { podOf } from "../../../test/support/resolve-sources.ts";
import type { Pod } from "../../../src/provider.ts";
import { labels } from "../request.ts";
import { sentinelName } from "./order.ts";
import { definitionsOf, requestOf, type Options } from "./testing.ts";

type PodSpec = NonNullable<Pod["spec"]>;

const image = "a";
const mains = (...names: string[]) => names.map((name) => ({ name, image }));
const sidecar = (name: string) => ({ name, image, restartPolicy: "Always" });

async function found(spec: Partial<PodSpec>, options: Options = {}) {
  return definitionsOf(await requestOf(podOf(spec), options));
}

async function essentials(spec: Partial<PodSpec>, options: Options = {}): Promise<string[]> {
  return [...(await found(spec, options))].flatMap(([name, { essential }]) => (essential === true ? [name] : []));
}

describe("the end of the task is", () => {
  test.for(["Always", "OnFailure", "Never"])(
    "that of a single main container, with restart policy %s",
    async (restartPolicy) => {
      const initContainers = [{ name: "i", image }, sidecar("s")];
      expect(await essentials({ restartPolicy, initContainers, containers: mains("m") })).toEqual(["m"]);
    },
  );

  test("that of any main container, where all run for ever", async () => {
    expect(await essentials({ restartPolicy: "Always", containers: mains("a", "b") })).toEqual(["a", "b"]);
  });

  test.for(["OnFailure", "Never"])(
    "the helper's of several main containers, with restart policy %s",
    async (restartPolicy) => {
      expect(await essentials({ restartPolicy, initContainers: [sidecar("s")], containers: mains("a", "b") })).toEqual([
        sentinelName,
      ]);
    },
  );

  test("the helper's where one container alone may end for good, by its own policy or rules", async () => {
    const own = { ...mains("b")[0], restartPolicy: "Never" } as PodSpec["containers"][number];
    expect(await essentials({ containers: [...mains("a"), own] })).toEqual([sentinelName]);
    const all = mains("a", "b").map((one) => ({ ...one, restartPolicy: "Always" }));
    expect(await essentials({ restartPolicy: "Never", containers: all })).toEqual(["a", "b"]);
  });

  test("that of the one main container that an earlier attempt has left", async () => {
    const spec = { restartPolicy: "OnFailure", initContainers: mains("i"), containers: mains("a", "b") };
    expect(await essentials(spec, { omit: ["i", "a"] })).toEqual(["b"]);
    expect((await found(spec, { omit: ["i", "a"] })).get("b")).not.toHaveProperty("dependsOn");
  });
});

describe("the order is", () => {
  test("the pod's: after an init container when it has succeeded, after a sidecar when it has started", async () => {
    const initContainers = [...mains("i1"), sidecar("s1"), ...mains("i2"), sidecar("s2")];
    const row = await found({ restartPolicy: "Never", initContainers, containers: mains("a", "b") });
    const after = [...row].map(([name, { dependsOn = [] }]) =>
      [name, ...dependsOn.map(({ containerName, condition }) => `${condition} ${containerName}`)].join(" after "),
    );
    expect(after).toEqual([
      "i1",
      "s1 after SUCCESS i1",
      "i2 after START s1",
      "s2 after SUCCESS i2",
      "a after START s2",
      "b after START s2",
      `${sentinelName} after START s2`,
    ]);
    expect(
      [...row.values()].map(({ dockerLabels = {} }) => `${dockerLabels[labels.index]} ${dockerLabels[labels.kind]}`),
    ).toEqual(["0 init", "1 sidecar", "2 init", "3 sidecar", "4 main", "5 main", "6 helper"]);
  });

  test("without conditions that ECS forbids: nothing waits for the end of an essential container", async () => {
    const row = await found({ initContainers: [...mains("i"), sidecar("s")], containers: mains("a", "b") });
    const awaited = [...row.values()].flatMap(({ dependsOn = [] }) =>
      dependsOn.map(({ containerName = "" }) => containerName),
    );
    expect(awaited.filter((name) => row.get(name)?.essential === true)).toEqual([]);
  });
});

describe("the helper", () => {
  test("has a name that no container of a pod can have, its own image, and no part of the task's size", async () => {
    const spec = { restartPolicy: "Never", containers: mains("a", "b") };
    const helper = (await found(spec, { config: { helperImage: "mirror/busybox:1" } })).get(sentinelName);
    expect(helper).toMatchObject({ image: "mirror/busybox:1", entryPoint: ["/bin/sh", "-c"] });
    expect(sentinelName).toContain("_");
    const { overrides } = await requestOf(podOf(spec));
    expect(overrides.containerOverrides?.map(({ name }) => name)).toEqual(["a", "b"]);
  });
});
