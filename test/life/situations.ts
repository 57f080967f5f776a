/** Any pod, whatever its task shows, whatever the API server holds of it and whatever the node has to say: for laws of status. */
import fc from "fast-check";
import { rfc3339 } from "../../src/model/clock.ts";
import type { Container, ContainerStatus, Pod, PodCondition } from "../../src/model/kube.ts";
import type { ContainerState, RunState, TaskState } from "../../src/model/task-state.ts";
import type { EphemeralTroubles } from "../../src/status/ephemeral.ts";
import type { Story } from "../../src/status/pod-status.ts";

export const situationTime = 1_767_323_045_000;
const past = fc.integer({ min: situationTime - 1_000_000, max: situationTime });
const text = fc.constantFrom("", "out of cheese", "x".repeat(20_000));

const terminated = fc.record(
  {
    is: fc.constant("terminated" as const),
    exitCode: fc.constantFrom(0, 0, 1, 137, undefined),
    reason: fc.constantFrom("Completed", "Error", "OOMKilled"),
    signal: fc.constantFrom(9, 15),
    message: text,
    startedAt: past,
    finishedAt: past,
  },
  { requiredKeys: ["is", "exitCode", "reason"] },
);

const runState: fc.Arbitrary<RunState> = fc.oneof(
  fc.record(
    {
      is: fc.constant("waiting" as const),
      reason: fc.constantFrom("ContainerCreating", "PodInitializing", "ErrImagePull", "CreateContainerConfigError"),
      message: text,
    },
    { requiredKeys: ["is", "reason"] },
  ),
  fc.record({ is: fc.constant("running" as const), startedAt: past }),
  terminated,
);

type Kind = "init" | "sidecar" | "main" | "ephemeral";

const row = (kinds: readonly Kind[]) =>
  fc.record({
    kind: fc.constantFrom(...kinds),
    /** Of its own, of init and main containers. */
    policy: fc.constantFrom(undefined, undefined, "Always", "OnFailure", "Never"),
    rule: fc.constantFrom(undefined, undefined, "In", "NotIn"),
    cpu: fc.constantFrom(undefined, "1", "2"),
    /** As the task shows it; absent: left out of this attempt. */
    seen: fc.option(
      fc.record(
        {
          state: runState,
          instance: fc.nat(3),
          last: terminated,
          containerID: fc.constantFrom("runtime://a", "runtime://b"),
          ready: fc.boolean(),
          started: fc.boolean(),
          hookFailures: fc.constantFrom({}, { postStart: "no" }, { preStop: "no" }),
        },
        { requiredKeys: ["state", "instance"] },
      ),
      { nil: undefined, freq: 5 },
    ),
    /** As the API server shows it. */
    before: fc.option(
      fc.record({
        state: runState,
        restartCount: fc.nat(4),
        last: runState,
        cpu: fc.constantFrom(undefined, "1", "2"),
      }),
      { nil: undefined },
    ),
  });
type Row = ReturnType<typeof row> extends fc.Arbitrary<infer T> ? T : never;

const words = fc.constantFrom({ reason: "ProviderRefused", message: "no" }, { reason: "Denied", message: "later" });
const story: fc.Arbitrary<Story> = fc.record(
  {
    waiting: words,
    refused: fc.record({ reason: fc.constant("Refused"), message: fc.constant("no"), final: fc.boolean() }),
    ended: words,
    closing: fc.boolean(),
    backOffs: fc.constantFrom(new Map([["c0", 20_000]]), new Map([["c1", 300_000]])),
    earlierRestarts: fc.constantFrom({ c0: 2 }, { c1: 1, c2: 5 }),
  },
  { requiredKeys: [] },
);

const trouble: fc.Arbitrary<EphemeralTroubles> = fc.constantFrom(
  new Map(),
  new Map([["e0", { is: "sent" as const }]]),
  new Map([["e0", { is: "refused" as const, message: "no" }]]),
  new Map([["e0", { is: "missing" as const, reason: "CreateContainerConfigError", message: "later" }]]),
);

const addresses = fc.uniqueArray(fc.constantFrom("10.0.0.1", "10.0.0.2", "fd00::1"), { maxLength: 2 });

/** Our own types and somebody else's, as an earlier write may have left them. */
const condition = fc.record(
  {
    type: fc.constantFrom(
      "PodReadyToStartContainers",
      "Initialized",
      "ContainersReady",
      "Ready",
      "DisruptionTarget",
      "PodResizePending",
      "PodResizeInProgress",
      "burstlet.dev/Refused",
      "example.com/Theirs",
    ),
    status: fc.constantFrom("True", "False"),
    reason: fc.constantFrom("Old", "Infeasible"),
    message: fc.constant("as it was"),
    lastTransitionTime: fc.constant(rfc3339(situationTime - 5_000)),
    observedGeneration: fc.constantFrom(1, 2),
  },
  { requiredKeys: ["type", "status", "lastTransitionTime"] },
);

