import { describe, expect, test } from "vitest";
import { admitted } from "../../test/support/pods.ts";
import { podOf, podWith } from "../../test/support/resolve-sources.ts";
import { describeSupportTable } from "../../test/contract/support-table.ts";
import { type Pod, supportFindings } from "../../src/provider.ts";
import { allRows, knownFields, supportRows } from "./support.ts";
import { ableWhere, type RuntimeKind, type Where } from "./support/row.ts";

describeSupportTable(allRows, knownFields, import.meta.dirname);

const rows = (kind: RuntimeKind = "engine", less: Partial<Where> = {}) => supportRows({ ...ableWhere(kind), ...less });
const probedPod = podWith({
  startupProbe: { exec: { command: ["true"] }, failureThreshold: 30, periodSeconds: 1 },
  livenessProbe: { httpGet: { port: 80, path: "/live", httpHeaders: [] }, terminationGracePeriodSeconds: 1 },
  readinessProbe: { grpc: { port: 81 }, initialDelaySeconds: 1, timeoutSeconds: 2, successThreshold: 2 },
});
const refusedPaths = (pod: Pod, table = rows()): string[] =>
  supportFindings(pod, table, "refused").map(({ path }) => path);
const changedPaths = (pod: Pod, table = rows()): string[] =>
  table.flatMap(({ effect, find }) => (effect === "changed" ? [...(find?.(pod) ?? [])] : []));

