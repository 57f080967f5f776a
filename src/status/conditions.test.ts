import { describe, expect, it } from "vitest";
import type { Pod } from "../model/kube.ts";
import { type ConditionInput, conditionsOf } from "./conditions.ts";
import { at, kindOf, now, pod, stateless, status } from "./testing.ts";

type Containers = Readonly<Record<string, string | number>>;

function input(containers: Containers, more: Partial<ConditionInput> = {}): ConditionInput {
  const names = Object.keys(containers);
  const all = Object.entries(containers).map(([name, what]) => ({
    ...status(name, what),
    ...(kindOf(name) === "init" && { ready: what === 0 }),
  }));
  return {
    pod: pod(names, "Always"),
    phase: "Running",
    init: all.filter(({ name }) => kindOf(name) !== "main"),
    main: all.filter(({ name }) => kindOf(name) === "main"),
    sandboxReady: true,
    now,
    ...more,
  };
}

const verdict = (from: ConditionInput, type: string): string => {
  const { status: text, reason, message } = conditionsOf(from).find((one) => one.type === type) ?? { status: "absent" };
  return [text, reason, message].filter(Boolean).join(" ");
};

const pending = { phase: "Pending" } as const;
const gates = (...types: string[]) => types.map((conditionType) => ({ conditionType }));
const gated = (...conditions: { type: string; status: string }[]): Partial<ConditionInput> => {
  const status = { conditions };
  return { pod: pod(["a"], "Always", { spec: { readinessGates: gates("gate") } as never, status }) };
};

