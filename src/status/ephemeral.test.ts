import { describe, expect, it } from "vitest";
import type { Pod } from "../model/kube.ts";
import { type EphemeralInput, ephemeralStatuses, type EphemeralTroubles } from "./ephemeral.ts";
import { podStatus } from "./pod-status.ts";
import { statusPatch } from "./status-patch.ts";
import { at, container, ended, now, pod, running, task } from "./testing.ts";

function debugged(before: Pod): Pod {
  const spec = { ...before.spec, containers: before.spec?.containers ?? [] };
  return { ...before, spec: { ...spec, ephemeralContainers: [{ name: "debugger", image: "busybox" }] } };
}

describe("an ephemeral container", () => {
  const asked = debugged(pod(["main"], "Always"));

  const statusesOf = (more: Partial<EphemeralInput>) =>
    ephemeralStatuses({ pod: asked, task: undefined, troubles: undefined, messageBytes: 4096, now, ...more });
  const held = (trouble: EphemeralTroubles extends ReadonlyMap<string, infer T> ? T : never) =>
    statusesOf({ troubles: new Map([["debugger", trouble]]) })[0]?.state;

  it("waits where the provider can add it, with the reason of what holds it up", () => {
    expect(statusesOf({ troubles: new Map() })[0]?.state).toEqual({ waiting: { reason: "ContainerCreating" } });
    expect(held({ is: "sent" })).toEqual({ waiting: { reason: "ContainerCreating" } });
    const missing = { reason: "CreateContainerConfigError", message: "no such secret" };
    expect(held({ is: "missing", ...missing })).toEqual({ waiting: missing });
  });

  it("that the provider refuses has ended at once with every reason", () => {
    const message = "spec.ephemeralContainers[].securityContext.privileged: not here.";
    expect(held({ is: "refused", message })?.terminated).toMatchObject({ reason: "ContainerCannotRun", message });
  });

  it("is shown as its task has it, never ready, and its end stays when the task forgets it", () => {
    const live = task([container("main", running()), { ...container("debugger", running()), kind: "ephemeral" }]);
    const [shown] = statusesOf({ task: live, troubles: new Map() });
    expect(shown).toMatchObject({ ready: false, state: { running: {} } });
    const end = task([container("main", running()), { ...container("debugger", ended(3)), kind: "ephemeral" }]);
    const told = statusesOf({ task: end, troubles: new Map() });
    expect(told[0]?.state?.terminated?.exitCode).toBe(3);
    const later = { ...asked, status: { ...asked.status, ephemeralContainerStatuses: told } };
    expect(statusesOf({ pod: later, troubles: new Map() })).toEqual(told);
  });

  it("of a provider that adds none has ended at once with the kubelet's reason and a sentence that says what to do instead", () => {
    const [status] = statusesOf({});
    expect(status).toMatchObject({ name: "debugger", image: "busybox", ready: false, restartCount: 0 });
    expect(status?.state?.terminated).toMatchObject({ reason: "ContainerCannotRun", exitCode: 128, finishedAt: at });
    expect(status?.state?.terminated?.message).toContain("--copy-to");
  });

  it("is told once: the same end is never patched again", () => {
    const told = { ...asked, status: { ...asked.status, ephemeralContainerStatuses: statusesOf({}) } };
    expect(statusesOf({ pod: told, now: now + 60_000 })).toEqual(told.status.ephemeralContainerStatuses);
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
