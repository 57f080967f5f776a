import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { admitted, admittedWorld } from "../../test/support/pods.ts";
import { podOf, podWith } from "../../test/support/resolve-sources.ts";
import type { Pod } from "../../src/provider.ts";
import { FileBytes } from "./request.ts";
import { inSubnet, mainOf, propertiesOf, refusalsOf, requestOf, subnet, translated } from "./translate/testing.ts";

const world = {
  configMaps: { c: { data: { "a.conf": "hello" } } },
  secrets: { s: { data: { password: "hunter2" } } },
};

const many = <T>(count: number, one: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => one(index));

describe("a pod as the API server hands it out", () => {
  test("is one group, of its own size, with its name in tags, and without the automounted token", async () => {
    const translation = await translated(admitted(podOf({})), { world: admittedWorld });
    expect(translation.request).toEqual({
      group: {
        tags: { "burstlet-namespace": "ns", "burstlet-pod": "web" },
        properties: {
          sku: "Standard",
          osType: "Linux",
          restartPolicy: "Always",
          containers: [
            {
              name: "main",
              properties: {
                image: "busybox:1",
                resources: { requests: { cpu: 1, memoryInGB: 1 }, limits: { cpu: 1, memoryInGB: 1 } },
              },
            },
          ],
        },
      },
      places: [{ location: "westeurope" }],
      vcpu: 1,
    });
    expect(translation).toMatchObject({ refusals: [], provisioned: "1vCPU 1GB" });
    expect(translation).not.toHaveProperty("hourlyUsd");
  });

  test("has a price where the configuration knows one", async () => {
    const config = { prices: { vcpu: 0.05, memory: 0.005 } };
    expect(await translated(podOf({}), { config })).toMatchObject({ hourlyUsd: 0.055 });
  });

  test("tells all that is wrong with it at once", async () => {
    const pod = podWith(
      { args: ["x"], ports: [{ containerPort: 22 }], resources: { requests: { cpu: "32" } } },
      { hostNetwork: true },
    );
    expect((await refusalsOf(pod)).map((text) => text.replace(/:.*/, ""))).toEqual([
      "spec.hostNetwork",
      "spec.containers[0].args",
      "spec.containers[0].ports (22)",
      "spec.containers[].resources",
    ]);
  });
});

describe("commands and variables", () => {
  test("command and arguments are one list, and arguments alone are refused", async () => {
    expect((await mainOf(podWith({ command: ["sh", "-c"], args: ["true"] }))).command).toEqual(["sh", "-c", "true"]);
    expect(await mainOf(podOf({}))).not.toHaveProperty("command");
    expect(await refusalsOf(podWith({ args: ["true"] }))).toEqual([expect.stringContaining("set command too")]);
  });

  test("a value of a Secret is a secure one and is seen nowhere; empty values are kept", async () => {
    const env = [
      { name: "EMPTY", value: "" },
      { name: "PASSWORD", valueFrom: { secretKeyRef: { name: "s", key: "password" } } },
      { name: "URL", value: "db://$(PASSWORD)@db" },
    ];
    const request = await requestOf(podWith({ env }), { world });
    const [main] = request.group.properties.containers;
    expect(main?.properties.environmentVariables).toEqual([
      { name: "EMPTY", value: "" },
      { name: "PASSWORD", secureValue: expect.anything() },
      { name: "URL", secureValue: expect.anything() },
    ]);
    expect(JSON.stringify(request) + inspect(request, { depth: 20 })).not.toContain("hunter2");
  });

  test("a value of a Secret in a command is refused, and so is what only the running group knows", async () => {
    const env = [{ name: "PASSWORD", valueFrom: { secretKeyRef: { name: "s", key: "password" } } }];
    expect(await refusalsOf(podWith({ env, command: ["run", "$(PASSWORD)"] }), { world })).toEqual([
      expect.stringMatching(/^spec\.containers\[0\]\.command: It holds a value of a Secret/),
    ]);
    const own = [{ name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } }];
    const paths = (await refusalsOf(podWith({ env: own, command: ["run", "$(IP)"] }))).map((text) =>
      text.replace(/:.*/, ""),
    );
    expect(paths).toContain("spec.containers[0].command");
    expect(paths).toContain("spec.containers[0].env[0].valueFrom.fieldRef");
  });

  test.for(["a-b", "a.b", "_A", "A_", "A".repeat(64)])("the name %s is refused", async (name) => {
    expect(await refusalsOf(podWith({ env: [{ name, value: "1" }] }))).toEqual([
      expect.stringContaining("Azure takes names"),
    ]);
  });

  test("a variable of a service with too long a name is left out, but not one that the pod names itself", async () => {
    const service = {
      metadata: { name: "s".repeat(60), namespace: "ns" },
      spec: { clusterIP: "10.0.0.1", ports: [{ port: 80 }] },
    };
    const short = { metadata: { name: "db", namespace: "ns" }, spec: { clusterIP: "10.0.0.2", ports: [{ port: 80 }] } };
    const found = await mainOf(podOf({}), { world: { services: [service, short] } });
    const names = (found.environmentVariables ?? []).map(({ name }) => name);
    expect(names).toContain("DB_SERVICE_HOST");
    expect(names.every((name) => name.length <= 63)).toBe(true);
    const own = podWith({ env: [{ name: `${"S".repeat(60)}_SERVICE_HOST`, value: "1" }] });
    expect(await refusalsOf(own)).toHaveLength(1);
  });
});

