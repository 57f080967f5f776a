/** The pod's own conditions from its statuses, one table. Pure. */
import { rfc3339 } from "../model/clock.ts";
import type { ContainerStatus, Pod, PodCondition } from "../model/kube.ts";
import { isTerminal, type Phase } from "./phase.ts";
import type { ResizeVerdict } from "./resize.ts";

/** The condition types that are ours to write; every other one belongs to somebody else. */
const ownedConditions = [
  "PodScheduled",
  "PodReadyToStartContainers",
  "Initialized",
  "ContainersReady",
  "Ready",
  "DisruptionTarget",
  "PodResizePending",
  "PodResizeInProgress",
  "burstlet.dev/Refused",
] as const;

export interface ConditionInput {
  readonly pod: Pod;
  readonly phase: Phase;
  readonly init: readonly ContainerStatus[];
  readonly main: readonly ContainerStatus[];
  /** The task has its network and can start containers. */
  readonly sandboxReady: boolean;
  readonly disrupted?: { readonly reason: string; readonly message: string } | undefined;
  readonly refused?: { readonly reason: string; readonly message: string } | undefined;
  /** Why a resize that was asked for is not done. */
  readonly resize?: ResizeVerdict | undefined;
  readonly now: number;
}

interface Verdict {
  readonly status: boolean;
  readonly reason?: string;
  readonly message?: string;
}

export function conditionsOf(input: ConditionInput): PodCondition[] {
  const containersReady = containersReadyVerdict(input);
  const verdicts: [(typeof ownedConditions)[number], Verdict][] = [
    ["PodScheduled", { status: true }],
    ["PodReadyToStartContainers", { status: input.sandboxReady }],
    ["Initialized", initializedVerdict(input)],
    ["ContainersReady", containersReady],
    ["Ready", readyVerdict(input, containersReady)],
  ];
  // Told with the cloud's notice, as an eviction tells it, and with the end: a Job's policy reads both.
  if (input.disrupted !== undefined) verdicts.push(["DisruptionTarget", { status: true, ...input.disrupted }]);
  if (input.refused !== undefined) verdicts.push(["burstlet.dev/Refused", { status: true, ...input.refused }]);
  if (input.resize !== undefined && !isTerminal(input.phase)) {
    const { type, ...words } = input.resize;
    verdicts.push([type, { status: true, ...words }]);
  }
  return verdicts.map(([type, verdict]) => condition(type, verdict, input));
}

function initializedVerdict({ pod, phase, init, main }: ConditionInput): Verdict {
  if (phase === "Succeeded") return { status: true, reason: "PodCompleted" };
  // Once a main container has started the pod is initialized for good, also while a sidecar is down.
  const begun = phase === "Running" || main.some((status) => !status.state?.waiting && status.state !== undefined);
  const incomplete = (pod.spec?.initContainers ?? [])
    .filter((container) => {
      const status = init.find((one) => one.name === container.name);
      const done = container.restartPolicy === "Always" ? status?.started : status?.state?.terminated?.exitCode === 0;
      return done !== true;
    })
    .map((container) => container.name);
  if (incomplete.length === 0 || begun) return { status: true };
  return {
    status: false,
    reason: "ContainersNotInitialized",
    message: `containers with incomplete status: [${incomplete.join(" ")}]`,
  };
}

function containersReadyVerdict({ pod, phase, init, main }: ConditionInput): Verdict {
  if (phase === "Succeeded") return { status: false, reason: "PodCompleted" };
  if (phase === "Failed") return { status: false, reason: "PodFailed" };
  const sidecars = (pod.spec?.initContainers ?? []).filter((container) => container.restartPolicy === "Always");
  const unready = [...sidecars, ...(pod.spec?.containers ?? [])]
    .filter((container) => [...init, ...main].find((status) => status.name === container.name)?.ready !== true)
    .map((container) => container.name);
  if (unready.length === 0) return { status: true };
  return {
    status: false,
    reason: "ContainersNotReady",
    message: `containers with unready status: [${unready.join(" ")}]`,
  };
}

function readyVerdict({ pod, disrupted }: ConditionInput, containersReady: Verdict): Verdict {
  if (!containersReady.status) return containersReady;
  // Its containers still answer and are about to end: Services send nobody there any more.
  if (disrupted !== undefined) return { status: false, ...disrupted };
  const closed = (pod.spec?.readinessGates ?? []).flatMap(({ conditionType: type }) => {
    const status = pod.status?.conditions?.find((one) => one.type === type)?.status;
    if (status === undefined) return [`corresponding condition of pod readiness gate "${type}" does not exist.`];
    return status === "True" ? [] : [`the status of pod readiness gate "${type}" is not "True", but ${status}`];
  });
  if (closed.length === 0) return { status: true };
  return { status: false, reason: "ReadinessGatesNotReady", message: closed.join(", ") };
}

function condition(type: string, verdict: Verdict, { pod, now }: ConditionInput): PodCondition {
  const status = verdict.status ? "True" : "False";
  const before = pod.status?.conditions?.find((one) => one.type === type);
  const since = before?.status === status ? before.lastTransitionTime : undefined;
  return {
    type,
    status,
    ...(verdict.reason !== undefined && { reason: verdict.reason }),
    ...(verdict.message !== undefined && { message: verdict.message }),
    lastTransitionTime: since ?? rfc3339(now),
    ...(pod.metadata?.generation !== undefined && { observedGeneration: pod.metadata.generation }),
  };
}
