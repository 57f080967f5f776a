import { describe, expect, test } from "vitest";
import { podOf, podWith } from "../../../test/support/resolve-sources.ts";
import { type Pod, supportFindings } from "../../../src/provider.ts";
import { supportRows } from "../support.ts";
import { ableWhere, type RuntimeKind, type Where } from "./row.ts";

const rows = (kind: RuntimeKind = "engine", more: Partial<Where> = {}) => supportRows({ ...ableWhere(kind), ...more });
const refusedPaths = (pod: Pod, table = rows()): string[] =>
  supportFindings(pod, table, "refused").map(({ path }) => path);

describe("a pod with security settings", () => {
  test("is accepted where an engine enforces them", () => {
    const pod = podOf({
      shareProcessNamespace: true,
      securityContext: {
        runAsUser: 1000,
        runAsGroup: 1000,
        runAsNonRoot: true,
        fsGroup: 1000,
        fsGroupChangePolicy: "Always",
        supplementalGroups: [1],
        sysctls: [{ name: "net.ipv4.tcp_syncookies", value: "1" }],
        seccompProfile: { type: "Unconfined" },
      },
      containers: [
        {
          name: "a",
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE", "CAP_SYS_PTRACE"] },
          },
        },
      ],
    });
    expect(refusedPaths(pod)).toEqual([]);
  });

  test("is refused for every security setting that the process runtime cannot enforce, more of them without namespaces", () => {
    const context = { runAsUser: 1, runAsGroup: 1, runAsNonRoot: true };
    const own = {
      ...context,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      privileged: true,
      capabilities: { add: ["CHOWN"], drop: ["ALL"] },
    };
    const sysctls = [{ name: "net.ipv4.tcp_syncookies", value: "1" }];
    const pod = podOf({
      shareProcessNamespace: true,
      securityContext: { ...context, fsGroup: 1, supplementalGroups: [1], sysctls },
      containers: [{ name: "a", securityContext: own }],
    });
    const short = refusedPaths(pod, rows("process", { mounts: false })).map((path) =>
      path.replace(/^.*securityContext[.]/, ""),
    );
    const both = ["runAsGroup", "runAsNonRoot", "runAsUser"];
    const pods = ["spec.shareProcessNamespace", ...both, "fsGroup", "supplementalGroups", "sysctls[0].name"];
    const containers = [
      ...both,
      "allowPrivilegeEscalation",
      "capabilities.add",
      "capabilities.drop",
      "privileged",
      "readOnlyRootFilesystem",
    ];
    expect(short).toEqual([...pods, ...containers]);
    const isolated = refusedPaths(pod, rows("process")).map((path) => path.replace(/^.*securityContext[.]/, ""));
    const possible = [...both, "allowPrivilegeEscalation"];
    expect(isolated).toEqual([...pods, ...containers].filter((path) => !possible.includes(path)));
  });

  test("may have the rights of the engine's machine only where the configuration grants them", () => {
    const pod = podWith({ securityContext: { privileged: true, capabilities: { add: ["SYS_ADMIN"] } } });
    const at = "spec.containers[0].securityContext";
    expect(refusedPaths(pod)).toEqual([`${at}.capabilities.add`, `${at}.privileged`]);
    expect(refusedPaths(pod, rows("engine", { privileged: true }))).toEqual([]);
  });

  test("has an SELinux label only on an engine, and one that may not confine it only by a grant", () => {
    const at = "spec.securityContext.seLinuxOptions";
    const labelled = (seLinuxOptions: object): Pod => podOf({ securityContext: { seLinuxOptions } });
    const mild = labelled({ level: "s0:c1,c2", type: "container_t" });
    const wild = labelled({ user: "system_u", role: "system_r", type: "spc_t" });
    expect(refusedPaths(mild)).toEqual([]);
    expect(refusedPaths(mild, rows("process"))).toEqual([`${at}.level`, `${at}.type`]);
    expect(refusedPaths(wild)).toEqual([`${at}.role`, `${at}.type`, `${at}.user`]);
    expect(refusedPaths(wild, rows("engine", { privileged: true }))).toEqual([]);
  });

  test("gets the seccomp profile that its runtime really has, or none", () => {
    const pod = (type: string): Pod => podOf({ securityContext: { seccompProfile: { type } } });
    const path = ["spec.securityContext.seccompProfile.type"];
    expect(refusedPaths(pod("RuntimeDefault"), rows("engine"))).toEqual([]);
    expect(refusedPaths(pod("Unconfined"), rows("engine"))).toEqual([]);
    expect(refusedPaths(pod("Localhost"), rows("engine"))).toEqual(path);
    expect(refusedPaths(pod("RuntimeDefault"), rows("process"))).toEqual(path);
    expect(refusedPaths(pod("Unconfined"), rows("process"))).toEqual([]);
  });
});
