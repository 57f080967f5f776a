import { describe, expect, test } from "vitest";
import { podOf, podWith, resolvedPod } from "../../../test/support/resolve-sources.ts";
import type { Pod } from "../../../src/provider.ts";
import { needOf, shareOf } from "./need.ts";

type Resources = NonNullable<NonNullable<Pod["spec"]>["containers"][number]["resources"]>;

const need = async (pod: Pod) => needOf(await resolvedPod(pod));
const shareOfMain = async (resources: Resources) =>
  shareOf({ kind: "main", resources: (await one(resources)).resources });

async function one(resources: Resources) {
  const [container] = (await resolvedPod(podWith({ resources }))).containers;
  if (container === undefined) throw new Error("no container");
  return container;
}

const cpu = (amount: string) => ({ requests: { cpu: amount } });

describe("what a pod needs", () => {
  test.for<[what: string, resources: Resources, cpu: number, memory: number, storage: number]>([
    ["nothing", {}, 0, 0, 20],
    [
      "CPU by requests, beyond which a container may go",
      { requests: { cpu: "250m" }, limits: { cpu: "4" } },
      256,
      0,
      20,
    ],
    ["CPU by limits, where there are no requests", { limits: { cpu: "1.5" } }, 1536, 0, 20],
    ["parts of a unit as whole ones", cpu("100m"), 103, 0, 20],
    ["memory by limits", { requests: { memory: "1Gi" }, limits: { memory: "2Gi" } }, 0, 2048, 20],
    ["memory by requests, where there are no limits", { requests: { memory: "1G" } }, 0, 954, 20],
    ["no less memory than Docker takes", { limits: { memory: "1Mi" } }, 0, 6, 20],
    ["disk", { limits: { "ephemeral-storage": "30Gi" }, requests: { "ephemeral-storage": "1Gi" } }, 0, 0, 30],
    ["disk that is free anyhow", { requests: { "ephemeral-storage": "19Gi" } }, 0, 0, 20],
    ["parts of a GiB as whole ones", { requests: { "ephemeral-storage": "20481Mi" } }, 0, 0, 21],
  ])("%s", async ([, resources, units, memory, storage]) => {
    expect(await need(podWith({ resources }))).toEqual({ cpu: units, memory, storage });
  });

  test("is what its containers need at one time: init containers one after the other, beside the sidecars before them", async () => {
    const initContainers = [
      { name: "big", image: "a", resources: cpu("3") },
      { name: "side", image: "a", restartPolicy: "Always", resources: cpu("1") },
      { name: "after", image: "a", resources: cpu("2500m") },
    ];
    const containers = ["a", "b"].map((name) => ({ name, image: "a", resources: cpu("1") }));
    expect((await need(podOf({ initContainers, containers }))).cpu).toBe(3584);
    expect((await need(podOf({ initContainers: initContainers.slice(0, 2), containers }))).cpu).toBe(3072);
    expect((await need(podOf({ initContainers: initContainers.slice(1, 2), containers }))).cpu).toBe(3072);
    expect((await need(podOf({ containers }))).cpu).toBe(2048);
  });

  test("is at least what the pod as a whole asks for", async () => {
    const resources = { requests: { cpu: "2" }, limits: { memory: "3Gi" } };
    expect(await need(podOf({ resources }))).toEqual({ cpu: 2048, memory: 3072, storage: 20 });
    const container = { name: "a", image: "a", resources: { limits: { cpu: "4", memory: "1Gi" } } };
    expect(await need(podOf({ resources, containers: [container] }))).toEqual({ cpu: 4096, memory: 3072, storage: 20 });
  });

  test("is as much disk as its volumes may take, if that is more than its containers may", async () => {
    const volumes = [
      { name: "a", emptyDir: { sizeLimit: "15Gi" } },
      { name: "b", emptyDir: { sizeLimit: "15Gi" } },
      { name: "memory", emptyDir: { medium: "Memory", sizeLimit: "5Gi" } },
    ];
    const volumeMounts = [{ name: "memory", mountPath: "/m" }];
    expect((await need(podWith({ volumeMounts }, { volumes }))).storage).toBe(30);
    // In memory can only be what one container mounts.
    expect((await need(podWith({}, { volumes }))).storage).toBe(35);
    const resources = { limits: { "ephemeral-storage": "50Gi" } };
    expect((await need(podWith({ volumeMounts, resources }, { volumes }))).storage).toBe(50);
  });
});

describe("a container's share", () => {
  test.for<[what: string, resources: Resources, share: object]>([
    ["nothing where nothing is said", {}, {}],
    ["nothing where 0 is said", { requests: { cpu: "0", memory: "0" }, limits: { memory: "0" } }, {}],
    ["a request is reserved", { requests: { memory: "64Mi" } }, { memoryReservation: 64 }],
    ["a limit is a limit, and reserved by itself", { limits: { memory: "64Mi" } }, { memory: 64 }],
    [
      "a request below a limit is both",
      { requests: { memory: "64Mi", cpu: "1" }, limits: { memory: "128Mi" } },
      { cpu: 1024, memory: 128, memoryReservation: 64 },
    ],
    [
      "a reservation is below the limit, or none",
      { requests: { memory: "1Mi" }, limits: { memory: "2Mi" } },
      { memory: 6 },
    ],
  ])("%s", async ([, resources, share]) => {
    expect(await shareOfMain(resources)).toEqual(share);
  });

  test("is none for an init container: ECS adds up what never runs at the same time", async () => {
    const { resources } = await one({ limits: { cpu: "1", memory: "1Gi" } });
    expect(shareOf({ kind: "init", resources })).toEqual({});
    expect(shareOf({ kind: "sidecar", resources })).toEqual({ cpu: 1024, memory: 1024 });
  });
});
