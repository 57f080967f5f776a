import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { merged } from "../../test/life/memory-api.ts";
import { transitionErrors } from "../../test/life/status-rules.ts";
import { rfc3339 } from "../model/clock.ts";
import type { ContainerStatus, Pod, PodStatus } from "../model/kube.ts";
import type { ContainerState, RunState, TaskState } from "../model/task-state.ts";
import { podStatus, type Story } from "./pod-status.ts";
import { statusPatch } from "./status-patch.ts";

const now = 1_767_323_045_000;
const past = fc.integer({ min: now - 1_000_000, max: now });

const terminated = fc.record(
  {
    is: fc.constant("terminated" as const),
    exitCode: fc.constantFrom(0, 0, 1, 137, undefined),
    reason: fc.constantFrom("Completed", "Error", "OOMKilled"),
    message: fc.constantFrom("", "out of cheese"),
    startedAt: past,
    finishedAt: past,
  },
  { requiredKeys: ["is", "exitCode", "reason"] },
);

const runState: fc.Arbitrary<RunState> = fc.oneof(
  fc.record(
    {
      is: fc.constant("waiting" as const),
      reason: fc.constantFrom("ContainerCreating", "PodInitializing", "ErrImagePull", "ImagePullBackOff"),
      message: fc.constantFrom("", "no such image"),
    },
    { requiredKeys: ["is", "reason"] },
  ),
  fc.record({ is: fc.constant("running" as const), startedAt: past }),
  terminated,
);

type Kind = "init" | "sidecar" | "main";
interface Row {
  readonly kind: Kind;
  /** As the task shows it; absent: left out of this attempt. */
  readonly seen:
    | { readonly state: RunState; readonly instance: number; readonly ready?: boolean; readonly started?: boolean }
    | undefined;
  /** As the API server shows it. */
  readonly before: { readonly state: RunState; readonly restartCount: number; readonly last: RunState } | undefined;
}

const row = (kinds: readonly Kind[]): fc.Arbitrary<Row> =>
  fc.record({
    kind: fc.constantFrom(...kinds),
    seen: fc.option(
      fc.record(
        { state: runState, instance: fc.nat(3), ready: fc.boolean(), started: fc.boolean() },
        { requiredKeys: ["state", "instance"] },
      ),
      { nil: undefined, freq: 5 },
    ),
    before: fc.option(fc.record({ state: runState, restartCount: fc.nat(4), last: runState }), { nil: undefined }),
  });

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

const addresses = fc.uniqueArray(fc.constantFrom("10.0.0.1", "10.0.0.2", "fd00::1"), { maxLength: 1 });

const situation = fc.record({
  inits: fc.array(row(["init", "sidecar"]), { maxLength: 2 }),
  mains: fc.array(row(["main"]), { minLength: 1, maxLength: 3 }),
  policy: fc.constantFrom("Always", "OnFailure", "Never"),
  gate: fc.constantFrom(undefined, "True", "False", "absent"),
  phase: fc.constantFrom(undefined, "Pending", "Pending", "Running", "Running", "Succeeded", "Failed"),
  addressesBefore: addresses,
  observed: fc.constantFrom(undefined, 1, 2),
  task: fc.option(
    fc.record({
      phase: fc.constantFrom("starting" as const, "running" as const, "stopping" as const, "stopped" as const),
      podIPs: addresses,
      disrupted: fc.boolean(),
    }),
    { nil: undefined, freq: 6 },
  ),
  story,
});
type Situation = typeof situation extends fc.Arbitrary<infer T> ? T : never;

const rowsOf = ({ inits, mains }: Situation) =>
  [...inits, ...mains].map((one, index) => ({ ...one, name: `c${index}` }));

function kubeState(state: RunState): NonNullable<ContainerStatus["state"]> {
  switch (state.is) {
    case "waiting":
      return { waiting: { reason: state.reason } };
    case "running":
      return { running: { startedAt: rfc3339(state.startedAt) } };
    case "terminated":
      return { terminated: { exitCode: state.exitCode ?? 137, reason: state.reason, finishedAt: rfc3339(now) } };
  }
}

function statusesBefore(rows: ReturnType<typeof rowsOf>): ContainerStatus[] {
  return rows.flatMap(({ name, before }) => {
    if (before === undefined) return [];
    const { state, last, restartCount } = before;
    return [
      {
        name,
        state: kubeState(state),
        lastState: last.is === "terminated" ? kubeState(last) : {},
        restartCount,
        ready: state.is === "running",
        image: "i",
        imageID: "",
        // The API server's own additions to a status.
        resources: { requests: { cpu: "1" } },
      },
    ];
  });
}

function podIn(one: Situation): Pod {
  const rows = rowsOf(one);
  const inits = rows.filter(({ kind }) => kind !== "main");
  const mains = rows.filter(({ kind }) => kind === "main");
  const spec = ({ name, kind }: { name: string; kind: Kind }) =>
    kind === "sidecar" ? { name, image: "i", restartPolicy: "Always" } : { name, image: "i" };
  const gates = one.gate === undefined || one.gate === "absent" ? [] : [{ type: "gate", status: one.gate }];
  const [ip] = one.addressesBefore;
  return {
    metadata: { name: "p", namespace: "n", uid: "u", generation: 2 },
    spec: {
      restartPolicy: one.policy,
      containers: mains.map(spec),
      initContainers: inits.map(spec),
      ...(one.gate !== undefined && { readinessGates: [{ conditionType: "gate" }] }),
    },
    status: {
      ...(one.phase !== undefined && { phase: one.phase }),
      conditions: [{ type: "PodScheduled", status: "True", lastTransitionTime: rfc3339(now - 5_000) }, ...gates],
      containerStatuses: statusesBefore(mains),
      initContainerStatuses: statusesBefore(inits),
      qosClass: "Burstable",
      ...(ip !== undefined && { podIP: ip, podIPs: [{ ip }] }),
      ...(one.observed !== undefined && { observedGeneration: one.observed }),
    },
  };
}

