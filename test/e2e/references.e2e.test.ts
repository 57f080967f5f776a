import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import { hasPhase, isReady, podManifest, startWorld, type World } from "./worlds/world.ts";

const document = readFileSync(join(import.meta.dirname, "../../deploy/rbac-watch-references.yaml"), "utf8");

/** Prints what is in the ConfigMap, and in the Secret. */
const reader = (name: string): object =>
  podManifest(name, {
    restartPolicy: "Never",
    command: ["sh", "-c", 'echo "$A $B"'],
    container: {
      env: [
        { name: "A", valueFrom: { configMapKeyRef: { name: `${name}-map`, key: "a" } } },
        { name: "B", valueFrom: { secretKeyRef: { name: `${name}-secret`, key: "b" } } },
      ],
    },
  });
const referred = (name: string): object[] => [
  { apiVersion: "v1", kind: "ConfigMap", metadata: { name: `${name}-map` }, data: { a: "first" } },
  { apiVersion: "v1", kind: "Secret", metadata: { name: `${name}-secret` }, stringData: { b: "second" } },
];

describeWith(["go", "namespaces", "root", "busybox"], "ConfigMaps and Secrets that are watched one by one", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ configuration: { configMapAndSecretChangeDetectionStrategy: "Watch" } });
  });
  afterAll(() => world?.stop());

  const linesWith = (...words: string[]) =>
    world.burstlet
      .log()
      .split("\n")
      .filter((line) => words.every((word) => line.includes(word)));

  it("a variable comes out of a file that an init container has written", async () => {
    const [volumes, volumeMounts] = [[{ name: "v", emptyDir: {} }], [{ name: "v", mountPath: "/v" }]];
    const write = "echo \"GREETING='hello'\" > /v/env";
    const writer = { name: "writer", image: "busybox", command: ["sh", "-c", write], volumeMounts };
    const valueFrom = (key: string, optional: boolean) => ({
      valueFrom: { fileKeyRef: { volumeName: "v", path: "env", key, optional } },
    });
    await world.cluster.apply(
      podManifest("filed", {
        restartPolicy: "Never",
        command: ["sh", "-c", 'echo "$ALL ${NONE-unset}"'],
        spec: { volumes, initContainers: [writer] },
        container: {
          env: [
            { name: "GREETING", ...valueFrom("GREETING", false) },
            { name: "NONE", ...valueFrom("NONE", true) },
            { name: "ALL", value: "<$(GREETING)>" },
          ],
        },
      }),
    );
    await world.until("filed", "has succeeded", hasPhase("Succeeded"));
    expect(await world.cluster.kubectl("logs", "filed", "-c", "main")).toBe("<hello> unset\n");
  });

  it("a host has the full name that the pod wants", async () => {
    const spec = { hostname: "db", subdomain: "shop", setHostnameAsFQDN: true };
    const command = ["sh", "-c", "hostname; grep -c shop /etc/hosts"];
    await world.cluster.apply(podManifest("named", { restartPolicy: "Never", command, spec }));
    await world.until("named", "has succeeded", hasPhase("Succeeded"));
    expect(await world.cluster.kubectl("logs", "named")).toBe("db.shop.default.svc.cluster.local\n1\n");
  });

  it("without the right to watch: names each missing verb once, with the document, and reads by get", async () => {
    await world.cluster.apply([...referred("poor"), reader("poor")]);
    await world.until("poor", "has succeeded", hasPhase("Succeeded"));
    expect(await world.cluster.kubectl("logs", "poor")).toBe("first second\n");
    const told = await eventually("both rights are named", () => {
      const lines = linesWith("permission missing");
      return lines.length === 2 && lines;
    });
    for (const line of told) expect(line).toMatch(/verb=list .*fix="kubectl apply -f deploy\/rbac-watch-references/);
    await world.cluster.kubectl("delete", "pod", "poor", "--timeout=30s");
  });

  it("with it: a pod that waits starts when what it refers to appears, and the watches end with the last pod", async () => {
    await world.cluster.apply(document);
    await world.burstlet.stop();
    world.startAgain();
    await eventually("it serves again", () => world.burstlet.log().includes("node is ready"));
    const before = await openWatches(world);
    await world.cluster.apply(reader("rich"));
    await world.until(
      "rich",
      "waits for its ConfigMap",
      ({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === "CreateContainerConfigError",
    );
    await world.cluster.apply(referred("rich"));
    await world.until("rich", "has succeeded", hasPhase("Succeeded"));
    expect(await world.cluster.kubectl("logs", "rich")).toBe("first second\n");
    expect(linesWith("permission missing")).toEqual([]);
    await eventually("its watches have ended", async () => isDeepStrictEqual(await openWatches(world), before));

    await world.cluster.apply([...referred("living"), podManifest("living", livingFixture)]);
    await world.until("living", "is ready", isReady);
    // Its own, and that of the service account's projected volume.
    await eventually(
      "its two ConfigMaps are watched",
      async () => (await openWatches(world)).configmaps === before.configmaps + 2,
    );
    await world.cluster.kubectl("delete", "pod", "living", "--timeout=30s");
    await eventually("their watches have ended", async () => isDeepStrictEqual(await openWatches(world), before));
  });
});

const livingFixture = { container: { envFrom: [{ configMapRef: { name: "living-map" } }] } };

/** What the API server counts: watches of single names. Some are of its own components. */
async function openWatches(world: World): Promise<{ configmaps: number; secrets: number }> {
  const metrics = await world.cluster.kubectl("get", "--raw", "/metrics");
  const of = (resource: string): number => {
    const line = new RegExp(
      `^apiserver_longrunning_requests\\{(?=[^}]*resource="${resource}")(?=[^}]*scope="resource")(?=[^}]*verb="WATCH")[^}]*\\} (\\d+)`,
      "gm",
    );
    return [...metrics.matchAll(line)].reduce((sum, match) => sum + Number(match[1]), 0);
  };
  return { configmaps: of("configmaps"), secrets: of("secrets") };
}
