import type { Task } from "@aws-sdk/client-ecs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TaskState } from "../../../src/provider.ts";
import { startedBy } from "../identity.ts";
import { labels } from "../request.ts";
import { observe } from "./observe.ts";
import { at, exited, identity, observer, over, pictureOf, runs, type Shown, stopped } from "./testing.ts";

describe("a task of ECS", () => {
  test("is known by startedBy alone, and is nobody's when that is not this node's", () => {
    expect(pictureOf({ a: runs })).toMatchObject({ identity, nodeName: "edge.one", version: 3_000 });
    for (const foreign of [undefined, "ecs-svc/123", startedBy(identity, "edge.two"), "bl/x"]) {
      expect(pictureOf({ a: runs }, { startedBy: foreign })).toBeUndefined();
    }
    const other = startedBy({ ...identity, clusterUid: "cluster-2" }, "edge.one");
    expect(pictureOf({ a: runs }, { startedBy: other })).toBeUndefined();
  });

  test("tells when it ended, once it has", () => {
    expect(pictureOf({ a: { ...stopped, exitCode: 0 } }, exited)?.endedAt).toBe(at(120).getTime());
    expect(pictureOf({ a: runs })?.endedAt).toBeUndefined();
  });

  test("shows the pod's containers in the pod's order, and none that the pod does not know", () => {
    const task = pictureOf({
      prepare: { kind: "init", ...stopped, exitCode: 0 },
      app: runs,
      sentinel: { kind: "helper" },
    });
    expect(task?.containers.map(({ name, kind }) => [name, kind])).toEqual([
      ["prepare", "init"],
      ["app", "main"],
    ]);
  });

  test("is told with AWS's own containers left out, which have not even an image", () => {
    const definition = { containerDefinitions: [{ name: "a", dockerLabels: { [labels.kind]: "main" } }] };
    const guard = { name: "aws-guardduty-agent-x1", lastStatus: "RUNNING" };
    const task = {
      startedBy: startedBy(identity, "edge.one"),
      containers: [guard, { name: "a", lastStatus: "RUNNING" }],
    };
    expect(observe(task, definition, observer)?.containers.map(({ name }) => name)).toEqual(["a"]);
  });

  test("is asked over the network by the node where the node reaches it, and by nobody else", () => {
    const definition = { containerDefinitions: [] };
    const probedBy = (network: "routed" | "none") =>
      observe({ startedBy: startedBy(identity, observer.nodeName) }, definition, { ...observer, network })?.probedBy;
    expect([probedBy("routed"), probedBy("none")]).toEqual(["split", "provider"]);
  });

  test("has the addresses of its containers' interface, each once", () => {
    const networkInterfaces = [{ privateIpv4Address: "10.0.0.7", ipv6Address: "fd00::7" }];
    expect(pictureOf({ a: { ...runs, networkInterfaces }, b: { ...runs, networkInterfaces } })?.podIPs).toEqual([
      "10.0.0.7",
      "fd00::7",
    ]);
    expect(pictureOf({ a: {} })?.podIPs).toEqual([]);
  });

  test.for<[string, Record<string, Shown>, Partial<Task>, TaskState["phase"]]>([
    ["nothing runs yet", { a: {} }, { lastStatus: "PROVISIONING" }, "starting"],
    ["only an init container runs", { i: { kind: "init", ...runs }, a: {} }, { lastStatus: "PENDING" }, "starting"],
    ["one main container runs while another still waits", { a: runs, b: {} }, { lastStatus: "PENDING" }, "running"],
    ["all run", { a: runs, b: runs }, {}, "running"],
    ["it was told to stop", { a: runs }, { desiredStatus: "STOPPED" }, "stopping"],
    ["it deactivates", { a: runs }, { lastStatus: "DEACTIVATING", desiredStatus: "STOPPED" }, "stopping"],
    [
      "all have ended, the interface not yet",
      { a: { ...stopped, exitCode: 0 } },
      { lastStatus: "STOPPING", desiredStatus: "STOPPED" },
      "stopped",
    ],
    [
      "it deprovisions",
      { a: { ...stopped, exitCode: 0 } },
      { lastStatus: "DEPROVISIONING", desiredStatus: "STOPPED" },
      "stopped",
    ],
    ["it has ended", { a: { ...stopped, exitCode: 0 } }, exited, "stopped"],
    ["it is all but forgotten", { a: { ...stopped, exitCode: 0 } }, { ...exited, lastStatus: "DELETED" }, "stopped"],
  ])("when %s", ([, containers, task, phase]) => {
    expect(pictureOf(containers, task)?.phase).toBe(phase);
  });
});

