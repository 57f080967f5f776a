import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Pod } from "../../src/model/kube.ts";
import { eventually, soon } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import { isReady, podManifest, startWorld, type World } from "./worlds/world.ts";

const document = readFileSync(join(import.meta.dirname, "../../deploy/rbac-watch-references.yaml"), "utf8");
const configMap = (name: string, data: object): object => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name },
  data,
});
const mounting = (volume: object, more: object = {}): object => ({
  container: { volumeMounts: [{ name: "v", mountPath: "/v" }], ...more },
  spec: { volumes: [{ name: "v", ...volume }] },
});
const waitsFor =
  (reason: string) =>
  ({ status }: Pod): boolean =>
    status?.containerStatuses?.[0]?.state?.waiting?.reason === reason;

describeWith(["go", "namespaces", "root", "busybox"], "what pods refer to, while they live", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ configuration: { configMapAndSecretChangeDetectionStrategy: "Watch" } });
    await world.cluster.apply(document);
    await world.burstlet.stop();
    world.startAgain();
    await eventually("it serves again", () => world.burstlet.log().includes("node is ready"));
  });
  afterAll(() => world?.stop());

  const said = async (pod: string, line: string): Promise<string> =>
    world.cluster.kubectl("exec", pod, "--", "sh", "-c", line);

  it("files follow their ConfigMap in a container that goes on, and a mount by subPath does not", async () => {
    const mounts = [
      { name: "v", mountPath: "/v" },
      { name: "v", mountPath: "/pinned", subPath: "a" },
    ];
    const volume = { configMap: { name: "live" } };
    await world.cluster.apply([
      configMap("live", { a: "1", gone: "1" }),
      podManifest("live", mounting(volume, { volumeMounts: mounts })),
    ]);
    const before = await world.until("live", "is ready", isReady);
    expect(await said("live", "cat /v/a /v/gone /pinned")).toBe("111");
    await world.cluster.apply(configMap("live", { a: "2", new: "2" }));
    await eventually("the files have changed", async () => (await said("live", "cat /v/a")) === "2");
    expect(await said("live", "ls /v; cat /v/new /pinned")).toBe("a\nnew\n21");
    const after = await world.pod("live");
    expect(after.status?.containerStatuses).toEqual(before.status?.containerStatuses);
  });

  it("files follow labels; a burstlet that was started anew goes on with it", async () => {
    const items = [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }];
    await world.cluster.apply(podManifest("labelled", { ...mounting({ downwardAPI: { items } }), labels: { a: "1" } }));
    await world.until("labelled", "is ready", isReady);
    expect(await said("labelled", "cat /v/labels")).toContain('a="1"');
    await world.burstlet.stop();
    await world.cluster.kubectl("label", "pod", "labelled", "a=2", "--overwrite");
    world.startAgain();
    await eventually("it serves again", () => world.burstlet.log().includes("node is ready"));
    await eventually("the label has changed", async () => (await said("labelled", "cat /v/labels")).includes('a="2"'));
    await world.cluster.kubectl("label", "pod", "labelled", "a=3", "--overwrite");
    await eventually("and again", async () => (await said("labelled", "cat /v/labels")).includes('a="3"'));
  });

  it("a volume of a missing Secret keeps the pod waiting, with both names of the event, until the Secret is there", async () => {
    await world.cluster.apply(podManifest("patient", mounting({ secret: { secretName: "late" } })));
    await world.until("patient", "waits", waitsFor("CreateContainerConfigError"));
    await soon(async () =>
      expect(await world.eventsOf("patient")).toEqual(
        expect.arrayContaining([
          'FailedMount: MountVolume.SetUp failed for volume "v" : secret "late" not found',
          expect.stringMatching(/^MandatorySecretNotFound: secret "late" not found; it is looked for every 5 s/),
        ]),
      ),
    );
    await world.cluster.kubectl("create", "secret", "generic", "late", "--from-literal=key=value");
    await world.until("patient", "is ready", isReady);
    expect(await said("patient", "cat /v/key")).toBe("value");
  });

  it("a resize is answered Infeasible, and taken back leaves no trace", async () => {
    const resources = { requests: { cpu: "10m" } };
    await world.cluster.apply(podManifest("sized", { container: { resources } }));
    await world.until("sized", "is ready", isReady);
    const resize = async (cpu: string) => {
      const patch = { spec: { containers: [{ name: "main", resources: { requests: { cpu } } }] } };
      await world.cluster.kubectl("patch", "pod", "sized", "--subresource", "resize", "-p", JSON.stringify(patch));
    };
    const pending = (pod: Pod) => pod.status?.conditions?.find(({ type }) => type === "PodResizePending");
    await resize("20m");
    const answered = await world.until("sized", "is answered", (pod) => pending(pod) !== undefined);
    expect(pending(answered)).toMatchObject({ status: "True", reason: "Infeasible" });
    expect(answered.status?.containerStatuses?.[0]).toMatchObject({ resources, allocatedResources: { cpu: "10m" } });
    expect(answered.status?.observedGeneration).toBe(answered.metadata?.generation);
    await resize("10m");
    await world.until("sized", "is as before", (pod) => pending(pod) === undefined);
  });

  it("a NetworkPolicy that nobody enforces is told once for all pods of an owner", async () => {
    const policy = {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name: "closed" },
      spec: { podSelector: { matchLabels: { app: "guarded" } }, policyTypes: ["Ingress"] },
    };
    const { metadata: _own, spec } = podManifest("none", {}) as { metadata: object; spec: object };
    await world.cluster.apply([
      policy,
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "guarded" },
        spec: {
          replicas: 3,
          selector: { matchLabels: { app: "guarded" } },
          template: { metadata: { labels: { app: "guarded" } }, spec },
        },
      },
    ]);
    const pods = await eventually("three are ready", async () => {
      const found = await world.pods("app=guarded");
      return found.length === 3 && found.every(isReady) && found;
    });
    const told = await eventually("it is told", async () => {
      const events = (await Promise.all(pods.map(({ metadata }) => world.eventsOf(metadata?.name ?? "")))).flat();
      const found = events.filter((event) => event.startsWith("NetworkPolicyNotEnforced"));
      return found.length > 0 && found;
    });
    expect(told).toHaveLength(1);
    expect(told[0]).toContain("NetworkPolicy closed selects this pod");
  });
});
