import { describe, expect, test } from "vitest";
import { admitted } from "../../test/support/pods.ts";
import { podOf, podWith } from "../../test/support/resolve-sources.ts";
import { describeSupportTable } from "../../test/contract/support-table.ts";
import { type Pod, supportFindings } from "../../src/provider.ts";
import { allRows, knownFields, supportOf, supportRows } from "./support.ts";
import type { Where } from "./support/row.ts";

describeSupportTable(allRows, knownFields, import.meta.dirname);

const usual: Where = { network: "none", readiness: "refuse", security: "refuse", addresses: "public" };
const found = (effect: "changed" | "refused", pod: Pod, where: Partial<Where>): string[] =>
  supportFindings(pod, supportRows({ ...usual, ...where }), effect).map(({ path }) => path);
const refusedPaths = (pod: Pod, where: Partial<Where> = {}) => found("refused", pod, where);
const changedPaths = (pod: Pod, where: Partial<Where> = {}) => found("changed", pod, where);

const main = "spec.containers[0]";
const init = "spec.initContainers[0]";
const get = { httpGet: { port: 80 } };
const exec = { exec: { command: ["true"] } };
const sidecar = { name: "s", image: "a", restartPolicy: "Always" };
const first = { name: "i", image: "a" };

describe("a pod", () => {
  test("with what Kubernetes adds by itself runs, and is told of its token alone", () => {
    const pod = admitted(podWith({ ports: [{ containerPort: 80 }] }));
    for (const addresses of ["public", "subnet"] as const) {
      expect(refusedPaths(pod, { addresses })).toEqual([]);
      expect(changedPaths(pod, { addresses })).toEqual(["spec.volumes[0].projected"]);
    }
  });

  test.for<[field: string, pod: Pod, ...paths: string[]]>([
    ["hostNetwork", podOf({ hostNetwork: true }), "spec.hostNetwork"],
    ["a hostPort", podWith({ ports: [{ containerPort: 1, hostPort: 2 }] }), `${main}.ports[0].hostPort`],
    ["a port of SCTP", podWith({ ports: [{ containerPort: 1, protocol: "SCTP" }] }), `${main}.ports[0].protocol`],
    ["a GPU", podWith({ resources: { limits: { "nvidia.com/gpu": "1" } } }), `${main}.resources.limits`],
    ["Windows", podOf({ os: { name: "windows" } }), "spec.os.name"],
    ["a resolver", podOf({ dnsPolicy: "None", dnsConfig: { searches: ["a"] } }), "spec.dnsConfig", "spec.dnsPolicy"],
    ["processes in common", podOf({ shareProcessNamespace: true }), "spec.shareProcessNamespace"],
    ["a directory to work in", podWith({ workingDir: "/w" }), `${main}.workingDir`],
    ["input", podWith({ stdin: true }), `${main}.stdin`],
    ["arguments without a command", podWith({ args: ["true"] }), `${main}.args`],
    [
      "arguments of an init container without a command",
      podOf({ initContainers: [{ name: "i", image: "a", command: [], args: ["true"] }] }),
      `${init}.args`,
    ],
    ["a hook", podWith({ lifecycle: { postStart: { sleep: { seconds: 0 } } } }), `${main}.lifecycle.postStart`],
    ["a driver", podOf({ volumes: [{ name: "a", csi: { driver: "disk.csi.azure.com" } }] }), "spec.volumes[0].csi"],
    [
      "a program in a file",
      podOf({ volumes: [{ name: "a", secret: { secretName: "s", items: [{ key: "k", path: "p", mode: 0o500 }] } }] }),
      "spec.volumes[0].secret",
    ],
    [
      "a group of volumes",
      podOf({ securityContext: { fsGroup: 1 }, volumes: [{ name: "a", emptyDir: {} }] }),
      "spec.securityContext.fsGroup",
    ],
    [
      "a root file system that nobody writes",
      podWith({ securityContext: { readOnlyRootFilesystem: true } }),
      `${main}.securityContext.readOnlyRootFilesystem`,
    ],
    ["another policy for a container", podWith({ restartPolicy: "Never" }), `${main}.restartPolicy`],
    ["a sidecar that others wait for", podOf({ initContainers: [sidecar, first] }), `${init}.restartPolicy`],
    [
      "a sidecar that would keep a Job alive",
      podOf({ restartPolicy: "Never", initContainers: [sidecar] }),
      `${init}.restartPolicy`,
    ],
    [
      "a probe of another host",
      podWith({ livenessProbe: { httpGet: { port: 1, host: "h" } } }),
      `${main}.livenessProbe.httpGet.host`,
    ],
    [
      "a probe of a port without a name",
      podWith({ livenessProbe: { httpGet: { port: "w" } } }),
      `${main}.livenessProbe.httpGet.port`,
    ],
    [
      "a field that nobody knows",
      podWith({ livenessProbe: { ...exec, patience: 1 } as never }),
      `${main}.livenessProbe.patience`,
    ],
  ])("with %s is refused for it", ([, pod, ...paths]) => {
    expect(refusedPaths(pod)).toEqual(paths);
  });

  test("is told what is honoured differently", () => {
    const pod = podOf({
      hostname: "db-0",
      restartPolicy: "Never",
      terminationGracePeriodSeconds: 3600,
      containers: [{ name: "m", image: "a", tty: true }],
      volumes: [
        { name: "a", emptyDir: { medium: "Memory", sizeLimit: "1Gi" } },
        { name: "b", secret: { secretName: "s", defaultMode: 0o400 } },
        { name: "c", projected: { sources: [{ serviceAccountToken: { path: "t" } }] } },
      ],
    });
    expect(refusedPaths(pod)).toEqual([]);
    expect(changedPaths(pod)).toEqual([
      "spec.hostname",
      "spec.restartPolicy",
      `${main}.tty`,
      "spec.volumes[0].emptyDir.medium",
      "spec.volumes[0].emptyDir.sizeLimit",
      "spec.volumes[2].projected",
      "spec.volumes[1].secret",
      "spec.volumes[1].secret",
      "spec.volumes[2].projected",
    ]);
    expect(changedPaths(podOf({ initContainers: [first, sidecar] }))).toEqual(["spec.initContainers[1].restartPolicy"]);
  });

  test("of a restricted namespace runs where Azure is asked for its security, and nowhere else", () => {
    const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
    const pod = podOf({
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
      containers: [{ name: "m", image: "a", securityContext }],
    });
    expect(refusedPaths(pod, { security: "send" })).toEqual([]);
    expect(refusedPaths(pod)).toHaveLength(4);
    const asRoot = podOf({ securityContext: { runAsNonRoot: true } });
    expect(refusedPaths(asRoot, { security: "send" })).toEqual(["spec.securityContext.runAsNonRoot"]);
  });
});