describe("a task that is taken away", () => {
  const running = { a: runs };
  const ended = { a: { ...stopped, exitCode: 143 } };
  const never = { a: { lastStatus: "STOPPED" } };
  test.for<[string, Record<string, Shown>, Partial<Task>, object]>([
    [
      "by Spot, while it still runs",
      running,
      { desiredStatus: "STOPPED", stopCode: "SpotInterruption" },
      { disrupted: true, reason: "SpotInterruption" },
    ],
    [
      "by broken hardware",
      ended,
      { ...over, stopCode: "InfrastructureHealth" },
      { disrupted: true, reason: "InfrastructureHealth" },
    ],
    [
      "by retirement",
      ended,
      {
        ...over,
        stopCode: "ServiceSchedulerInitiated",
        stoppedReason: "ECS is performing maintenance on the underlying infrastructure hosting the task",
      },
      { disrupted: true, reason: "TaskRetirement" },
    ],
    [
      "by a person",
      ended,
      { ...over, stopCode: "UserInitiated", stoppedReason: "Task stopped by user" },
      { disrupted: true, reason: "TaskStopped", message: "somebody else stopped the task: Task stopped by user" },
    ],
    [
      "by a person, before it ran",
      never,
      { ...over, stopCode: "UserInitiated", stoppedReason: "no", pullStoppedAt: undefined },
      { disrupted: true, reason: "TaskStopped" },
    ],
    [
      "by burstlet",
      ended,
      { ...over, stopCode: "UserInitiated", stoppedReason: "burstlet: the pod ends" },
      { disrupted: undefined },
    ],
    ["by its own end", ended, exited, { disrupted: undefined }],
  ])("%s", ([, containers, task, expected]) => {
    const { disrupted, reason, message, warning } = pictureOf(containers, task) ?? {};
    expect({ disrupted, reason, message }).toMatchObject(expected);
    expect(warning).toEqual(disrupted === true ? { reason, message } : undefined);
  });

  test.for([
    ["by Spot", { stopCode: "SpotInterruption", stoppedReason: "taken" }, "SpotInterruption"],
    ["by maintenance", { stoppedReason: "ECS is performing maintenance on the task" }, "TaskRetirement"],
  ] as const)("%s before it ran says that it is launched again, and is no end of the pod", ([, task, reason]) => {
    const { disrupted, warning } = pictureOf(never, { ...over, pullStoppedAt: undefined, ...task }) ?? {};
    expect([disrupted, warning]).toEqual([
      undefined,
      {
        reason,
        message: `AWS took the task before anything of it had run, so it is launched again: ${task.stoppedReason}`,
      },
    ]);
  });
});

const words = fc.constantFrom(
  undefined,
  "OutOfMemoryError: x",
  "CannotPullContainerError: x",
  "CannotStartContainerError: dependency",
  "x",
);
const anyContainer = fc.record({
  lastStatus: fc.constantFrom("PENDING", "RUNNING", "STOPPED"),
  exitCode: fc.constantFrom(undefined, 0, 1, 137),
  runtimeId: fc.constantFrom(undefined, "r"),
  reason: words,
});
const anyTask = fc.record({
  lastStatus: fc.constantFrom(
    "PROVISIONING",
    "PENDING",
    "ACTIVATING",
    "RUNNING",
    "DEACTIVATING",
    "STOPPING",
    "DEPROVISIONING",
    "STOPPED",
    "DELETED",
  ),
  desiredStatus: fc.constantFrom("RUNNING", "STOPPED"),
  stopCode: fc.constantFrom(
    undefined,
    "TaskFailedToStart",
    "EssentialContainerExited",
    "UserInitiated",
    "SpotInterruption",
  ),
  stoppedReason: words,
  startedAt: fc.constantFrom(undefined, at(30)),
});

describe("whatever ECS shows", () => {
  test("no exit code is invented but those that an error's name stands for", () => {
    fc.assert(
      fc.property(anyContainer, anyTask, (container, task) => {
        const [seen] = pictureOf({ a: container }, task)?.containers ?? [];
        if (seen?.state.is !== "terminated") return;
        const { exitCode } = seen.state;
        if (exitCode === 0) expect(container.exitCode).toBe(0);
        const named = container.reason?.startsWith("OutOfMemoryError") === true || exitCode === 128;
        if (!named) expect([container.exitCode, undefined]).toContain(exitCode);
      }),
    );
  });
});
