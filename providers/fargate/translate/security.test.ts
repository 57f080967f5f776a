import { describe, expect, test } from "vitest";
import { podOf, podWith } from "../../../test/support/resolve-sources.ts";
import type { Pod } from "../../../src/provider.ts";
import { defaultCapabilities } from "./security.ts";
import { definitionsOf, mainOf, requestOf } from "./testing.ts";

type PodSecurity = NonNullable<NonNullable<Pod["spec"]>["securityContext"]>;
type ContainerSecurity = NonNullable<NonNullable<Pod["spec"]>["containers"][number]["securityContext"]>;

const secured = (securityContext: ContainerSecurity, ofPod: PodSecurity = {}) =>
  mainOf(podWith({ securityContext }, { securityContext: ofPod }));

describe("the user", () => {
  test.for<[own: ContainerSecurity, ofPod: PodSecurity, user: string | undefined]>([
    [{}, {}, undefined],
    [{ runAsUser: 0 }, {}, "0"],
    [{}, { runAsUser: 5 }, "5"],
    [{}, { runAsUser: 5, runAsGroup: 6 }, "5:6"],
    [{ runAsUser: 7 }, { runAsUser: 5, runAsGroup: 6 }, "7:6"],
    [{ runAsGroup: 0 }, { runAsUser: 5, runAsGroup: 6, runAsNonRoot: true }, "5:0"],
  ])("of %j in a pod of %j is %s", async ([own, ofPod, user]) => {
    expect((await secured(own, ofPod)).user).toBe(user);
  });
});

describe("capabilities", () => {
  const without = (...names: string[]) => defaultCapabilities.filter((name) => !names.includes(name));
  test.for<[add: string[], drop: string[], found: object | undefined]>([
    [[], [], undefined],
    [["CAP_SYS_PTRACE"], [], { add: ["SYS_PTRACE"], drop: [] }],
    [[], ["ALL"], { add: [], drop: ["ALL"] }],
    [["SYS_PTRACE"], ["ALL"], { add: ["SYS_PTRACE"], drop: ["ALL"] }],
    [["NET_BIND_SERVICE"], ["ALL"], { add: [], drop: without("NET_BIND_SERVICE") }],
    [["CAP_NET_BIND_SERVICE", "SYS_PTRACE"], ["CAP_ALL"], { add: ["SYS_PTRACE"], drop: without("NET_BIND_SERVICE") }],
    [["CHOWN"], [], undefined],
    [["CHOWN"], ["CHOWN", "KILL"], { add: [], drop: ["KILL"] }],
    // Nobody has it, so that dropping it changes nothing; ECS does not know the name.
    [[], ["CHECKPOINT_RESTORE"], undefined],
  ])("added %j and dropped %j are %j", async ([add, drop, found]) => {
    expect((await secured({ capabilities: { add, drop } })).linuxParameters?.capabilities).toEqual(found);
  });
});

test("a read-only root file system is one", async () => {
  expect(await secured({ readOnlyRootFilesystem: true })).toMatchObject({ readonlyRootFilesystem: true });
  expect(await secured({ readOnlyRootFilesystem: false })).not.toHaveProperty("readonlyRootFilesystem");
});

test("kernel parameters of the pod are those of each of its containers", async () => {
  const sysctls = [
    { name: "net/core/somaxconn", value: "1024" },
    { name: "kernel.shm_rmid_forced", value: "1" },
  ];
  const pod = podOf({ securityContext: { sysctls }, initContainers: [{ name: "i", image: "a" }] });
  const found = definitionsOf(await requestOf(pod));
  for (const name of ["i", "main"]) {
    expect(found.get(name)?.systemControls).toEqual([
      { namespace: "net.core.somaxconn", value: "1024" },
      { namespace: "kernel.shm_rmid_forced", value: "1" },
    ]);
  }
});
