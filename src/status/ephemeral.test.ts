import { describe, expect, it } from "vitest";
import type { Pod } from "../model/kube.ts";
import { ephemeralStatuses } from "./ephemeral.ts";
import { podStatus } from "./pod-status.ts";
import { statusPatch } from "./status-patch.ts";
import { at, container, now, pod, running, task } from "./testing.ts";

function debugged(before: Pod): Pod {
  const spec = { ...before.spec, containers: before.spec?.containers ?? [] };
  return { ...before, spec: { ...spec, ephemeralContainers: [{ name: "debugger", image: "busybox" }] } };
}

describe("an ephemeral container", () => {
  const asked = debugged(pod(["main"], "Always"));

  it("has ended at once with the kubelet's reason and a sentence that says what to do instead", () => {
    const [status] = ephemeralStatuses(asked, now);
    expect(status).toMatchObject({ name: "debugger", image: "busybox", ready: false, restartCount: 0 });
    expect(status?.state?.terminated).toMatchObject({ reason: "ContainerCannotRun", exitCode: 128, finishedAt: at });
    expect(status?.state?.terminated?.message).toContain("--copy-to");
  });

  it("is told once: the same end is never patched again", () => {
    const told = { ...asked, status: { ...asked.status, ephemeralContainerStatuses: ephemeralStatuses(asked, now) } };
    expect(ephemeralStatuses(told, now + 60_000)).toEqual(told.status.ephemeralContainerStatuses);
  });

  it("changes neither the pod's phase nor its readiness, and costs one patch", () => {
    const live = task([container("main", running())]);
    const input = { task: live, story: {}, hostIP: undefined, now };
    const before = pod(["main"], "Always");
    const shown = { ...asked, status: podStatus({ ...input, pod: before }) };
    const patch = statusPatch(shown, podStatus({ ...input, pod: shown }));
    expect(Object.keys(patch ?? {})).toEqual(["ephemeralContainerStatuses", "observedGeneration"]);
  });

  it("is not spoken of where nobody asked for one", () => {
    const plain = podStatus({ pod: pod(["main"], "Always"), task: undefined, story: {}, hostIP: undefined, now });
    expect(plain).not.toHaveProperty("ephemeralContainerStatuses");
  });
});