describe("a pod", () => {
  test.for<RuntimeKind>(["engine", "process", "scripted"])(
    "with what Kubernetes adds by itself is neither refused nor changed by runtime %s",
    (kind) => {
      const pod = admitted(
        podWith({ ports: [{ containerPort: 80 }], resources: { requests: { cpu: "1", memory: "1Gi" } } }),
      );
      expect(refusedPaths(pod, rows(kind))).toEqual([]);
      expect(changedPaths(pod, rows(kind))).toEqual([]);
    },
  );

  test.for<[field: string, pod: Pod, path: string]>([
    ["hostNetwork", podOf({ hostNetwork: true }), "spec.hostNetwork"],
    ["hostUsers: false", podOf({ hostUsers: false }), "spec.hostUsers"],
    ["a hostPath", podOf({ volumes: [{ name: "a", hostPath: { path: "/" } }] }), "spec.volumes[0].hostPath"],
    [
      "a hostPort",
      podWith({ ports: [{ containerPort: 1 }, { containerPort: 2, hostPort: 2 }] }),
      "spec.containers[0].ports[1].hostPort",
    ],
    [
      "a GPU",
      podWith({ resources: { limits: { cpu: "1", "nvidia.com/gpu": "1" } } }),
      "spec.containers[0].resources.limits",
    ],
    [
      "huge pages",
      podOf({ volumes: [{ name: "a", emptyDir: { medium: "HugePages" } }] }),
      "spec.volumes[0].emptyDir.medium",
    ],
    [
      "an SELinux user",
      podOf({ securityContext: { seLinuxOptions: { user: "u" } } }),
      "spec.securityContext.seLinuxOptions.user",
    ],
    [
      "an AppArmor profile",
      podWith({ securityContext: { appArmorProfile: { type: "RuntimeDefault" } } }),
      "spec.containers[0].securityContext.appArmorProfile",
    ],
    [
      "a capability that reaches beyond the pod",
      podWith({ securityContext: { capabilities: { add: ["CHOWN", "SYS_ADMIN"] } } }),
      "spec.containers[0].securityContext.capabilities.add",
    ],
    [
      "a kernel parameter of the whole machine",
      podOf({
        securityContext: {
          sysctls: [
            { name: "kernel.shm_rmid_forced", value: "1" },
            { name: "kernel.panic", value: "1" },
          ],
        },
      }),
      "spec.securityContext.sysctls[1].name",
    ],
    ["Windows", podOf({ os: { name: "windows" } }), "spec.os.name"],
    [
      "a rule for all containers",
      podWith({ restartPolicy: "Never", restartPolicyRules: [{ action: "RestartAllContainers" }] }),
      "spec.containers[0].restartPolicyRules[0].action",
    ],
    [
      "a claim",
      podOf({ volumes: [{ name: "a", persistentVolumeClaim: { claimName: "c" } }] }),
      "spec.volumes[0].persistentVolumeClaim",
    ],
  ])("with %s is refused for it", ([, pod, path]) => {
    expect(refusedPaths(pod)).toEqual([path]);
  });

  test.for<[field: string, pod: Pod]>([
    ["hostNetwork: false", podOf({ hostNetwork: false, hostUsers: true, shareProcessNamespace: false })],
    ["Linux", podOf({ os: { name: "linux" } })],
    ["a sidecar", podOf({ initContainers: [{ name: "s", restartPolicy: "Always" }] })],
    ["emptyDir in memory", podOf({ volumes: [{ name: "a", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } }] })],
    [
      "settings that are the default",
      podWith({ tty: false, securityContext: { privileged: false, runAsNonRoot: false, capabilities: {} } }),
    ],
    ["no host port", podWith({ ports: [{ containerPort: 80, hostPort: 0 }] })],
  ])("with %s is accepted", ([, pod]) => {
    expect(refusedPaths(pod)).toEqual([]);
    expect(changedPaths(pod)).toEqual([]);
  });

  test("that wants to be typed into is refused where nobody can attach", () => {
    const pod = podWith({ stdin: true, stdinOnce: true, tty: true });
    expect(refusedPaths(pod, rows("scripted"))).toEqual(["spec.containers[0].stdin", "spec.containers[0].tty"]);
    expect(refusedPaths(pod, rows("process"))).toEqual([]);
    expect(refusedPaths(podWith({ stdin: false, tty: false }), rows("scripted"))).toEqual([]);
  });

  test.for(["process", "engine"] as const)("with probes of every kind is accepted on the runtime %s", (kind) => {
    expect(refusedPaths(probedPod, rows(kind))).toEqual([]);
  });

  test("with probes over the network is refused where it has no address, unless they ask somebody else", () => {
    const table = rows("process", { taskAddresses: false });
    expect(refusedPaths(probedPod, table)).toEqual([
      "spec.containers[0].livenessProbe.httpGet",
      "spec.containers[0].readinessProbe.grpc",
    ]);
    const elsewhere = podWith({ readinessProbe: { httpGet: { host: "gate.example", port: 80 } } });
    expect(refusedPaths(elsewhere, table)).toEqual([]);
  });

  test("with probes is refused where nothing runs, and a probe with a field that nobody knows everywhere", () => {
    expect(refusedPaths(probedPod, rows("scripted")).length).toBe(3);
    const fresh = podWith({ livenessProbe: { tcpSocket: { port: 1 }, patience: 1 } as never });
    expect(refusedPaths(fresh)).toEqual(["spec.containers[0].livenessProbe.patience"]);
  });

  test("is told every reason at once", () => {
    const pod = podOf({
      hostPID: true,
      containers: [
        { name: "a", securityContext: { privileged: true } },
        { name: "b", securityContext: { privileged: true } },
      ],
    });
    expect(refusedPaths(pod)).toEqual([
      "spec.hostPID",
      ...[0, 1].map((at) => `spec.containers[${at}].securityContext.privileged`),
    ]);
  });

  test("with a field that no row knows is refused, wherever the field is", () => {
    const pod = podWith(
      { ports: [{ containerPort: 80, teleport: true } as never], flavour: "sweet" } as never,
      {
        gravity: { less: true },
        volumes: [{ name: "a", holographic: {} } as never, { name: "b", emptyDir: { colour: "red" } as never }],
        affinity: null,
      } as never,
    );
    expect(refusedPaths(pod)).toEqual([
      "spec.containers[0].ports[0].teleport",
      "spec.containers[0].flavour",
      "spec.gravity",
      "spec.volumes[0].holographic",
      "spec.volumes[1].emptyDir.colour",
    ]);
  });

  test("with ports is refused where nothing could reach them", () => {
    const pod = podWith({ ports: [{ containerPort: 80 }] });
    expect(refusedPaths(pod, rows("process", { taskAddresses: false }))).toEqual([
      "spec.containers[0].ports[0].containerPort",
    ]);
    expect(refusedPaths(podWith({}), rows("process", { taskAddresses: false }))).toEqual([]);
  });

  test("has files and the network of the host by a grant on an engine alone, and then all of its ports", () => {
    const pod = podWith(
      { ports: [{ containerPort: 80, hostPort: 80 }] },
      { hostNetwork: true, volumes: [{ name: "a", hostPath: { path: "/etc", type: "DirectoryOrCreate" } }] },
    );
    const paths = ["spec.hostNetwork", "spec.volumes[0].hostPath"];
    expect(refusedPaths(pod, rows("process"))).toEqual(paths);
    expect(refusedPaths(pod, rows("engine"))).toEqual(paths);
    const granted = rows("engine", { privileged: true });
    expect(refusedPaths(pod, granted)).toEqual([]);
    expect(changedPaths(pod, granted)).toEqual([]);
    const file = podOf({ volumes: [{ name: "a", hostPath: { path: "/etc/hosts", type: "File" } }] });
    expect(changedPaths(file, granted)).toEqual(["spec.volumes[0].hostPath.type"]);
  });

  test("has volumes that are images on an engine, as a whole", () => {
    const volumes = [{ name: "i", image: { reference: "data:1" } }];
    const mounted = (mount: object): Pod =>
      podWith({ volumeMounts: [{ name: "i", mountPath: "/i", ...mount }] }, { volumes });
    expect(refusedPaths(mounted({}), rows("engine"))).toEqual([]);
    expect(refusedPaths(mounted({}), rows("process"))).toEqual(["spec.volumes[0].image"]);
    const part = ["spec.containers[0].volumeMounts[0].subPath"];
    expect(refusedPaths(mounted({ subPath: "a" }), rows("engine"))).toEqual(part);
    expect(refusedPaths(mounted({ subPathExpr: "a" }), rows("engine"))).toEqual(part);
  });

  test("with volumes is refused where they cannot be mounted, but not for the token that Kubernetes adds", () => {
    const volumeMounts = [{ name: "a", mountPath: "/data" }];
    const pod = admitted(podWith({ volumeMounts }, { volumes: [{ name: "a", emptyDir: {} }] }));
    const table = rows("process", { mounts: false });
    expect(refusedPaths(pod, table)).toEqual(["spec.containers[0].volumeMounts[0].mountPath"]);
    expect(refusedPaths(admitted(podWith({})), table)).toEqual([]);
  });

  test("is told that its limits are not enforced where they are not", () => {
    const pod = podWith({ resources: { limits: { cpu: "1", memory: "1Gi" } } });
    const at = "spec.containers[0].resources.limits";
    expect(changedPaths(pod, rows("process", { limits: false }))).toEqual([`${at}.cpu`, `${at}.memory`]);
    expect(changedPaths(pod, rows("process"))).toEqual([]);
  });

  test("is told what is honoured differently", () => {
    const pod = podWith(
      { resources: { limits: { "ephemeral-storage": "1Gi" } } },
      { subdomain: "web", imagePullSecrets: [{ name: "a" }], volumes: [{ name: "v", emptyDir: { sizeLimit: "1Gi" } }] },
    );
    expect(changedPaths(pod, rows("process"))).toEqual([
      "spec.imagePullSecrets",
      "spec.containers[0].resources.limits.ephemeral-storage",
      "spec.volumes[0].emptyDir.sizeLimit",
    ]);
    expect(changedPaths(pod, rows("engine"))).not.toContain("spec.imagePullSecrets");
  });
});
