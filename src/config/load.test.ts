import { describe, expect, it } from "vitest";
import { z } from "zod";
import { head, load, one, problems } from "./testing.ts";

describe("a configuration file", () => {
  it("needs a name and a provider for a node; everything else has a default", () => {
    const { nodes, ...rest } = load(one);
    expect(rest).toEqual({
      apiVersion: "burstlet.dev/v1alpha1",
      kind: "BurstletConfiguration",
      logging: { format: "text", verbosity: 0 },
      configMapAndSecretChangeDetectionStrategy: "Cache",
      kubelet: {
        sharePort: false,
        readOnlyPort: 0,
        authentication: { anonymous: { enabled: false }, webhook: { enabled: true, cacheTTL: "2m" }, x509: {} },
        authorization: { mode: "Webhook", webhook: { cacheAuthorizedTTL: "5m", cacheUnauthorizedTTL: "30s" } },
        serverTLSBootstrap: false,
      },
    });
    expect(nodes).toMatchObject([{ name: "a", port: 10_250, labels: {}, network: "none", daemonSetPods: "refuse" }]);
    expect(nodes[0]?.["local"]).toMatchObject({ runtime: "engine", engine: { network: "bridge" } });
  });

  it.for<[string, string, string]>([
    [
      "an unknown field of the top",
      `${head}nodez: []\n`,
      "f.yaml:3:1: nodez: unknown field; did you mean nodes? allowed here: apiVersion, kind, clusterID, logging, configMapAndSecretChangeDetectionStrategy, kubelet, nodes",
    ],
    [
      "an unknown field that is like no other",
      `${one}clusterID: x\nwhatever: 1\n`,
      "f.yaml:7:1: whatever: unknown field; allowed here: apiVersion, kind, clusterID, logging, configMapAndSecretChangeDetectionStrategy, kubelet, nodes",
    ],
    [
      "another version",
      one.replace("v1alpha1", "v2"),
      'f.yaml:1:13: apiVersion: "burstlet.dev/v2" is not allowed; allowed: burstlet.dev/v1alpha1',
    ],
    [
      "another kind",
      one.replace("BurstletConfiguration", "Pod"),
      'f.yaml:2:7: kind: "Pod" is not allowed; allowed: BurstletConfiguration',
    ],
    [
      "a wrong word",
      `${one}logging: { format: jsn }\n`,
      'f.yaml:6:20: logging.format: "jsn" is not allowed; did you mean json? allowed: one of json, text',
    ],
    [
      "a number out of range",
      `${one}  port: 70000\n`,
      "f.yaml:6:9: nodes[0].port: 70000 is not allowed; allowed: a whole number from 0 to 65535",
    ],
    [
      "a number that is none",
      `${one}  maxPods: many\n`,
      'f.yaml:6:12: nodes[0].maxPods: "many" is not allowed; allowed: a whole number of at least 1',
    ],
    [
      "a fraction",
      `${one}  local: { capacity: { pods: 1.5 } }\n`,
      "f.yaml:6:30: nodes[0].local.capacity.pods: 1.5 is not allowed; allowed: a whole number above 0",
    ],
    [
      "a text that is no address",
      `${one}  address: here\n`,
      'f.yaml:6:12: nodes[0].address: "here" is not allowed; allowed: an IPv4 address or an IPv6 address',
    ],
    [
      "a label that YAML takes for a truth value",
      `${one}  labels: { a: true }\n`,
      "f.yaml:6:16: nodes[0].labels.a: true is not allowed; allowed: a label's value, as Kubernetes defines it: at most 63 letters, digits, '-', '_', '.'; in quotes it is one: \"true\"",
    ],
    [
      "a label with an unfit name",
      `${one}  labels: { "a b": c }\n`,
      'f.yaml:6:13: nodes[0].labels["a b"]: not a fit name; allowed: a label\'s name, as Kubernetes defines it',
    ],
    [
      "a name that no node may have",
      one.replace(": a", ": A_b"),
      "f.yaml:4:9: nodes[0].name: \"A_b\" is not allowed; allowed: lower-case letters, digits, '-' and '.', with a letter or digit at both ends (a DNS-1123 subdomain)",
    ],
    [
      "a name that is too long for a label",
      one.replace(": a", `: ${"a".repeat(64)}`),
      "f.yaml:4:9: nodes[0].name: has 64 characters; at most 63 are allowed",
    ],
    [
      "a node without a name",
      `${head}nodes:\n- provider: local\n`,
      "f.yaml:4:3: nodes[0].name: missing; needed: lower-case letters, digits, '-' and '.', with a letter or digit at both ends (a DNS-1123 subdomain), for example \"burst-local\"",
    ],
    [
      "a node without a provider",
      `${head}nodes:\n- name: a\n`,
      'f.yaml:4:3: nodes[0].provider: missing; needed: a text that is not empty, for example "local"',
    ],
    [
      "an unknown provider",
      `${head}nodes:\n- name: a\n  provider: locl\n`,
      'f.yaml:5:13: nodes[0].provider: there is no provider "locl"; did you mean local? allowed: local',
    ],
    [
      "an unknown provider, and what is wrong elsewhere all the same",
      `${head}nodes:\n- name: a\n  provider: locl\n  local: { runtime: dcker }\n`,
      'f.yaml:6:21: nodes[0].local.runtime: "dcker" is not allowed; allowed: one of engine, process, scripted',
    ],
    [
      "no nodes",
      `${head}nodes: []\n`,
      "f.yaml:3:8: nodes: an empty list is not allowed; allowed: a list that is not empty",
    ],
    [
      "nodes that are a mapping",
      `${head}nodes: {}\n`,
      "f.yaml:3:8: nodes: a mapping is not allowed; allowed: a list that is not empty",
    ],
    [
      "an unknown field of a provider",
      `${one}  local: { runtme: engine }\n`,
      "f.yaml:6:12: nodes[0].local.runtme: unknown field; did you mean runtime? allowed here: runtime, allowHostProcesses, stateDir, engine, process, scripted, capacity",
    ],
    [
      "a field of a provider beside its part",
      `${one}  runtime: engine\n`,
      "f.yaml:6:3: nodes[0].runtime: unknown field; it belongs in local; allowed here: name, provider, labels, taints, maxPods, address, port, network, clusterDNS, clusterDomain, daemonSetPods, networkPolicies, grants, staticPodPath, websockets, local",
    ],
    [
      "a field of the node in the part of its provider",
      `${one}  local: { engine: { taints: [] } }\n`,
      "f.yaml:6:22: nodes[0].local.engine.taints: unknown field; it belongs beside local, not in it; allowed here: host, tls, network, allowPrivileged, runtimeClasses",
    ],
    [
      "the part of another provider",
      `${one}  fargate: {}\n`,
      "f.yaml:6:3: nodes[0].fargate: unknown field; allowed here: name, provider, labels, taints, maxPods, address, port, network, clusterDNS, clusterDomain, daemonSetPods, networkPolicies, grants, staticPodPath, websockets, local",
    ],
    [
      "a pattern of a provider, in its words",
      `${one}  local: { stateDir: tasks }\n`,
      'f.yaml:6:22: nodes[0].local.stateDir: "tasks" is not allowed; allowed: an absolute path',
    ],
    [
      "a taint with an unknown effect",
      `${one}  taints: [{ key: a, effect: NoExec }]\n`,
      'f.yaml:6:30: nodes[0].taints[0].effect: "NoExec" is not allowed; did you mean NoExecute? allowed: one of NoSchedule, PreferNoSchedule, NoExecute',
    ],
  ])("tells of %s", ([, text, expected]) => {
    expect(problems(text)).toContain(expected);
  });

  it.for<[string, string, RegExp]>([
    ["an empty file", "# nothing\n", /^f\.yaml: the file is empty; it begins with apiVersion/],
    ["a list", "- a\n", /^f\.yaml:1:1: not a mapping; it begins with apiVersion/],
    [
      "a field that is there twice",
      `${one}clusterID: a\nclusterID: b\n`,
      /^f\.yaml:7:1: this field is here twice in one mapping; keep one of them$/,
    ],
    ["a second document", `${one}---\n${one}`, /^f\.yaml:6:1: a second document begins here/],
    ["what is not YAML", `${one}labels: [a\n`, /^f\.yaml:7:1: not YAML: /],
    ["an alias of nothing", `${one}clusterID: *x\n`, /^f\.yaml: Unresolved alias/],
    ["aliases that multiply", bomb(), /^f\.yaml: Excessive alias count/],
  ])("tells of %s and looks no further", ([, text, expected]) => {
    const told = problems(text);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(expected);
  });

  it("may repeat itself by an alias, whose problems are told where they stand", () => {
    const text = `${one}  labels: &same { a: 5 }\n- name: b\n  provider: local\n  port: 0\n  labels: *same\n`;
    expect(problems(text).map((line) => line.replace(/: 5 .*/, ""))).toEqual([
      "f.yaml:6:22: nodes[0].labels.a",
      "f.yaml:6:22: nodes[1].labels.a",
    ]);
  });

  it("is told all that is wrong with it at once, in the order of the file", () => {
    const text = `${head.replace("v1alpha1", "v1")}nodes:
- name: A
  provider: local
  prt: 1
  local: { runtime: process, alowHostProcesses: true, capacity: { cpu: 0 }, engine: 5 }
- name: b
  provider: nowhere
  port: 0
  prt: 1
logging: { verbosity: 11 }
`;
    expect(problems(text).map((line) => line.replace(/ (unknown|is not|there|runtime).*| ".*/, ""))).toEqual([
      "f.yaml:1:13: apiVersion:",
      "f.yaml:4:9: nodes[0].name:",
      "f.yaml:6:3: nodes[0].prt:",
      "f.yaml:7:10: nodes[0].local.allowHostProcesses:",
      "f.yaml:7:30: nodes[0].local.alowHostProcesses:",
      "f.yaml:7:72: nodes[0].local.capacity.cpu: 0",
      "f.yaml:7:85: nodes[0].local.engine: 5",
      "f.yaml:9:13: nodes[1].provider:",
      "f.yaml:11:3: nodes[1].prt:",
      "f.yaml:12:23: logging.verbosity: 11",
    ]);
  });

  it.for(["127.0.0.1", "127.9.9.9", "::1", "0.0.0.0", "169.254.3.4", "fe80::1", "224.0.0.1", "255.255.255.255"])(
    "is refused the address %s, to which the API server does not proxy",
    (address) => {
      const [told = ""] = problems(`${one}  address: "${address}"\n`);
      expect(told).toContain(`nodes[0].address: ${address} is `);
      expect(told).toContain("the API server refuses to proxy to a node there");
    },
  );

  it.for(["10.0.3.17", "192.0.2.1", "203.0.113.9", "fd00::1", "2001:db8::1"])("may have the address %s", (address) => {
    expect(load(`${one}  address: "${address}"\n`).nodes[0]?.address).toBe(address);
  });

  it("may not have two nodes with one name, or with one address and port", () => {
    const node = (name: string, more: string): string => `- { name: ${name}, provider: local, ${more} }\n`;
    const text = `${head}nodes:\n${node("a", "port: 0")}${node("a", "port: 0")}${node("b", "address: 10.0.0.1")}${node("c", "address: 10.0.0.1, port: 10250")}${node("d", "address: 10.0.0.2")}`;
    expect(problems(text)).toEqual([
      'f.yaml:5:11: nodes[1].name: "a" is already the name of nodes[0]; every node needs its own',
      "f.yaml:7:56: nodes[3].port: port 10250 of this address is already taken by nodes[2]; give every node its own port, or 0 for a free one, or let them share it with kubelet.sharePort: true",
    ]);
  });
});

it("gives every node a value of its own where the provider says that two could not share it", () => {
  const queue = z.strictObject({ url: z.string().meta({ ownPerNode: "a message goes to one reader" }) });
  const providers = { cloud: z.strictObject({ queue: queue.optional() }) };
  const node = (name: string, url: string): string =>
    `- { name: ${name}, provider: cloud, port: 0, cloud: { queue: { url: ${url} } } }\n`;
  const text = `${head}nodes:\n${node("a", "x")}${node("b", "y")}${node("c", "x")}- { name: d, provider: cloud, port: 0 }\n`;
  expect(problems(text, { providers })).toEqual([
    'f.yaml:6:63: nodes[2].cloud.queue.url: "x" is already that of nodes[0]; every node needs its own: a message goes to one reader',
  ]);
});

describe("the kubelet port", () => {
  const two = (more: string): string =>
    `${head}${more}nodes:\n- { name: a, provider: local, address: 10.0.0.1 }\n- { name: b, provider: local, address: 10.0.0.1 }\n`;

  it("is every node's own, or shared by those with one address where that is said", () => {
    expect(problems(two(""))).toEqual([expect.stringContaining("give every node its own port")]);
    expect(load(two("kubelet: { sharePort: true }\n")).nodes.map((node) => node.port)).toEqual([10_250, 10_250]);
  });

  it("is one for all nodes where they are to listen on one address", () => {
    const text = two("kubelet: { address: 0.0.0.0 }\n").replace("10.0.0.1 }\n- ", "10.0.0.2 }\n- ");
    expect(problems(text)).toEqual([expect.stringContaining("port 10250 of this address is already taken")]);
  });

  it.for<[string, string]>([
    ["authentication: { anonymous: { enabled: true } }", "burstlet answers nobody who does not say who they are"],
    ["readOnlyPort: 10255", "burstlet has no port without authentication; allowed: 0"],
    ["tlsCertFile: /c", "tlsCertFile and tlsPrivateKeyFile belong together"],
    ["tlsPrivateKeyFile: /k", "tlsCertFile and tlsPrivateKeyFile belong together"],
    ["tlsCertFile: /c, tlsPrivateKeyFile: /k, serverTLSBootstrap: true", "two sources of one certificate"],
    ["authorization: { mode: RBAC }", "allowed: one of Webhook, AlwaysAllow"],
    ["authentication: { webhook: { cacheTTL: 2 } }", "allowed: a duration with its unit"],
    ["authorization: { webhook: { cacheAuthorizedTTL: 5 min } }", "allowed: a duration with its unit"],
  ])("may not say %s", ([part, sentence]) => {
    const [told, ...more] = problems(`${one}kubelet: { ${part} }\n`);
    expect(told).toContain(sentence);
    expect(told).toMatch(/^f\.yaml:6:\d+: kubelet/);
    expect(more).toEqual([]);
  });
});

describe("the message of several problems", () => {
  it("counts them and has a line for each", () => {
    expect(() => load(`${one}  a: 1\n  b: 2\n`)).toThrow(
      /^the configuration has 2 problems\n {2}f\.yaml:6:3: .*\n {2}f\.yaml:7:3: .*$/,
    );
  });
});

/** Ten uses of ten uses … of one list. */
function bomb(): string {
  const level = (n: number): string => `x${n}: &x${n} [${Array.from({ length: 10 }, () => `*x${n - 1}`).join(", ")}]\n`;
  return `x0: &x0 [a]\n${[1, 2, 3, 4].map(level).join("")}`;
}