describe("probes", () => {
  test("of liveness are Azure's, as commands and over HTTP; of others is told that nobody asks", () => {
    for (const livenessProbe of [exec, get])
      expect([...refusedPaths(podWith({ livenessProbe })), ...changedPaths(podWith({ livenessProbe }))]).toEqual([]);
    expect(changedPaths(podWith({ livenessProbe: { tcpSocket: { port: 1 } } }))).toEqual([
      `${main}.livenessProbe.tcpSocket`,
    ]);
  });

  test("of readiness need a route, and a command is refused even then, unless running is enough", () => {
    const overNetwork = podWith({ readinessProbe: get });
    expect(refusedPaths(overNetwork)).toEqual([`${main}.readinessProbe.httpGet`]);
    expect(refusedPaths(overNetwork, { network: "routed" })).toEqual([]);
    expect(changedPaths(overNetwork, { readiness: "running" })).toEqual([`${main}.readinessProbe.httpGet`]);
    const command = podWith({ readinessProbe: exec });
    for (const network of ["routed", "none"] as const) {
      expect(refusedPaths(command, { network })).toEqual([`${main}.readinessProbe.exec`]);
      expect(refusedPaths(command, { network, readiness: "running" })).toEqual([]);
      expect(changedPaths(command, { network, readiness: "running" })).toEqual([`${main}.readinessProbe.exec`]);
    }
  });

  test("of startup are asked over a route alone, which is told", () => {
    expect(changedPaths(podWith({ startupProbe: get }))).toEqual([`${main}.startupProbe.httpGet`]);
    // Nobody ends a container that never succeeds.
    expect(changedPaths(podWith({ startupProbe: get }), { network: "routed" })).toEqual([
      `${main}.startupProbe.httpGet`,
    ]);
    expect(changedPaths(podWith({ startupProbe: exec }), { network: "routed" })).toEqual([`${main}.startupProbe.exec`]);
  });
});

test("the table of a configuration takes the node to have no route, and needs nothing else of it", () => {
  const pod = podWith(
    { readinessProbe: get, securityContext: { runAsUser: 5 } },
    { dnsConfig: { nameservers: ["192.0.2.1"] } },
  );
  const paths = (config: unknown) => supportFindings(pod, supportOf(config), "refused").map(({ path }) => path);
  expect(paths(undefined)).toEqual([
    "spec.dnsConfig",
    `${main}.readinessProbe.httpGet`,
    `${main}.securityContext.runAsUser`,
  ]);
  expect(paths({ readiness: "running", security: "send", network: "subnet" })).toEqual([]);
});
