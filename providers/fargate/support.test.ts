import { describe, expect, test } from "vitest";
import { admitted } from "../../test/support/pods.ts";
import { podOf, podWith } from "../../test/support/resolve-sources.ts";
import { describeSupportTable } from "../../test/contract/support-table.ts";
import { type Pod, supportFindings } from "../../src/provider.ts";
import { allRows, knownFields, supportOf, supportRows } from "./support.ts";
import type { Where } from "./support/row.ts";

describeSupportTable(allRows, knownFields, import.meta.dirname);

const found = (effect: "changed" | "refused", pod: Pod, where: Partial<Where>): string[] =>
  supportFindings(pod, supportRows({ network: "none", readiness: "refuse", exec: false, ...where }), effect).map(
    ({ path }) => path,
  );
const refusedPaths = (pod: Pod, where: Partial<Where> = {}) => found("refused", pod, where);
const changedPaths = (pod: Pod, where: Partial<Where> = {}) => found("changed", pod, where);

const main = "spec.containers[0]";
const security = `${main}.securityContext`;
const exec = (...command: string[]) => ({ exec: { command } });
const get = { httpGet: { port: 80 } };

describe("a pod", () => {
  test("with what Kubernetes adds by itself runs, and is told of its token alone", () => {
    const pod = admitted(
      podWith({ ports: [{ containerPort: 80 }], resources: { requests: { cpu: "1", memory: "1Gi" } } }),
    );
    expect(refusedPaths(pod)).toEqual([]);
    expect(changedPaths(pod)).toEqual(["spec.volumes[0].projected"]);
  });

  test.for<[field: string, pod: Pod, ...paths: string[]]>([
    ["hostNetwork", podOf({ hostNetwork: true }), "spec.hostNetwork"],
    ["a hostPath", podOf({ volumes: [{ name: "a", hostPath: { path: "/" } }] }), "spec.volumes[0].hostPath"],
    ["a hostPort", podWith({ ports: [{ containerPort: 1, hostPort: 2 }] }), `${main}.ports[0].hostPort`],
    ["a port of SCTP", podWith({ ports: [{ containerPort: 1, protocol: "SCTP" }] }), `${main}.ports[0].protocol`],
    ["a GPU", podWith({ resources: { limits: { "nvidia.com/gpu": "1" } } }), `${main}.resources.limits`],
    ["Windows", podOf({ os: { name: "windows" } }), "spec.os.name"],
    ["images that are already there", podWith({ imagePullPolicy: "Never" }), `${main}.imagePullPolicy`],
    ["a hook", podWith({ lifecycle: { preStop: { sleep: { seconds: 0 } } } }), `${main}.lifecycle.preStop`],
    ["a stop signal", podWith({ lifecycle: { stopSignal: "SIGINT" } }), `${main}.lifecycle.stopSignal`],
    [
      "a single file of a volume",
      podWith(
        { volumeMounts: [{ name: "a", mountPath: "/a", subPath: "b" }] },
        { volumes: [{ name: "a", configMap: { name: "c", items: [{ key: "k", path: "b" }] } }] },
      ),
      `${main}.volumeMounts[0].subPath`,
    ],
    [
      "a folder of an emptyDir that it mounts as a whole too",
      podWith(
        {
          volumeMounts: [
            { name: "a", mountPath: "/a" },
            { name: "a", mountPath: "/b", subPathExpr: "$(POD)" },
          ],
        },
        { restartPolicy: "Never", volumes: [{ name: "a", emptyDir: {} }] },
      ),
      `${main}.volumeMounts[1].subPathExpr`,
    ],
    [
      "its own address",
      podWith({ env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } }] }),
      `${main}.env[0].valueFrom.fieldRef`,
    ],
    ["root forbidden and no user", podWith({ securityContext: { runAsNonRoot: true } }), `${security}.runAsNonRoot`],
    [
      "root forbidden and root",
      podOf({ securityContext: { runAsNonRoot: true, runAsUser: 0 } }),
      "spec.securityContext.runAsNonRoot",
    ],
    ["a group without user", podWith({ securityContext: { runAsGroup: 5 } }), `${security}.runAsGroup`],
    ["a privileged container", podWith({ securityContext: { privileged: true } }), `${security}.privileged`],
    [
      "a capability that Fargate lacks",
      podWith({ securityContext: { capabilities: { add: ["NET_ADMIN"] } } }),
      `${security}.capabilities.add`,
    ],
    [
      "escalation forbidden alone",
      podWith({ securityContext: { allowPrivilegeEscalation: false } }),
      `${security}.allowPrivilegeEscalation`,
    ],
    [
      "a seccomp profile",
      podOf({ securityContext: { seccompProfile: { type: "Unconfined" } } }),
      "spec.securityContext.seccompProfile.type",
    ],
    [
      "a kernel parameter of the machine",
      podOf({
        securityContext: {
          sysctls: [
            { name: "net.core.somaxconn", value: "1" },
            { name: "vm.swappiness", value: "1" },
          ],
        },
      }),
      "spec.securityContext.sysctls[1].name",
    ],
    [
      "a limit of devices for the whole",
      podOf({ resources: { limits: { "hugepages-2Mi": "2Mi" } } }),
      "spec.resources.limits",
    ],
    [
      "a field that nobody knows",
      podWith({ livenessProbe: { ...exec("true"), patience: 1 } as never }),
      `${main}.livenessProbe.patience`,
    ],
    [
      "a field in an emptyDir that nobody knows",
      podOf({ restartPolicy: "Never", volumes: [{ name: "a", emptyDir: { colour: "red" } as never }] }),
      "spec.volumes[0].emptyDir.colour",
    ],
  ])("with %s is refused for it", ([, pod, ...paths]) => {
    expect(refusedPaths(pod)).toEqual(paths);
  });

  test("of a restricted namespace runs, and is told that no_new_privs cannot be promised", () => {
    const pod = podOf({
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
      initContainers: [
        {
          name: "i",
          image: "a",
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        },
      ],
      containers: [
        {
          name: "m",
          image: "a",
          securityContext: {
            allowPrivilegeEscalation: false,
            capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] },
            readOnlyRootFilesystem: true,
          },
        },
      ],
    });
    expect(refusedPaths(pod)).toEqual([]);
    expect(changedPaths(pod)).toEqual([
      `${security}.allowPrivilegeEscalation`,
      "spec.initContainers[0].securityContext.allowPrivilegeEscalation",
    ]);
  });

  test("a container's user excuses it from what the pod demands, and another one's does not", () => {
    const pod = podOf({
      securityContext: { runAsNonRoot: true, runAsGroup: 7 },
      containers: [
        { name: "a", image: "a", securityContext: { runAsUser: 5 } },
        { name: "b", image: "a" },
      ],
    });
    expect(refusedPaths(pod)).toEqual(["spec.securityContext.runAsGroup", "spec.securityContext.runAsNonRoot"]);
    const { containers } = pod.spec ?? { containers: [] };
    expect(refusedPaths({ ...pod, spec: { ...pod.spec, containers: containers.slice(0, 1) } })).toEqual([]);
  });

  test("is told what is honoured differently", () => {
    const pod = podOf({
      hostname: "db-0",
      subdomain: "db",
      imagePullSecrets: [{ name: "registry" }],
      terminationGracePeriodSeconds: 3600,
      securityContext: { fsGroup: 1, runAsUser: 5, runAsGroup: 6 },
      initContainers: [
        { name: "i", image: "a", resources: { limits: { memory: "1Gi" } } },
        { name: "s", image: "a", restartPolicy: "Always", resources: { limits: { memory: "1Gi" } } },
      ],
      containers: [
        { name: "m", image: "a", stdin: true, resources: { limits: { cpu: "1", "ephemeral-storage": "1Gi" } } },
      ],
    });
    expect(refusedPaths(pod)).toEqual([]);
    expect(changedPaths(pod)).toEqual([
      "spec.hostname",
      "spec.subdomain",
      "spec.terminationGracePeriodSeconds",
      `${main}.resources.limits.cpu`,
      `${main}.resources.limits.ephemeral-storage`,
      `${main}.stdin`,
      "spec.initContainers[0].resources.limits.memory",
      "spec.initContainers[1].restartPolicy",
      "spec.securityContext.fsGroup",
    ]);
  });

  test("with emptyDirs is told what they lack", () => {
    const volumes = [
      { name: "disk", emptyDir: { sizeLimit: "1Gi" } },
      { name: "mine", emptyDir: { medium: "Memory", sizeLimit: "1Gi" } },
      { name: "ours", emptyDir: { medium: "Memory", sizeLimit: "1Gi" } },
    ];
    const mounts = (...names: string[]) => names.map((name) => ({ name, mountPath: `/${name}` }));
    const pod = podOf({
      restartPolicy: "Never",
      volumes,
      containers: [
        { name: "a", image: "a", volumeMounts: mounts("mine", "ours") },
        { name: "b", image: "a", volumeMounts: mounts("ours", "disk"), securityContext: { runAsUser: 7 } },
      ],
    });
    expect(changedPaths(pod)).toEqual([
      "spec.volumes[2].emptyDir.medium",
      "spec.volumes[0].emptyDir.sizeLimit",
      "spec.volumes[2].emptyDir.sizeLimit",
    ]);
    const restarting = podOf({ volumes: volumes.slice(1, 2), restartPolicy: "OnFailure" });
    expect(changedPaths(restarting)).toContain("spec.volumes[0].emptyDir");
  });
});

