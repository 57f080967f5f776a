import { describe, expect, test } from "vitest";
import { admitted, admittedWorld } from "../../../test/support/pods.ts";
import { podOf } from "../../../test/support/resolve-sources.ts";
import { definitionsOf, requestOf } from "./testing.ts";

const at = (name: string, more: object = {}) => ({ name, mountPath: `/${name}`, ...more });

describe("volumes", () => {
  test("on disk are the task's, and mounted where the containers say", async () => {
    const pod = podOf({
      volumes: [
        { name: "work", emptyDir: {} },
        { name: "unused", emptyDir: { sizeLimit: "1Gi" } },
      ],
      initContainers: [{ name: "i", image: "a", volumeMounts: [at("work")] }],
      containers: [{ name: "main", image: "a", volumeMounts: [at("work", { readOnly: true })] }],
    });
    const request = await requestOf(pod);
    const found = definitionsOf(request);
    expect(request.definition.content.volumes).toEqual([{ name: "work" }, { name: "unused" }]);
    expect(found.get("i")?.mountPoints).toEqual([{ sourceVolume: "work", containerPath: "/work" }]);
    expect(found.get("main")?.mountPoints).toEqual([{ sourceVolume: "work", containerPath: "/work", readOnly: true }]);
  });

  test("in memory are a container's own, as large as the limit says", async () => {
    const pod = podOf({
      volumes: [{ name: "m", emptyDir: { medium: "Memory", sizeLimit: "1500Ki" } }],
      containers: [{ name: "main", image: "a", volumeMounts: [at("m")] }],
    });
    const request = await requestOf(pod);
    expect(request.definition.content).not.toHaveProperty("volumes");
    expect(definitionsOf(request).get("main")).toMatchObject({
      linuxParameters: { tmpfs: [{ containerPath: "/m", size: 2, mountOptions: ["rw", "exec"] }] },
    });
  });

  test.for<[what: string, emptyDir: object, mounts: number]>([
    ["without a limit", { medium: "Memory" }, 1],
    ["with a limit of none", { medium: "Memory", sizeLimit: "0" }, 1],
    ["for two containers", { medium: "Memory", sizeLimit: "1Gi" }, 2],
    ["for nobody", { medium: "Memory", sizeLimit: "1Gi" }, 0],
  ])("in memory are on disk %s", async ([, emptyDir, mounts]) => {
    const containers = ["a", "b"].map((name, index) => ({
      name,
      image: "i",
      volumeMounts: index < mounts ? [at("m")] : [],
    }));
    const request = await requestOf(podOf({ volumes: [{ name: "m", emptyDir }], containers }));
    expect(request.definition.content.volumes).toEqual([{ name: "m" }]);
    expect(definitionsOf(request).get("a")).not.toHaveProperty("linuxParameters");
  });

  test("that Kubernetes adds for the token are left out, with their mounts", async () => {
    const request = await requestOf(admitted(podOf({})), { world: admittedWorld });
    expect(JSON.stringify(request)).not.toMatch(/kube-api-access|serviceaccount|token for/);
  });
});
