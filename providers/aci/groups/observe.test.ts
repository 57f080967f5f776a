import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isToEnd } from "./first-end.ts";
import { observe } from "./observe.ts";
import type { ContainerGroup, RunView } from "./shapes.ts";
import {
  at,
  ended,
  event,
  groupOf,
  identity,
  mainOf,
  ms,
  owner,
  type Parts,
  running,
  taskOf,
  waits,
} from "./testing.ts";

const observer = { ...owner, network: "none", version: 1 } as const;
const digest = `nginx@sha256:${"0".repeat(64)}`;

describe("a group", () => {
  test("that runs is told with its pod, address, size, image and pull", () => {
    const events = [event("Pulling", "pulling", 2), event("Pulled", `Successfully pulled image "${digest}"`, 4)];
    const parts = { main: { restartCount: 0, currentState: running(), events }, sidecar: { currentState: running() } };
    expect(taskOf(parts, undefined, { prices: { vcpu: 0.05, memory: 0.005 } })).toEqual({
      id: expect.stringMatching(/\/containerGroups\/bl-1$/),
      identity,
      podName: "web",
      podNamespace: "ns",
      nodeName: "aci-1",
      version: 7,
      phase: "running",
      containers: [
        { name: "side", kind: "sidecar", instance: 0, image: "busybox:1", state: { is: "running", startedAt: ms(5) } },
        {
          name: "main",
          kind: "main",
          instance: 0,
          image: "busybox:1",
          imageID: digest,
          pull: { startedAt: ms(2), finishedAt: ms(4) },
          state: { is: "running", startedAt: ms(5) },
        },
      ],
      podIPs: ["10.8.0.4"],
      probedBy: "provider",
      provisioned: "1vCPU 1GB",
      hourlyUsd: 0.055,
    });
    expect(taskOf(parts, undefined, { network: "routed" }).probedBy).toBe("liveness");
  });

  test("of somebody else is not told, nor one out of a list, which has no states", () => {
    const group = groupOf({ main: { currentState: running() } });
    expect(observe(group, { ...observer, nodeName: "other" })).toBeUndefined();
    expect(observe({ ...group, tags: {} }, observer)).toBeUndefined();
    const { instanceView: _view, ...listed } = group.properties ?? {};
    expect(observe({ ...group, properties: listed }, observer)).toBeUndefined();
  });

  test("has every field but the tags missing or null, and is told all the same", () => {
    const { tags } = groupOf({});
    const views: ContainerGroup["properties"][] = [
      { instanceView: {} },
      { instanceView: { state: null, events: null }, containers: null, ipAddress: null },
      { instanceView: { state: "Running" }, containers: [{}, { name: "main", properties: null }] },
      {
        instanceView: { state: "Running" },
        containers: [{ properties: { instanceView: { currentState: {}, events: [{}] } } }],
      },
    ];
    for (const properties of views) {
      const told = observe({ tags, properties }, observer);
      expect(told).toMatchObject({ phase: "starting", podIPs: [], id: "" });
    }
  });
});