describe("volumes", () => {
  const mounted = (volume: object, mount: object = {}): Pod =>
    podWith({ volumeMounts: [{ name: "v", mountPath: "/v", ...mount }] }, { volumes: [{ name: "v", ...volume }] });

  test("have names that Azure takes, and what nothing mounts is left out", async () => {
    const volumes = [
      { name: "unused", emptyDir: {} },
      { name: "a--b", emptyDir: {} },
    ];
    const pod = podWith({ volumeMounts: [{ name: "a--b", mountPath: "/a", readOnly: true }] }, { volumes });
    const { volumes: made, containers } = await propertiesOf(pod);
    expect(made).toEqual([{ name: "volume-0", emptyDir: {} }]);
    expect(containers[0]?.properties.volumeMounts).toEqual([{ name: "volume-0", mountPath: "/a", readOnly: true }]);
  });

  test("of files hold them, and show none of them", async () => {
    const sources = [{ configMap: { name: "c" } }, { secret: { name: "s" } }];
    const request = await requestOf(mounted({ projected: { sources } }), { world });
    const files = { "a.conf": expect.any(FileBytes), password: expect.any(FileBytes) };
    expect(request.group.properties.volumes).toEqual([{ name: "volume-0", secret: files }]);
    expect(JSON.stringify(request) + inspect(request, { depth: 20 })).not.toMatch(/hunter2|hello/);
  });

  test.for<[what: string, pod: Pod, text: string]>([
    [
      "in a folder",
      mounted({ configMap: { name: "c", items: [{ key: "a.conf", path: "etc/a.conf" }] } }),
      "spec.volumes[0]: A volume of Azure's has no folders, and etc/a.conf is in one",
    ],
    ["that can be executed", mounted({ configMap: { name: "c", defaultMode: 0o755 } }), "spec.volumes[0].configMap: "],
    [
      "of a part",
      mounted({ configMap: { name: "c" } }, { subPath: "a.conf" }),
      "spec.containers[0].volumeMounts[0].subPath",
    ],
  ])("with a file %s are refused", async ([, pod, text]) => {
    expect(await refusalsOf(pod, { world })).toEqual([expect.stringContaining(text)]);
  });

  test("of more than twenty are refused", async () => {
    const pod = (count: number) =>
      podWith(
        { volumeMounts: many(count, (index) => ({ name: `v${index}`, mountPath: `/${index}` })) },
        { volumes: many(count, (index) => ({ name: `v${index}`, emptyDir: {} })) },
      );
    expect(await refusalsOf(pod(20))).toEqual([]);
    expect(await refusalsOf(pod(21))).toEqual([expect.stringContaining("the pod mounts 21")]);
  });
});

