import fc from "fast-check";
import { expect, test } from "vitest";
import { podOf } from "../../test/support/resolve-sources.ts";
import type { Pod } from "../../src/provider.ts";
import { placeOf, putBody } from "./arm/body.ts";
import { observe } from "./groups/observe.ts";
import type { ContainerGroup } from "./groups/shapes.ts";
import type { GroupProperties } from "./request.ts";
import { inSubnet, translated } from "./translate/testing.ts";

type PodSpec = NonNullable<Pod["spec"]>;
type Container = PodSpec["containers"][number];

const name = fc.stringMatching(/^[a-z]([a-z0-9-]{0,20}[a-z0-9])?$/);

const container = (own: string): fc.Arbitrary<Container> =>
  fc.record({
    name: fc.constant(own),
    image: fc.constantFrom("busybox:1", "team.azurecr.io/app:1"),
    command: fc.array(fc.string({ maxLength: 10 }), { maxLength: 3 }),
    env: fc.uniqueArray(
      fc.record({ name: fc.stringMatching(/^[A-Z][A-Z_]{0,3}[A-Z]$/), value: fc.string({ maxLength: 20 }) }),
      { maxLength: 4, selector: (variable) => variable.name },
    ),
    ports: fc.array(fc.record({ containerPort: fc.integer({ min: 1, max: 19_000 }) }), { maxLength: 2 }),
    resources: fc.record({
      requests: fc.record({
        cpu: fc.integer({ min: 0, max: 9_000 }).map((milli) => `${milli}m`),
        memory: fc.integer({ min: 0, max: 40_000 }).map((mebi) => `${mebi}Mi`),
      }),
    }),
    volumeMounts: fc
      .subarray(["a", "b", "x--y"])
      .map((volumes) => volumes.map((volume) => ({ name: volume, mountPath: `/${volume}` }))),
  });

const spec: fc.Arbitrary<PodSpec> = fc.uniqueArray(name, { minLength: 1, maxLength: 8 }).chain((names) =>
  fc
    .record({
      containers: fc.tuple(...names.map(container)),
      inits: fc.nat({ max: names.length - 1 }),
      withSidecar: fc.boolean(),
      restartPolicy: fc.constantFrom("Always", "OnFailure", "Never"),
    })
    .map(({ containers, inits, withSidecar, restartPolicy }) => ({
      restartPolicy,
      volumes: ["a", "b", "x--y"].map((volume) => ({ name: volume, emptyDir: {} })),
      initContainers: containers
        .slice(0, inits)
        .map((one, index) => (withSidecar && index === inits - 1 ? { ...one, restartPolicy: "Always" } : one)),
      containers: containers.slice(inits),
    })),
);

test("any pod is refused, or becomes a group within Azure's limits that is known again as this pod", async () => {
  const outcomes = { refused: 0, accepted: 0 };
  await fc.assert(
    fc.asyncProperty(spec, fc.constantFrom({}, inSubnet), async (one, config) => {
      const { request, refusals } = await translated(podOf(one), { config });
      outcomes[request === undefined ? "refused" : "accepted"]++;
      if (request === undefined) {
        expect(refusals.length).toBeGreaterThan(0);
        return;
      }
      const identity = { clusterUid: "cluster", podUid: "uid-1", attempt: 1 };
      const body = putBody(request, placeOf(request, 1, 1), {
        identity,
        nodeName: "aci-1",
      }) as unknown as ContainerGroup;
      expectWithinLimits(request.group.properties);
      const answer = { ...body, properties: { ...body.properties, instanceView: { state: "Pending" } } };
      const owner = { clusterUid: "cluster", nodeName: "aci-1", network: "none", version: 1 } as const;
      const told = observe(answer, owner)?.containers.map(({ name: own, kind }) => `${kind} ${own}`);
      const written = [...(one.initContainers ?? []), ...one.containers].map((each) => {
        const isInit = one.initContainers?.includes(each) === true;
        return `${isInit ? (each.restartPolicy === "Always" ? "sidecar" : "init") : "main"} ${each.name}`;
      });
      expect(told).toEqual(written);
    }),
    { numRuns: 100 },
  );
  // Both sides of the law are seen.
  expect(outcomes.accepted).toBeGreaterThan(5);
  expect(outcomes.refused).toBeGreaterThan(5);
});

function expectWithinLimits({ containers, initContainers = [], volumes = [], ipAddress }: GroupProperties): void {
  const sum = (of: "cpu" | "memoryInGB"): number =>
    containers.reduce((total, { properties }) => total + properties.resources.requests[of], 0);
  expect(sum("cpu")).toBeGreaterThan(0.999);
  expect(sum("cpu")).toBeLessThan(31.001);
  expect(sum("memoryInGB")).toBeGreaterThan(0.999);
  expect(sum("memoryInGB")).toBeLessThan(240.001);
  expect(ipAddress?.ports.length ?? 1).toBeLessThanOrEqual(5);
  for (const volume of volumes) expect(volume.name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  const known = new Set(volumes.map((volume) => volume.name));
  for (const { properties } of [...initContainers, ...containers])
    for (const mount of properties.volumeMounts ?? []) expect(known).toContain(mount.name);
}