describe("a container that waits", () => {
  test.for<[what: string, parts: Parts, state: object, phase: string]>([
    [
      "as the answer of the PUT has it",
      { state: "Pending", provisioning: "Pending" },
      { reason: "ContainerCreating" },
      "starting",
    ],
    [
      "with a time that is no start",
      { state: "Pending", main: { currentState: { ...waits(), startTime: at(1) } } },
      { reason: "ContainerCreating" },
      "starting",
    ],
    [
      "behind an init container",
      { state: "Pending", init: { currentState: running() }, main: { currentState: waits() } },
      { reason: "PodInitializing" },
      "starting",
    ],
    [
      "behind an init container that has failed and runs again",
      { state: "Pending", init: { currentState: ended(1) }, main: { currentState: waits() } },
      { reason: "PodInitializing" },
      "starting",
    ],
    [
      "for an image that cannot be pulled",
      {
        state: "Pending",
        main: { currentState: waits(), events: [event("Failed", 'Failed to pull image "x": denied')] },
      },
      { reason: "ErrImagePull", message: "denied" },
      "starting",
    ],
    [
      "for an image once more",
      {
        state: "Pending",
        main: { events: [event("Failed", "Failed to pull image", 3), event("BackOff", "Back-off pulling image", 4)] },
      },
      { reason: "ImagePullBackOff", message: "Back-off pulling image" },
      "starting",
    ],
    [
      "no longer for an image, whose events come in any order",
      {
        state: "Pending",
        main: { events: [event("Pulled", "pulled", 6), event("Failed", "Failed to pull image", 3)] },
      },
      { reason: "ContainerCreating" },
      "starting",
    ],
    [
      "for a volume, of which Azure speaks as of something normal",
      {
        state: "Pending",
        provisioning: "Failed",
        events: [event("FailedMount", "no such share"), event("Other", "x", 8)],
      },
      { reason: "ContainerCreating", message: "no such share" },
      "starting",
    ],
    [
      "after it has ended again and again",
      { main: { restartCount: 3, currentState: waits(), previousState: ended(2) } },
      { reason: "CrashLoopBackOff" },
      "running",
    ],
    [
      "after its first end, in Azure's own word",
      { main: { currentState: waits("CrashLoopBackOff: Back-off restarting failed"), previousState: ended(2) } },
      { reason: "CrashLoopBackOff", message: "CrashLoopBackOff: Back-off restarting failed" },
      "running",
    ],
  ])("%s", ([, parts, state, phase]) => {
    expect(mainOf(parts).state).toEqual({ is: "waiting", ...state });
    expect(taskOf(parts).phase).toBe(phase);
  });

  test("tells how it has ended before, and how often it has run", () => {
    const { instance, last } = mainOf({ main: { restartCount: 3, currentState: waits(), previousState: ended(2) } });
    expect([instance, last]).toEqual([
      3,
      { is: "terminated", exitCode: 2, reason: "Error", startedAt: ms(5), finishedAt: ms(9) },
    ]);
  });
});

describe("a container that has ended", () => {
  test.for<[what: string, run: RunView, state: object]>([
    ["well", ended(0), { exitCode: 0, reason: "Completed" }],
    ["badly", ended(2), { exitCode: 2, reason: "Error" }],
    ["by a signal of somebody", ended(137), { exitCode: 137, reason: "Error" }],
    ["for want of memory", ended(137, "OOMKilled"), { exitCode: 137, reason: "OOMKilled", message: "OOMKilled" }],
    ["with time by the platform", ended(7147), { exitCode: 7147, reason: "PlatformTerminated" }],
    ["at once by the platform", ended(7148), { exitCode: 7148, reason: "PlatformTerminated" }],
    ["nobody knows how", { ...ended(0), exitCode: null }, { exitCode: undefined, reason: "ContainerStatusUnknown" }],
  ])("%s", ([, run, state]) => {
    const parts = { policy: "Never", state: "Failed", main: { restartCount: 0, currentState: run } };
    expect(mainOf(parts).state).toMatchObject({ is: "terminated", startedAt: ms(5), finishedAt: ms(9), ...state });
    expect(taskOf(parts)).toMatchObject({ phase: "stopped", endedAt: ms(9) });
    expect(taskOf({ ...parts, policy: "Always", state: "Running" })).not.toHaveProperty("endedAt");
  });

  test("by the platform, as an event says, unless that is of a run before", () => {
    const by = (second: number) => [event("Killing", "Killing container: platform initiated", second)];
    const reason = (second: number) => mainOf({ main: { currentState: ended(143), events: by(second) } }).state;
    expect(reason(8)).toMatchObject({ reason: "PlatformTerminated" });
    expect(reason(4)).toMatchObject({ reason: "Error" });
  });

  test("by the platform is a disruption where it does not run again", () => {
    const main = { restartCount: 0, currentState: ended(7148) };
    expect(taskOf({ policy: "Never", main })).toMatchObject({ disrupted: true, reason: "PlatformTerminated" });
    expect(taskOf({ policy: "Always", main })).not.toHaveProperty("disrupted");
  });

  test("ends the group with the others, as the policy says", () => {
    const phase = (policy: string, ...codes: number[]) => {
      const [side, main] = codes.map((code) => ({ currentState: ended(code) }));
      return taskOf({ policy, ...(side && { sidecar: side }), ...(main && { main }) }).phase;
    };
    expect(phase("Never", 1, 0)).toBe("stopped");
    expect(phase("OnFailure", 0, 0)).toBe("stopped");
    expect(phase("OnFailure", 1, 0)).toBe("running");
    expect(phase("Always", 0, 0)).toBe("running");
  });

  test("an init container under Never ends the group, whose main container has not run", () => {
    const parts = {
      policy: "Never",
      state: "Failed",
      init: { currentState: ended(3) },
      main: { currentState: waits() },
    };
    expect(taskOf(parts).phase).toBe("stopped");
    expect(taskOf(parts).containers.map(({ state }) => state)).toMatchObject([
      { is: "terminated", exitCode: 3 },
      { is: "waiting", reason: "PodInitializing" },
    ]);
  });
});

