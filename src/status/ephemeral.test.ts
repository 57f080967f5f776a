import { describe, expect, it } from "vitest";
import type { Pod } from "../model/kube.ts";
import { type EphemeralInput, ephemeralStatuses, type EphemeralTroubles } from "./ephemeral.ts";
import { podStatus } from "./pod-status.ts";
import { statusPatch } from "./status-patch.ts";
import { at, container, ended, now, pod, running, task, waiting } from "./testing.ts";

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
    expect(shown).toMatchObject({ ready: false, started: false, state: { running: {} } });
    const pulls = task([{ ...container("debugger", waiting("PodInitializing")), kind: "ephemeral" }]);
    expect(statusesOf({ task: pulls })[0]?.state).toEqual({ waiting: { reason: "ContainerCreating" } });
    const end = task([container("main", running()), { ...container("debugger", ended(3)), kind: "ephemeral" }]);
    const told = statusesOf({ task: end, troubles: new Map() });
    expect(told[0]?.state?.terminated?.exitCode).toBe(3);
    const later = { ...asked, status: { ...asked.status, ephemeralContainerStatuses: told } };
    expect(statusesOf({ pod: later, troubles: new Map() })).toEqual(told);
  });

  it("goes on telling what its task shows of it, whatever was said when it was asked for", () => {
    const told = task([{ ...container("debugger", running()), kind: "ephemeral" }]);
    const refused: EphemeralTroubles = new Map([["debugger", { is: "refused", message: "not here" }]]);
    expect(statusesOf({ task: told, troubles: refused })[0]?.state).toHaveProperty("running");
    expect(statusesOf({ task: told, troubles: undefined })[0]?.state).toHaveProperty("running");
    const end = (message: string) => {
      const state = { ...ended(3), message };
      return task([{ ...container("debugger", state), kind: "ephemeral" }]);
    };
    const before = statusesOf({ task: end("") });
    const later = { ...asked, status: { ephemeralContainerStatuses: before } };
    expect(statusesOf({ pod: later, task: end("late words") })[0]?.state?.terminated?.message).toBe("late words");
  });

  it("is told apart from the other containers of its pod", () => {
    const three = ["one", "two", "three"].map((name) => ({ name, image: "busybox" }));
    const spec = { containers: [{ name: "main" }], ephemeralContainers: three };
    const shown = [container("main", ended(9)), container("one", ended(1)), container("two", ended(2))];
    const troubles = new Map();
    const first = statusesOf({ pod: { spec }, task: task(shown), troubles });
    const codes = (statuses: typeof first) => statuses.map(({ name, state }) => [name, state?.terminated?.exitCode]);
    const told = [
      ["one", 1],
      ["two", 2],
      ["three", undefined],
    ];
    expect(codes(first)).toEqual(told);
    const later = { spec, status: { ephemeralContainerStatuses: first } };
    expect(codes(statusesOf({ pod: later, troubles }))).toEqual(told);
    expect(statusesOf({ pod: {} })).toEqual([]);
  });

  it("of a provider that adds none has ended at once with the kubelet's reason and a sentence that says what to do instead", () => {
    const [status] = statusesOf({});
    const plain = { name: "debugger", image: "busybox", imageID: "", ready: false, restartCount: 0, lastState: {} };
    expect(status).toStrictEqual({ ...plain, state: { terminated: expect.anything() } });
    expect(status?.state?.terminated).toMatchObject({ reason: "ContainerCannotRun", exitCode: 128, finishedAt: at });
    expect(statusesOf({ pod: { spec: { containers: [], ephemeralContainers: [{ name: "d" }] } } })[0]?.image).toBe("");
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