describe("the network", () => {
  const ports = (...all: (readonly [number, "TCP" | "UDP"])[]) => ({
    ports: all.map(([containerPort, protocol]) => ({ containerPort, protocol })),
  });

  test("a pod with ports has a public address, each port once, and UDP is UDP", async () => {
    const pod = podOf({
      containers: [
        { name: "main", image: "a", ...ports([80, "TCP"], [53, "UDP"]) },
        { name: "other", image: "a", ...ports([80, "TCP"], [53, "TCP"]) },
      ],
    });
    const { ipAddress, containers } = await propertiesOf(pod);
    const [http, udp, tcp] = [
      { port: 80, protocol: "TCP" },
      { port: 53, protocol: "UDP" },
      { port: 53, protocol: "TCP" },
    ];
    expect(ipAddress).toEqual({ type: "Public", ports: [http, udp, tcp] });
    expect(containers.map(({ properties }) => properties.ports)).toEqual([[http, udp], [tcp]]);
  });

  test("one without ports has no public address, but a private one in a virtual network", async () => {
    expect(await propertiesOf(podOf({}))).not.toHaveProperty("ipAddress");
    const { ipAddress, containers } = await propertiesOf(podOf({}), { config: inSubnet });
    const ports = [{ port: 80, protocol: "TCP" }];
    expect(ipAddress).toEqual({ type: "Private", ports });
    expect(containers.map(({ properties }) => properties.ports)).toEqual([ports]);
    expect((await requestOf(podOf({}), { config: inSubnet })).places).toEqual([
      { location: "westeurope", subnet: subnet("groups") },
    ]);
  });

  test("has five ports at most, and none of Azure's own", async () => {
    const pod = (...numbers: number[]) => podWith(ports(...numbers.map((port) => [port, "TCP"] as const)));
    expect(await refusalsOf(pod(1, 2, 3, 4, 5))).toEqual([]);
    expect(await refusalsOf(pod(1, 2, 3, 4, 5, 6))).toEqual([expect.stringContaining("the pod names 6")]);
    expect(await refusalsOf(pod(21, 1024, 1028, 9998, 65_535))).toEqual([]);
    for (const port of [22, 1025, 3395, 19_390, 20_000, 30_000, 49_152, 65_534])
      expect(await refusalsOf(pod(port))).toEqual([expect.stringContaining(`keeps port ${port}`)]);
  });

  test("in a virtual network has the pod's resolver, else the node's", async () => {
    const dnsConfig = {
      nameservers: ["192.0.2.1"],
      searches: ["a.b", "c.d"],
      options: [{ name: "ndots", value: "2" }],
    };
    const none = podOf({ dnsPolicy: "None", dnsConfig });
    const own = { ...inSubnet, dns: { nameServers: ["192.0.2.9"], searchDomains: ["corp"] } };
    const wanted = { nameServers: ["192.0.2.1"], searchDomains: "a.b c.d", options: "ndots:2" };
    expect((await propertiesOf(none, { config: inSubnet })).dnsConfig).toEqual(wanted);
    expect((await propertiesOf(none, { config: own })).dnsConfig).toEqual(wanted);
    const byNode = { nameServers: ["192.0.2.9"], searchDomains: "corp" };
    expect((await propertiesOf(podOf({}), { config: own })).dnsConfig).toEqual(byNode);
    expect(await propertiesOf(podOf({}), { config: inSubnet })).not.toHaveProperty("dnsConfig");
    const cluster = await propertiesOf(podOf({}), { config: own, node: { clusterDNS: ["10.0.0.10"] } });
    expect(cluster.dnsConfig).toMatchObject({ nameServers: ["10.0.0.10"], options: "ndots:5" });
  });

  test("has no search domains without a resolver, and no resolver outside of a virtual network", async () => {
    const searching = podOf({ dnsConfig: { searches: ["corp"] } });
    expect(await refusalsOf(searching, { config: inSubnet })).toEqual([
      expect.stringContaining("beside resolvers only"),
    ]);
    expect(await refusalsOf(searching)).toEqual([expect.stringMatching(/^spec\.dnsConfig: Only groups in a virtual/)]);
    const cluster = await propertiesOf(podOf({}), { node: { clusterDNS: ["10.0.0.10"] } });
    expect(cluster).not.toHaveProperty("dnsConfig");
  });
});

describe("containers", () => {
  test("init containers come by themselves, and a sidecar behind them is a container that the tags tell of", async () => {
    const pod = podOf({
      initContainers: [
        { name: "i", image: "a", command: ["true"] },
        { name: "s", image: "b", restartPolicy: "Always" },
      ],
    });
    const { group } = await requestOf(pod);
    expect(group.properties.initContainers).toEqual([{ name: "i", properties: { image: "a", command: ["true"] } }]);
    expect(group.properties.containers.map(({ name }) => name)).toEqual(["s", "main"]);
    expect(group.tags).toMatchObject({ "burstlet-sidecars": "s" });
  });

  test("of more than sixty are refused", async () => {
    const pod = (count: number) => podOf({ containers: many(count, (index) => ({ name: `c${index}`, image: "a" })) });
    expect(await refusalsOf(pod(60))).toEqual([]);
    expect(await refusalsOf(pod(61))).toEqual([expect.stringContaining("the pod has 61")]);
  });

  test("sidecars with names longer than a tag are refused", async () => {
    const name = (index: number): string => `${"s".repeat(62)}${index}`;
    const initContainers = many(5, (index) => ({ name: name(index), image: "a", restartPolicy: "Always" }));
    expect(await refusalsOf(podOf({ initContainers }))).toEqual([expect.stringContaining("kept in a tag")]);
  });

  test("ask for more than a group can have in vain", async () => {
    const asking = (resources: Record<string, string>) => podWith({ resources: { requests: resources } });
    expect(await refusalsOf(asking({ cpu: "31", memory: "240G" }))).toEqual([]);
    expect(await refusalsOf(asking({ memory: "241G" }))).toEqual([expect.stringContaining("has at most 31 and 240")]);
    expect(await refusalsOf(asking({ "ephemeral-storage": "51Gi" }))).toEqual([expect.stringContaining("has 50")]);
  });

  test("have users and capabilities only where the configuration has Azure asked for them", async () => {
    const securityContext = { runAsUser: 5, allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
    const pod = podWith({ securityContext }, { securityContext: { runAsUser: 1, runAsGroup: 7, runAsNonRoot: true } });
    expect(await refusalsOf(pod)).toHaveLength(6);
    const sent = await mainOf(pod, { config: { security: "send" } });
    expect(sent.securityContext).toEqual({ ...securityContext, runAsGroup: 7 });
  });
});
