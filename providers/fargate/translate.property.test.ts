import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkDefinition } from "../../localstack/ecs/rules/definition.ts";
import { registerInput } from "../../localstack/ecs/input/definition.ts";
import { read } from "../../localstack/ecs/input/read.ts";
import { admitted, admittedWorld as world } from "../../test/support/pods.ts";
import { podOf } from "../../test/support/resolve-sources.ts";
import type { Pod } from "../../src/provider.ts";
import type { FargateRequest } from "./request.ts";
import { sizes } from "./size/sizes.ts";
import { requestOf, translated } from "./translate/testing.ts";

type PodSpec = NonNullable<Pod["spec"]>;
type Container = PodSpec["containers"][number];

const name = fc.stringMatching(/^[a-z]([a-z0-9-]{0,20}[a-z0-9])?$/);
const text = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.integer({ min: 500, max: 3_000 }).map((length) => "é".repeat(length)),
  fc.constant("$(POD)"),
);
const amount = <T>(unit: fc.Arbitrary<T>) => fc.option(unit, { nil: undefined });

const resources = fc
  .record({
    cpu: amount(fc.integer({ min: 1, max: 12_000 }).map((millis) => `${millis}m`)),
    memory: amount(fc.integer({ min: 1, max: 60_000 }).map((mebibytes) => `${mebibytes}Mi`)),
    "ephemeral-storage": amount(fc.integer({ min: 1, max: 90 }).map((gibibytes) => `${gibibytes}Gi`)),
  })
  .map(
    (all) =>
      Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Record<string, string>,
  );