describe("probes", () => {
  test("that are commands need no route, and a timeout of a second is nothing that anybody is told", () => {
    const pod = podWith({ readinessProbe: { ...exec("true"), timeoutSeconds: 1 }, livenessProbe: exec("true") });
    expect([...refusedPaths(pod), ...changedPaths(pod)]).toEqual([]);
  });

  test("over the network are asked where there is a route; without one readiness is refused and the others are told", () => {
    const pod = podWith({
      startupProbe: get,
      livenessProbe: { tcpSocket: { port: 1 } },
      readinessProbe: { grpc: { port: 2 } },
    });
    expect([...refusedPaths(pod, { network: "routed" }), ...changedPaths(pod, { network: "routed" })]).toEqual([]);
    expect(refusedPaths(pod)).toEqual([`${main}.readinessProbe.grpc`]);
    const unasked = [`${main}.startupProbe.httpGet`, `${main}.livenessProbe.tcpSocket`];
    expect(changedPaths(pod)).toEqual(unasked);
    expect(refusedPaths(pod, { readiness: "running" })).toEqual([]);
    expect(changedPaths(pod, { readiness: "running" }).toSorted()).toEqual(
      [...unasked, `${main}.readinessProbe.grpc`].toSorted(),
    );
  });

  test("with numbers that ECS does not take are told, if they are commands", () => {
    const numbers = {
      periodSeconds: 1,
      timeoutSeconds: 61,
      failureThreshold: 11,
      initialDelaySeconds: 301,
      successThreshold: 2,
      terminationGracePeriodSeconds: 5,
    };
    const paths = Object.keys(numbers).map((field) => `${main}.readinessProbe.${field}`);
    expect(changedPaths(podWith({ readinessProbe: { ...exec("true"), ...numbers } })).toSorted()).toEqual(
      paths.toSorted(),
    );
    const { terminationGracePeriodSeconds: _, ...others } = numbers;
    expect(changedPaths(podWith({ readinessProbe: { ...get, ...others } }), { network: "routed" })).toEqual([]);
  });

  test("with another command than the one that ECS runs: readiness comes first, for a sidecar startup", () => {
    const probes = { startupProbe: exec("s"), livenessProbe: exec("l"), readinessProbe: exec("r") };
    expect(refusedPaths(podWith(probes))).toEqual([]);
    expect(changedPaths(podWith(probes))).toEqual([`${main}.startupProbe.exec`, `${main}.livenessProbe.exec`]);
    const sidecar = podOf({ initContainers: [{ name: "s", image: "a", restartPolicy: "Always", ...probes }] });
    expect(refusedPaths(sidecar)).toEqual(["spec.initContainers[0].readinessProbe.exec"]);
    expect(refusedPaths(sidecar, { readiness: "running" })).toEqual([]);
  });

  test("over the network at the start of a sidecar hold nothing up, which is told", () => {
    const sidecar = (probes: object) =>
      podOf({ initContainers: [{ name: "s", image: "a", restartPolicy: "Always", ...probes }] });
    const [first, ...others] = changedPaths(sidecar({ startupProbe: get }), { network: "routed" });
    expect([first, others]).toEqual([
      "spec.initContainers[0].startupProbe.httpGet",
      ["spec.initContainers[0].restartPolicy"],
    ]);
    expect(changedPaths(sidecar({ livenessProbe: get }), { network: "routed" })).toHaveLength(1);
  });
});

test("the table of a configuration takes the node to have no route, and needs nothing else of it", () => {
  const pod = podWith({ readinessProbe: get });
  const paths = (config: unknown) => supportFindings(pod, supportOf(config), "refused").map(({ path }) => path);
  expect(paths(undefined)).toEqual([`${main}.readinessProbe.httpGet`]);
  expect(paths({ readiness: "running", subnets: ["subnet-1"] })).toEqual([]);
});