export const situations = fc.record({
  inits: fc.array(row(["init", "sidecar"]), { maxLength: 2 }),
  mains: fc.array(row(["main"]), { minLength: 1, maxLength: 3 }),
  ephemerals: fc.array(row(["ephemeral"]), { maxLength: 1 }),
  ephemeralTroubles: fc.option(trouble, { nil: undefined }),
  policy: fc.constantFrom("Always", "OnFailure", "Never"),
  gate: fc.constantFrom(undefined, "True", "False", "absent"),
  phase: fc.constantFrom(undefined, "Pending", "Pending", "Running", "Running", "Succeeded", "Failed"),
  words: fc.option(words, { nil: undefined }),
  conditions: fc.uniqueArray(condition, { selector: ({ type }) => type, maxLength: 4 }),
  addressesBefore: addresses,
  observed: fc.constantFrom(undefined, 1, 2),
  task: fc.option(
    fc.record(
      {
        phase: fc.constantFrom("starting" as const, "running" as const, "stopping" as const, "stopped" as const),
        podIPs: addresses,
        hostIP: fc.constant("10.8.8.8"),
        probedBy: fc.constantFrom("core" as const, "provider" as const),
        disrupted: fc.boolean(),
        reason: fc.constantFrom("SpotInterruption", "HostMaintenance"),
        message: text,
      },
      { requiredKeys: ["phase", "podIPs", "probedBy"] },
    ),
    { nil: undefined, freq: 6 },
  ),
  story,
});
export type Situation = typeof situations extends fc.Arbitrary<infer T> ? T : never;

type Named = Row & { readonly name: string };

function rowsOf({ inits, mains, ephemerals }: Situation): readonly Named[] {
  const named = [...inits, ...mains].map((one, index) => ({ ...one, name: `c${index}` }));
  return [...named, ...ephemerals.map((one, index) => ({ ...one, name: `e${index}` }))];
}

function kubeState(state: RunState): NonNullable<ContainerStatus["state"]> {
  switch (state.is) {
    case "waiting":
      return { waiting: { reason: state.reason } };
    case "running":
      return { running: { startedAt: rfc3339(state.startedAt) } };
    case "terminated":
      return {
        terminated: { exitCode: state.exitCode ?? 137, reason: state.reason, finishedAt: rfc3339(situationTime) },
      };
  }
}

const resourcesOf = (cpu: string | undefined) => (cpu === undefined ? {} : { resources: { requests: { cpu } } });

function statusBefore({ name, kind, before }: Named): ContainerStatus[] {
  if (before === undefined) return [];
  const { state, last, restartCount, cpu } = before;
  const lastState = last.is === "terminated" ? kubeState(last) : {};
  const succeeded = state.is === "terminated" && state.exitCode === 0;
  const ready = kind === "init" ? succeeded : kind !== "ephemeral" && state.is === "running";
  return [
    { name, state: kubeState(state), lastState, restartCount, ready, image: "i", imageID: "", ...resourcesOf(cpu) },
  ];
}

function specOf({ name, kind, policy, rule, cpu }: Named): Container {
  if (kind === "sidecar") return { name, image: "i", restartPolicy: "Always" };
  if (kind === "ephemeral") return { name, image: "i" };
  // Always would make a sidecar of an init container.
  const restartPolicy = kind === "init" && policy === "Always" ? undefined : policy;
  const rules = rule && restartPolicy && [{ action: "Restart", exitCodes: { operator: rule, values: [137] } }];
  return {
    name,
    image: "i",
    ...resourcesOf(cpu),
    ...(restartPolicy && { restartPolicy }),
    ...(rules && { restartPolicyRules: rules }),
  };
}

export function podIn(one: Situation): Pod {
  const rows = rowsOf(one);
  const of = (...kinds: readonly Kind[]) => rows.filter(({ kind }) => kinds.includes(kind));
  const gates: PodCondition[] =
    one.gate === undefined || one.gate === "absent" ? [] : [{ type: "gate", status: one.gate }];
  const scheduled = { type: "PodScheduled", status: "True", lastTransitionTime: rfc3339(situationTime - 5_000) };
  const [ip] = one.addressesBefore;
  return {
    metadata: { name: "p", namespace: "n", uid: "u", generation: 2 },
    spec: {
      restartPolicy: one.policy,
      containers: of("main").map(specOf),
      initContainers: of("init", "sidecar").map(specOf),
      ephemeralContainers: of("ephemeral").map(specOf),
      ...(one.gate !== undefined && { readinessGates: [{ conditionType: "gate" }] }),
    },
    status: {
      ...(one.phase !== undefined && { phase: one.phase, ...one.words }),
      conditions: [scheduled, ...gates, ...one.conditions],
      containerStatuses: of("main").flatMap(statusBefore),
      initContainerStatuses: of("init", "sidecar").flatMap(statusBefore),
      ephemeralContainerStatuses: of("ephemeral").flatMap(statusBefore),
      qosClass: "Burstable",
      ...(ip !== undefined && { podIP: ip, podIPs: one.addressesBefore.map((each) => ({ ip: each })) }),
      ...(one.observed !== undefined && { observedGeneration: one.observed }),
    },
  };
}

export function taskIn(one: Situation): TaskState | undefined {
  if (one.task === undefined) return undefined;
  return {
    ...one.task,
    id: "t",
    identity: { clusterUid: "c", podUid: "u", attempt: 1 },
    podName: "p",
    podNamespace: "n",
    nodeName: "node",
    version: 1,
    containers: rowsOf(one).flatMap(({ name, kind, seen }): ContainerState[] =>
      seen === undefined ? [] : [{ name, kind, image: "i", ...seen }],
    ),
  };
}