describe("conditions of a pod", () => {
  it.for<[string, string, ConditionInput, string]>([
    // Facts of pkg/kubelet/status/generate_test.go.
    ["without init containers", "Initialized", input({ a: "waiting" }, { phase: "Pending" }), "True"],
    [
      "while an init container runs",
      "Initialized",
      input({ init1: 0, init2: "running", a: "waiting" }, { phase: "Pending" }),
      "False ContainersNotInitialized containers with incomplete status: [init2]",
    ],
    [
      "once init containers have succeeded",
      "Initialized",
      input({ init1: 0, a: "waiting" }, { phase: "Pending" }),
      "True",
    ],
    [
      "before a sidecar has started",
      "Initialized",
      input({ side1: "waiting", a: "waiting" }, { phase: "Pending" }),
      "False ContainersNotInitialized containers with incomplete status: [side1]",
    ],
    ["once its sidecars have started", "Initialized", input({ side1: "running", a: "waiting" }, pending), "True"],
    [
      "while nothing is known of its init containers",
      "Initialized",
      input({ init1: 0, side2: "running", a: "waiting" }, { ...pending, init: [] }),
      "False ContainersNotInitialized containers with incomplete status: [init1 side2]",
    ],
    [
      "while nothing is said of an init container's state",
      "Initialized",
      input({ init1: 0, a: "waiting" }, { ...pending, init: [stateless("init1")] }),
      "False ContainersNotInitialized containers with incomplete status: [init1]",
    ],
    [
      "once one of its main containers has started",
      "Initialized",
      input({ side1: "crashed", a: "running", b: "waiting" }, pending),
      "True",
    ],
    [
      "while nothing is said of its main container's state",
      "Initialized",
      input({ side1: "crashed", a: 0 }, { ...pending, main: [stateless("a")] }),
      "False ContainersNotInitialized containers with incomplete status: [side1]",
    ],
    ["while a sidecar restarts", "Initialized", input({ side1: "crashed", a: "running" }), "True"],
    [
      "after a failure behind its sidecar's end",
      "Initialized",
      input({ side1: 137, a: 1 }, { phase: "Failed" }),
      "True",
    ],
    [
      "after a failed init container",
      "Initialized",
      input({ init1: 1, a: "waiting" }, { phase: "Failed" }),
      "False ContainersNotInitialized containers with incomplete status: [init1]",
    ],
    ["after success", "Initialized", input({ a: 0 }, { phase: "Succeeded" }), "True PodCompleted"],
    ["with every container ready", "ContainersReady", input({ a: "running", b: "running" }), "True"],
    [
      "with two of three not ready",
      "ContainersReady",
      input({ a: "running", b: "waiting", c: "crashed" }),
      "False ContainersNotReady containers with unready status: [b c]",
    ],
    [
      "with a sidecar down",
      "ContainersReady",
      input({ side1: "crashed", a: "running" }),
      "False ContainersNotReady containers with unready status: [side1]",
    ],
    [
      "with a container of which nothing is known",
      "ContainersReady",
      input({ a: "running", b: "running" }, { main: [status("a", "running")] }),
      "False ContainersNotReady containers with unready status: [b]",
    ],
    ["after success", "ContainersReady", input({ a: 0 }, { phase: "Succeeded" }), "False PodCompleted"],
    ["after a failure", "ContainersReady", input({ a: 1 }, { phase: "Failed" }), "False PodFailed"],
    ["with every container ready", "Ready", input({ a: "running" }), "True"],
    [
      "with a container not ready",
      "Ready",
      input({ a: "waiting" }),
      "False ContainersNotReady containers with unready status: [a]",
    ],
    [
      "with a readiness gate that nobody has opened",
      "Ready",
      input({ a: "running" }, gated()),
      'False ReadinessGatesNotReady corresponding condition of pod readiness gate "gate" does not exist.',
    ],
    [
      "with a closed readiness gate",
      "Ready",
      input({ a: "running" }, gated({ type: "gate", status: "Unknown" })),
      'False ReadinessGatesNotReady the status of pod readiness gate "gate" is not "True", but Unknown',
    ],
    [
      "with a readiness gate, before anybody has written a condition",
      "Ready",
      input({ a: "running" }, { pod: pod(["a"], "Always", { spec: { readinessGates: gates("gate") } as never }) }),
      'False ReadinessGatesNotReady corresponding condition of pod readiness gate "gate" does not exist.',
    ],
    [
      "with another condition than that of its gate",
      "Ready",
      input({ a: "running" }, gated({ type: "other", status: "True" })),
      'False ReadinessGatesNotReady corresponding condition of pod readiness gate "gate" does not exist.',
    ],
    [
      "with two gates of which none is open",
      "Ready",
      input(
        { a: "running" },
        { pod: pod(["a"], "Always", { spec: { readinessGates: gates("b", "c") } as never, status: {} }) },
      ),
      'False ReadinessGatesNotReady corresponding condition of pod readiness gate "b" does not exist., ' +
        'corresponding condition of pod readiness gate "c" does not exist.',
    ],
    ["with an open readiness gate", "Ready", input({ a: "running" }, gated({ type: "gate", status: "True" })), "True"],
    ["with a network", "PodReadyToStartContainers", input({ a: "running" }), "True"],
    ["without a network", "PodReadyToStartContainers", input({ a: "waiting" }, { sandboxReady: false }), "False"],
    ["always", "PodScheduled", input({ a: "waiting" }), "True"],
    [
      "that was taken away, while it still runs",
      "DisruptionTarget",
      input({ a: "running" }, { disrupted: { reason: "Spot", message: "gone" } }),
      "True Spot gone",
    ],
    [
      "that was taken away, while it still runs",
      "Ready",
      input({ a: "running" }, { disrupted: { reason: "Spot", message: "gone" } }),
      "False Spot gone",
    ],
    [
      "that was taken away, at its end",
      "DisruptionTarget",
      input({ a: 137 }, { phase: "Failed", disrupted: { reason: "Spot", message: "gone" } }),
      "True Spot gone",
    ],
    ["that failed by itself, at its end", "DisruptionTarget", input({ a: 1 }, { phase: "Failed" }), "absent"],
    [
      "that was refused",
      "burstlet.dev/Refused",
      input({ a: "waiting" }, { refused: { reason: "ProviderRefused", message: "hostPath" } }),
      "True ProviderRefused hostPath",
    ],
    ["that was not refused", "burstlet.dev/Refused", input({ a: "waiting" }), "absent"],
  ])("%s, %s", ([, type, from, wanted]) => {
    expect(verdict(from, type)).toBe(wanted);
  });

  it("of a pod of which nothing is known yet hold but for its network, and tell no more than that", () => {
    const holds = (type: string, status = "True") => ({ type, status, lastTransitionTime: at });
    const nothing = { pod: {}, phase: "Pending", init: [], main: [], sandboxReady: false, now } as const;
    expect(conditionsOf(nothing)).toStrictEqual([
      holds("PodScheduled"),
      holds("PodReadyToStartContainers", "False"),
      holds("Initialized"),
      holds("ContainersReady"),
      holds("Ready"),
    ]);
  });

  it("keep the time of their last change, and carry the generation they are about", () => {
    const earlier = "2026-01-01T00:00:00Z";
    const status: Pod["status"] = {
      conditions: [
        { type: "ContainersReady", status: "True", lastTransitionTime: earlier },
        { type: "Ready", status: "False", lastTransitionTime: earlier },
      ],
    };
    const conditions = conditionsOf(
      input({ a: "running" }, { pod: pod(["a"], "Always", { status, metadata: { generation: 7 } }) }),
    );
    expect(conditions.find((one) => one.type === "ContainersReady")).toMatchObject({ lastTransitionTime: earlier });
    expect(conditions.find((one) => one.type === "Ready")).toMatchObject({ lastTransitionTime: at });
    expect(conditions.map((one) => one.observedGeneration)).toEqual([7, 7, 7, 7, 7]);
  });
});
