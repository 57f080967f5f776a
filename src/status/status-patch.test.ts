import { describe, expect, it } from "vitest";
import type { PodStatus } from "../model/kube.ts";
import { statusPatch } from "./status-patch.ts";
import { at, status } from "./testing.ts";

const present: PodStatus = {
  phase: "Running",
  startTime: at,
  hostIP: "192.0.2.1",
  hostIPs: [{ ip: "192.0.2.1" }],
  podIP: "10.1.2.3",
  podIPs: [{ ip: "10.1.2.3" }],
  observedGeneration: 1,
  containerStatuses: [status("a", "running")],
  conditions: [
    { type: "Ready", status: "True", lastTransitionTime: at, observedGeneration: 1 },
    { type: "gate.example.com/open", status: "True" },
  ],
};

const patchOf = (have: PodStatus, want: PodStatus) => statusPatch({ status: have }, want);
const { conditions: _, ...withoutConditions } = present;
const ready = { type: "Ready", status: "True", lastTransitionTime: at, observedGeneration: 1 };
const ours: PodStatus = { ...withoutConditions, conditions: [ready] };

describe("status patch", () => {
  it("is nothing when the API server shows all that is ours", () => {
    expect(patchOf(present, ours)).toBeUndefined();
  });

  it("is everything for a pod that has no status yet", () => {
    const gone = { ...status("i", 0), resources: { limits: { cpu: "1" } }, allocatedResources: { cpu: "1" } };
    const first = { ...ours, initContainerStatuses: [gone], ephemeralContainerStatuses: [status("e", 0)] };
    expect(statusPatch({}, first)).toEqual(first);
    expect(statusPatch({}, {})).toBeUndefined();
    expect(patchOf(first, {})).toStrictEqual({
      ...Object.fromEntries(["phase", "startTime", "hostIP", "podIP"].map((key) => [key, null])),
      ...Object.fromEntries(Object.keys(first).flatMap((key) => (key.endsWith("Statuses") ? [[key, []]] : []))),
      hostIPs: [{ ip: "192.0.2.1", $patch: "delete" }],
      podIPs: [{ ip: "10.1.2.3", $patch: "delete" }],
    });
  });

  it("takes the words of yesterday's phase away", () => {
    const words = { reason: "Evicted", message: "node is full" };
    expect(patchOf({ ...present, ...words }, ours)).toEqual({ reason: null, message: null, observedGeneration: 1 });
    expect(patchOf(present, { ...ours, ...words })).toEqual({ ...words, observedGeneration: 1 });
    expect(patchOf({ ...present, reason: null as never }, ours)).toBeUndefined();
  });

  it("takes null for absent", () => {
    const ended = status("a", 0);
    const unknown = { terminated: { ...ended.state?.terminated, exitCode: 0, startedAt: null as never } };
    const want = { ...ours, containerStatuses: [{ ...ended, state: unknown }] };
    expect(patchOf({ ...present, containerStatuses: [ended] }, want)).toBeUndefined();
    const known = { terminated: { ...unknown.terminated, startedAt: at } };
    const have = { ...present, containerStatuses: [{ ...ended, state: known }] };
    expect(patchOf(have, want)).toHaveProperty("containerStatuses");
  });

  it("is not provoked by what the API server or others add", () => {
    const [own] = present.containerStatuses ?? [];
    const richer = {
      ...own,
      resources: { requests: { cpu: "1" } },
      user: { linux: { uid: 0 } },
      stopSignal: "SIGTERM",
    };
    expect(patchOf({ ...present, containerStatuses: [richer as never], qosClass: "Burstable" }, ours)).toBeUndefined();
  });

  it.for<[string, PodStatus, Record<string, unknown>]>([
    ["a new phase", { ...ours, phase: "Failed" }, { phase: "Failed", observedGeneration: 1 }],
    [
      "an address that is gone",
      { ...ours, podIP: undefined as never, podIPs: [] },
      { podIP: null, podIPs: [{ ip: "10.1.2.3", $patch: "delete" }], observedGeneration: 1 },
    ],
    [
      "an address instead of another",
      { ...ours, podIP: "10.1.2.4", podIPs: [{ ip: "10.1.2.4" }] },
      {
        podIP: "10.1.2.4",
        podIPs: [{ ip: "10.1.2.4" }, { ip: "10.1.2.3", $patch: "delete" }],
        observedGeneration: 1,
      },
    ],
    [
      "one changed condition, with reasons of yesterday dropped",
      { ...ours, conditions: [{ ...ready, status: "False", reason: "ContainersNotReady" }] },
      { conditions: [{ ...ready, status: "False", reason: "ContainersNotReady" }], observedGeneration: 1 },
    ],
    [
      "another reason of a condition",
      { ...ours, conditions: [{ ...ready, reason: "New" }] },
      { conditions: [{ ...ready, reason: "New" }], observedGeneration: 1 },
    ],
    [
      "another message of a condition",
      { ...ours, conditions: [{ ...ready, message: "new" }] },
      { conditions: [{ ...ready, message: "new" }], observedGeneration: 1 },
    ],
    [
      "a second address",
      { ...ours, podIPs: [{ ip: "10.1.2.3" }, { ip: "fd00::3" }] },
      { podIPs: [{ ip: "10.1.2.3" }, { ip: "fd00::3" }], observedGeneration: 1 },
    ],
    [
      "another first address",
      { ...ours, podIP: "fd00::3", podIPs: [{ ip: "fd00::3" }, { ip: "10.1.2.3" }] },
      {
        podIP: "fd00::3",
        podIPs: [{ ip: "fd00::3" }, { ip: "10.1.2.3" }],
        "$setElementOrder/podIPs": [{ ip: "fd00::3" }, { ip: "10.1.2.3" }],
        observedGeneration: 1,
      },
    ],
    ["one container less", { ...ours, containerStatuses: [] }, { containerStatuses: [], observedGeneration: 1 }],
    [
      "container statuses as a whole",
      { ...ours, containerStatuses: [status("a", 0)] },
      { containerStatuses: [status("a", 0)], observedGeneration: 1 },
    ],
    [
      "a higher restart count",
      { ...ours, containerStatuses: [{ ...status("a", "running"), restartCount: 1 }] },
      { containerStatuses: [{ ...status("a", "running"), restartCount: 1 }], observedGeneration: 1 },
    ],
  ])("carries %s alone", ([, want, patch]) => {
    expect(patchOf(present, want)).toEqual(patch);
  });

  it("drops the reason of a condition that has none any more", () => {
    const have = { ...present, conditions: [{ ...ready, status: "False", reason: "Old", message: "old" }] };
    expect(patchOf(have, ours)?.["conditions"]).toEqual([{ ...ready, reason: null, message: null }]);
  });

  it.for(["burstlet.dev/Refused", "PodResizePending"])("leaves %s alone while it is true", (type) => {
    const passing = { type, status: "True", lastTransitionTime: at };
    const have = { ...present, conditions: [...(present.conditions ?? []), passing] };
    expect(patchOf(have, { ...ours, conditions: [ready, passing] })).toBeUndefined();
  });

  it("deletes our refusal once it is over, and never a condition of others", () => {
    const refused = { type: "burstlet.dev/Refused", status: "True" };
    const have = { ...present, conditions: [...(present.conditions ?? []), refused] };
    expect(patchOf(have, ours)?.["conditions"]).toEqual([{ type: "burstlet.dev/Refused", $patch: "delete" }]);
  });

  it("sees that a last state came or went", () => {
    const crashed = status("a", "crashed");
    const withLast = { ...present, containerStatuses: [crashed] };
    const without = { ...ours, containerStatuses: [{ ...crashed, lastState: {} }] };
    expect(patchOf(withLast, without)).toHaveProperty("containerStatuses");
    expect(
      patchOf({ ...present, containerStatuses: without.containerStatuses }, { ...ours, containerStatuses: [crashed] }),
    ).toHaveProperty("containerStatuses");
  });

  describe("when the pod's spec has a new generation", () => {
    const next = { ...ours, observedGeneration: 2, conditions: [{ ...ready, observedGeneration: 2 }] };

    it("says that it was seen, in every condition too", () => {
      expect(patchOf(present, next)).toEqual({ observedGeneration: 2, conditions: next.conditions });
    });

    it("says so alone where the conditions tell of no generation", () => {
      const conditions = [{ type: "Ready", status: "True", lastTransitionTime: at }];
      expect(patchOf({ ...present, conditions }, next)).toEqual({ observedGeneration: 2 });
    });

    it("is nothing for an API server that does not keep generations", () => {
      const { observedGeneration: _none, ...old } = present;
      const conditions = [{ type: "Ready", status: "True", lastTransitionTime: at }];
      expect(patchOf({ ...old, conditions }, next)).toBeUndefined();
    });
  });
});