function taskIn(one: Situation): TaskState | undefined {
  if (one.task === undefined) return undefined;
  return {
    ...one.task,
    id: "t",
    identity: { clusterUid: "c", podUid: "u", attempt: 1 },
    podName: "p",
    podNamespace: "n",
    nodeName: "node",
    version: 1,
    probedBy: "core",
    containers: rowsOf(one).flatMap(({ name, kind, seen }): ContainerState[] =>
      seen === undefined ? [] : [{ name, kind, image: "i", ...seen }],
    ),
  };
}

/** One write of the node, as the API server stores it. */
function write(pod: Pod, one: Situation, at: number): { after: Pod; patch: object | undefined } {
  const wanted = podStatus({ pod, task: taskIn(one), story: one.story, hostIP: "10.9.9.9", now: at });
  const patch = statusPatch(pod, wanted);
  return { after: patch === undefined ? pod : merged(pod, { status: patch }), patch };
}

/** What conditions, phase and container states say against each other. */
function contradictions({ spec, status }: { spec: Pod["spec"]; status: PodStatus }): string[] {
  const is = (type: string) => status.conditions?.find((one) => one.type === type)?.status === "True";
  const statuses = status.containerStatuses ?? [];
  const inits = status.initContainerStatuses ?? [];
  const sidecarNames = new Set((spec?.initContainers ?? []).filter((one) => one.restartPolicy).map((one) => one.name));
  const sidecars = inits.filter((one) => sidecarNames.has(one.name));
  const ended = status.phase === "Succeeded" || status.phase === "Failed";
  const anyStarted = statuses.some((one) => one.state?.running ?? one.state?.terminated ?? one.lastState?.terminated);
  const says: [string, boolean][] = [
    [
      "ready, although a container is not",
      is("ContainersReady") && ![...statuses, ...sidecars].every((one) => one.ready),
    ],
    [
      "not ready, although every container is",
      !ended && !is("ContainersReady") && [...statuses, ...sidecars].every((one) => one.ready),
    ],
    ["the pod is ready and its containers are not", is("Ready") && !is("ContainersReady")],
    ["ready after its end", ended && is("Ready")],
    ["a container is ready that does not run", statuses.some((one) => one.ready && !one.state?.running)],
    ["a main container is ready before it has started", statuses.some((one) => one.ready && one.started === false)],
    ["running, although nothing ever ran", status.phase === "Running" && !is("Initialized")],
    [
      "succeeded with a failed container",
      status.phase === "Succeeded" && !statuses.every((one) => one.state?.terminated?.exitCode === 0),
    ],
    ["pending, although every container has run", status.phase === "Pending" && is("ContainersReady")],
    [
      "not initialized, although a container has started",
      anyStarted && status.phase === "Running" && !is("Initialized"),
    ],
    [
      "an unknown end counts as success",
      statuses.some(
        (one) => one.state?.terminated?.reason === "ContainerStatusUnknown" && one.state.terminated.exitCode === 0,
      ),
    ],
  ];
  return says.filter(([, wrong]) => wrong).map(([text]) => text);
}

const runs = Number(process.env["BURSTLET_PROPERTY_RUNS"] ?? 500);

describe("whatever a task shows and whatever the API server holds", () => {
  it("the status passes the API server's rules and is written once", () => {
    fc.assert(
      fc.property(situation, (one) => {
        const pod = podIn(one);
        const { after } = write(pod, one, now);
        expect(transitionErrors(pod, after)).toEqual([]);
        expect(write(after, one, now + 60_000).patch).toBeUndefined();
        expect(after.status?.qosClass).toBe("Burstable");
      }),
      { numRuns: runs },
    );
  });

  it("the conditions, the phase and the containers tell one story", () => {
    fc.assert(
      fc.property(situation, (one) => {
        const pod = podIn(one);
        // What others wrote into a pod that has ended is not ours to explain.
        fc.pre(one.phase !== "Succeeded" && one.phase !== "Failed");
        const { status = {} } = write(pod, one, now).after;
        expect(contradictions({ spec: pod.spec, status })).toEqual([]);
      }),
      { numRuns: runs },
    );
  });

  it("an unchanged condition keeps its time, a changed one is of now", () => {
    fc.assert(
      fc.property(situation, situation, (first, second) => {
        const before = write(podIn(first), first, now).after;
        const next = { ...second, inits: first.inits, mains: first.mains, policy: first.policy, gate: first.gate };
        const { after } = write(before, { ...next, story: second.story }, now + 60_000);
        for (const condition of after.status?.conditions ?? []) {
          const old = before.status?.conditions?.find((one) => one.type === condition.type);
          const since = old?.status === condition.status ? old.lastTransitionTime : rfc3339(now + 60_000);
          expect(condition.lastTransitionTime).toBe(since);
        }
      }),
      { numRuns: runs },
    );
  });
});
