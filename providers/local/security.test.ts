import { describe, expect, test } from "vitest";
import { podOf } from "../../test/support/resolve-sources.ts";
import { containerSecurity, podSecurity } from "./security.ts";

describe("security of a container", () => {
  test("says nothing where nothing is asked", () => {
    expect(containerSecurity(podOf({ containers: [{ name: "a" }] }), "a")).toBeUndefined();
    const usual = { privileged: false, allowPrivilegeEscalation: true, runAsNonRoot: false };
    expect(containerSecurity(podOf({ containers: [{ name: "a", securityContext: usual }] }), "a")).toBeUndefined();
  });

  test("takes each field from the container first, then from the pod", () => {
    const pod = podOf({
      securityContext: {
        runAsUser: 1,
        runAsGroup: 2,
        runAsNonRoot: true,
        fsGroup: 3,
        supplementalGroups: [4, 3],
        seccompProfile: { type: "Unconfined" },
      },
      initContainers: [{ name: "i", securityContext: { runAsUser: 0, runAsNonRoot: false } }],
      containers: [{ name: "a", securityContext: { runAsUser: 10, seccompProfile: { type: "RuntimeDefault" } } }],
    });
    expect(containerSecurity(pod, "a")).toMatchObject({
      user: 10,
      group: 2,
      nonRoot: true,
      groups: [4, 3],
      unconfined: false,
    });
    expect(containerSecurity(pod, "i")).toMatchObject({ user: 0, group: 2, nonRoot: false, unconfined: true });
    expect(podSecurity(pod)).toEqual({ fsGroup: 3 });
  });

  test("takes an SELinux label from one of them, not from both", () => {
    const pod = podOf({
      securityContext: { seLinuxOptions: { level: "s0:c1", type: "container_t" } },
      containers: [{ name: "a", securityContext: { seLinuxOptions: { level: "s0:c2" } } }, { name: "b" }],
    });
    expect(containerSecurity(pod, "a")?.seLinux).toEqual(["level:s0:c2"]);
    expect(containerSecurity(pod, "b")?.seLinux).toEqual(["type:container_t", "level:s0:c1"]);
  });

  test("of the pod as a whole are its kernel parameters and shared processes", () => {
    const sysctls = [{ name: "net.ipv4.tcp_syncookies", value: "1" }];
    const pod = podOf({ shareProcessNamespace: true, securityContext: { sysctls } });
    expect(podSecurity(pod)).toEqual({ sysctls, sharesProcesses: true });
    expect(podSecurity(podOf({}))).toEqual({});
  });
});