describe("under Never", () => {
  const again = { restartCount: 1, currentState: running(20), previousState: ended(4) };

  test("the first end is the pod's though Azure runs the container again, and the group is to be ended", () => {
    const parts = { policy: "Never", main: again };
    expect(mainOf(parts)).toMatchObject({ instance: 0, state: { is: "terminated", exitCode: 4 } });
    expect(taskOf(parts).phase).toBe("stopping");
    expect(isToEnd(groupOf(parts))).toBe(true);
    expect(isToEnd(groupOf({ policy: "OnFailure", main: again }))).toBe(false);
    expect(isToEnd(groupOf({ policy: "Never", main: { restartCount: 0, currentState: ended(1) } }))).toBe(false);
  });

  test("an end that Azure has forgotten is not invented, and one that was seen is not forgotten", () => {
    const later = { policy: "Never", main: { restartCount: 2, currentState: ended(0), previousState: ended(5) } };
    expect(mainOf(later).state).toMatchObject({ exitCode: undefined, reason: "ContainerStatusUnknown" });
    const seen = taskOf({ policy: "Never", main: { restartCount: 0, currentState: ended(4) } });
    expect(mainOf(later, seen).state).toMatchObject({ exitCode: 4, reason: "Error" });
  });

  test("a second run without a word of the first is no success", () => {
    const parts = { policy: "Never", main: { restartCount: 1, currentState: ended(0) } };
    expect(mainOf(parts).state).toMatchObject({ exitCode: undefined });
  });
});

describe("a group that", () => {
  test("cannot be provisioned goes on trying, and says why", () => {
    const parts = { state: "Pending", provisioning: "Failed", events: [event("Failed", "no address is left")] };
    expect(taskOf(parts)).toMatchObject({
      phase: "starting",
      reason: "ProvisioningFailed",
      message: "no address is left",
    });
  });

  test.for(["Unhealthy", "Repairing"])("is %s runs on and is not ready", (provisioning) => {
    const parts = { provisioning, main: { currentState: running() } };
    expect(taskOf(parts)).toMatchObject({ phase: "running", reason: "NodeRepair" });
    expect(mainOf(parts).ready).toBe(false);
  });

  test("somebody has stopped has containers with ends that nobody knows", () => {
    const parts = { state: "Stopped", main: { currentState: running() }, sidecar: { currentState: ended(3) } };
    expect(taskOf(parts)).toMatchObject({ phase: "stopped", reason: "ContainerGroupStopped" });
    expect(taskOf(parts).containers.map(({ state }) => state)).toMatchObject([
      { exitCode: 3 },
      { is: "terminated", exitCode: undefined, reason: "ContainerGroupStopped" },
    ]);
  });

  test("is being deleted is stopping", () => {
    expect(taskOf({ provisioning: "Deleting", main: { currentState: running() } }).phase).toBe("stopping");
  });
});

test("no exit code is ever another one than Azure has told, whatever it tells", () => {
  const run = fc.option(
    fc.record({
      state: fc.constantFrom("Waiting", "Running", "Terminated", null),
      exitCode: fc.option(fc.integer({ min: -1, max: 8_000 })),
    }),
  );
  const view = fc.record({ restartCount: fc.option(fc.nat(3)), currentState: run, previousState: run });
  const states = fc.constantFrom("Pending", "Running", "Stopped", "Succeeded", "Failed");
  const policies = fc.constantFrom("Always", "OnFailure", "Never");
  fc.assert(
    fc.property(view, states, policies, (main, state, policy) => {
      const { state: told, last } = mainOf({ main, state, policy });
      const codes = [main.currentState?.exitCode, main.previousState?.exitCode, undefined];
      if (told.is === "terminated") expect(codes).toContain(told.exitCode);
      if (last !== undefined) expect(codes).toContain(last.exitCode);
    }),
  );
});