const container = (containerName: string): fc.Arbitrary<Container> =>
  fc.record({
    name: fc.constant(containerName),
    image: fc.oneof({ weight: 19, arbitrary: fc.constant("busybox:1") }, fc.constant("x".repeat(256))),
    command: fc.array(text, { maxLength: 3 }),
    args: fc.array(text, { maxLength: 3 }),
    env: fc
      .uniqueArray(fc.record({ name: fc.stringMatching(/^[A-Z]{1,8}$/), value: text }), {
        maxLength: 8,
        selector: (variable) => variable.name,
      })
      .map((variables) => [{ name: "POD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }, ...variables]),
    ports: fc.array(fc.record({ containerPort: fc.integer({ min: 1, max: 65_535 }) }), { maxLength: 3 }),
    resources: fc.record({ limits: resources }),
    livenessProbe: fc.record({
      exec: fc.record({ command: fc.array(text, { minLength: 1, maxLength: 2 }) }),
      periodSeconds: fc.integer({ min: 1, max: 1_000 }),
      failureThreshold: fc.integer({ min: 1, max: 1_000 }),
    }),
  });

const names = fc.uniqueArray(name, { minLength: 1, maxLength: 12 });

const spec: fc.Arbitrary<PodSpec> = names.chain((all) =>
  fc
    .record({
      containers: fc.tuple(...all.map(container)),
      inits: fc.nat({ max: all.length - 1 }),
      sidecars: fc.array(fc.boolean(), { minLength: all.length, maxLength: all.length }),
      restartPolicy: fc.constantFrom("Always", "OnFailure", "Never"),
    })
    .map(({ containers, inits, sidecars, restartPolicy }) => ({
      restartPolicy,
      initContainers: containers
        .slice(0, inits)
        .map((one, index) => (sidecars[index] === true ? { ...one, restartPolicy: "Always" } : withoutProbe(one))),
      containers: containers.slice(inits),
    })),
);

function withoutProbe({ livenessProbe: _probe, ...rest }: Container): Container {
  return rest;
}

type Definitions = NonNullable<FargateRequest["definition"]["content"]["containerDefinitions"]>;

describe("any pod", () => {
  test("is refused, or becomes a task within all limits of ECS", async () => {
    const outcomes = { refused: 0, accepted: 0 };
    await fc.assert(
      fc.asyncProperty(spec, async (one) => {
        const { request, refusals } = await translated(podOf(one));
        outcomes[request === undefined ? "refused" : "accepted"]++;
        if (request === undefined) expect(refusals.length).toBeGreaterThan(0);
        else expectWithinLimits(request);
      }),
      { numRuns: 100 },
    );
    // Both sides of the law are seen.
    expect(outcomes.accepted).toBeGreaterThan(5);
    expect(outcomes.refused).toBeGreaterThan(5);
  });

  function expectWithinLimits({ definition, overrides, vcpu }: FargateRequest): void {
    const { containerDefinitions = [] } = definition.content;
    expect(JSON.stringify(overrides).length).toBeLessThanOrEqual(8_192);
    const registered = JSON.stringify({ ...definition.content, family: definition.family });
    expect(Buffer.byteLength(registered)).toBeLessThanOrEqual(61_440);
    expect(containerDefinitions.length).toBeLessThanOrEqual(10);
    expect(containerDefinitions.some(({ essential }) => essential)).toBe(true);
    const size = { cpu: Number(overrides.cpu), memory: Number(overrides.memory) };
    expect(sizes).toContainEqual(size);
    expect(vcpu).toBe(size.cpu / 1024);
    const { containerOverrides: shares = [] } = overrides;
    const cpu = shares.reduce((sum, share) => sum + (share.cpu ?? 0), 0);
    const memory = shares.reduce((sum, share) => sum + (share.memory ?? share.memoryReservation ?? 0), 0);
    expect(cpu).toBeLessThanOrEqual(size.cpu);
    expect(memory).toBeLessThanOrEqual(size.memory);
    expectValid(containerDefinitions);
    // And what the stand-in for ECS, which was written without us, says to it.
    const input = { ...definition.content, family: definition.family };
    checkDefinition(read(registerInput, input, "RegisterTaskDefinition", "ClientException"));
  }

  function expectValid(definitions: Definitions): void {
    const known = new Map(definitions.map((one) => [one.name, one]));
    for (const { healthCheck, dependsOn = [], stopTimeout = 30 } of definitions) {
      for (const { containerName, condition } of dependsOn) {
        expect(known.has(containerName)).toBe(true);
        expect(condition === "SUCCESS" && known.get(containerName)?.essential).toBe(false);
        if (condition === "HEALTHY") expect(known.get(containerName)).toHaveProperty("healthCheck");
      }
      expect(stopTimeout).toBeLessThanOrEqual(120);
      if (healthCheck === undefined) continue;
      const { interval = 0, timeout = 0, retries = 0, startPeriod = 0 } = healthCheck;
      expect([interval >= 5, interval <= 300, timeout >= 2, timeout <= 60]).not.toContain(false);
      expect([retries >= 1, retries <= 10, startPeriod >= 0, startPeriod <= 300]).not.toContain(false);
    }
  }

  test("shares its definition with all that differ from it in name, uid, and the values of variables that fit overrides", async () => {
    const value = fc.string({ maxLength: 60 });
    const sibling = fc.record({
      name,
      uid: fc.uuid(),
      token: fc.stringMatching(/^[a-z0-9]{5}$/),
      value,
      argument: value,
    });
    await fc.assert(
      fc.asyncProperty(sibling, sibling, fc.constantFrom("Always", "Never"), async (one, other, restartPolicy) => {
        const familyOf = async ({ name: podName, uid, token, value: text, argument }: typeof one): Promise<string> => {
          const containers = ["a", "b"].map((containerName) => ({
            name: containerName,
            image: "busybox:1",
            command: ["sh", "-c", "echo $(POD)"],
            args: [argument],
            env: [
              { name: "POD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
              { name: "VALUE", value: text },
            ],
          }));
          const pod = admitted(podOf({ restartPolicy, containers }, { name: podName, uid }));
          const own = JSON.parse(JSON.stringify(pod).replaceAll("x7k2p", token)) as Pod;
          return (await requestOf(own, { world })).definition.family;
        };
        expect(await familyOf(one)).toBe(await familyOf(other));
      }),
    );
  });
});
