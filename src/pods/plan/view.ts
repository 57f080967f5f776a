/** The world as one decision sees it: which task counts, what phase of life the pod is in, what there is to tell. Pure. */
import { parseTime } from "../../model/clock.ts";
import type { Pod, PodSpec } from "../../model/kube.ts";
import type { ContainerState, Terminated, TaskState } from "../../model/task-state.ts";
import { isFinished } from "./attempts.ts";
import { type AttemptRecord, recordOf, type World } from "./world.ts";

/** The kubelet's floor for the grace of a pod deleted by force. */
const SHORTEST_GRACE_MS = 2_000;
const DEFAULT_GRACE_SECONDS = 30;

export interface View {
  readonly pod: Pod;
  readonly spec: PodSpec;
  readonly record: AttemptRecord | undefined;
  /** The task of the present attempt; a lost one is rebuilt from the pod's status with unknown ends. */
  readonly task: TaskState | undefined;
  /** The task should exist and does not. */
  readonly lost: boolean;
  readonly life: Life;
}

/** Once terminating, a uid never starts again; terminated is what the API server already shows. */
export type Life =
  | { readonly is: "running" }
  | { readonly is: "terminating"; readonly why: Why; readonly killAt: number; readonly words?: Words | undefined }
  | { readonly is: "terminated" };

type Why = "deleted" | "deadline" | "finished" | "disrupted";

export interface Words {
  readonly reason: string;
  readonly message: string;
}

export function viewOf(world: World, pod: Pod): View {
  const spec: PodSpec = pod.spec ?? { containers: [] };
  const record = recordOf(pod) ?? adopted(world);
  const told = world.tasks.find((task) => task.identity.attempt === record?.attempt);
  const real = told === undefined ? undefined : probed(told, world.health);
  const lost = real === undefined && record !== undefined && world.tasksKnown && isLost(record, world);
  const task = real ?? (lost ? lostTask(pod, spec, record, world) : undefined);
  return { pod, spec, record, task, lost, life: lifeOf(pod, spec, task, world.now) };
}

/** The task with what the core's own probes say of its containers, beside what the provider's have said. */
function probed(task: TaskState, health: World["health"]): TaskState {
  if (task.probedBy === "provider" || health.size === 0) return task;
  const containers = task.containers.map((one) => {
    const found = health.get(one.name);
    if (found === undefined) return one;
    const started = found.started && (one.started ?? true);
    return { ...one, started, ready: found.ready && (one.ready ?? true), failed: one.failed ?? found.failed };
  });
  return { ...task, containers };
}

/** A task that carries this pod's uid although the record is gone (somebody removed our annotations): keep it. */
function adopted(world: World): AttemptRecord | undefined {
  const attempt = Math.max(0, ...world.tasks.map((task) => task.identity.attempt));
  if (attempt === 0) return undefined;
  const backend = world.provider.name;
  return { backend, attempt, try: 1, recordedAt: undefined, taskSeen: true, earlierRestarts: {} };
}

function isLost(record: AttemptRecord, world: World): boolean {
  // The node has another provider than when this was launched: nobody here can see or end that task.
  if (record.backend !== world.provider.name) return true;
  // Its task was told while it waited for its turn.
  if (record.isUnsent === true && world.notes.vanished !== record.attempt) return false;
  if (record.taskSeen || world.notes.vanished === record.attempt) return true;
  if (isUnsent(record, world)) return false;
  const age = record.recordedAt === undefined ? 0 : world.now - record.recordedAt;
  return age > memoryOf(record, world) * 1000;
}

/** Seconds for which the cloud remembers what this record was written for. */
export function memoryOf(record: AttemptRecord, { provider }: World): number {
  return record.memory ?? provider.memory;
}

/** Is it certain that this record's try has started nothing? */
export function isUnsent(record: AttemptRecord, { notes }: World): boolean {
  if (record.isUnsent === true) return true;
  return notes.unsent?.attempt === record.attempt && notes.unsent.try === record.try;
}

function lifeOf(pod: Pod, spec: PodSpec, task: TaskState | undefined, now: number): Life {
  const phase = pod.status?.phase;
  if (phase === "Succeeded" || phase === "Failed") return { is: "terminated" };
  const graceMs = (spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS) * 1000;
  const deletedAt = parseTime(pod.metadata?.deletionTimestamp);
  // deletionTimestamp is when the grace ends, not when the deletion was asked for.
  if (deletedAt !== undefined) return { is: "terminating", why: "deleted", killAt: deletedAt };
  const finished = task !== undefined && isFinished(spec, task);
  const endedAt = finished ? lastEnd(task) : undefined;
  const deadline = deadlineOf(pod, spec);
  // What had ended in time does not fail because nobody looked in time.
  if (deadline !== undefined && deadline <= now && (endedAt ?? now) >= deadline) {
    const words = {
      reason: "DeadlineExceeded",
      message: "Pod was active on the node longer than the specified deadline",
    };
    return { is: "terminating", why: "deadline", killAt: deadline + graceMs, words };
  }
  if (task?.disrupted === true) {
    const words = {
      reason: task.reason ?? "TerminationByProvider",
      message: task.message ?? "the provider took the task away",
    };
    return { is: "terminating", why: "disrupted", killAt: now + graceMs, words };
  }
  if (finished) return { is: "terminating", why: "finished", killAt: (endedAt ?? now) + graceMs };
  return { is: "running" };
}

/** When the last container ended that decides about the pod; `undefined` when one of these ends has no known time. */
function lastEnd(task: TaskState): number | undefined {
  const ends = task.containers.flatMap(({ kind, state }) =>
    kind !== "sidecar" && state.is === "terminated" ? [state.finishedAt ?? Number.NaN] : [],
  );
  const last = Math.max(...ends);
  return Number.isFinite(last) ? last : undefined;
}

/** Milliseconds since 1970 at which activeDeadlineSeconds ends the pod. */
export function deadlineOf(pod: Pod, spec: PodSpec): number | undefined {
  const started = parseTime(pod.status?.startTime);
  if (spec.activeDeadlineSeconds === undefined || started === undefined) return undefined;
  return started + spec.activeDeadlineSeconds * 1000;
}

/** When the tasks of a pod must be dead whose object vanished; `pod` as it was last seen. */
export function orphanKillAt(pod: Pod | undefined, now: number): number {
  const grace = pod?.metadata?.deletionGracePeriodSeconds ?? pod?.spec?.terminationGracePeriodSeconds;
  const end = parseTime(pod?.metadata?.deletionTimestamp);
  if (end !== undefined && end > now) return end;
  return now + Math.max(SHORTEST_GRACE_MS, (grace ?? DEFAULT_GRACE_SECONDS) * 1000);
}

/**
 * What remains of a task that vanished: every container that had not ended has an unknown end, and is final where the
 * cloud has no memory: it may have run, and to run it again would be a second time.
 */
function lostTask(pod: Pod, spec: PodSpec, record: AttemptRecord, world: World): TaskState {
  const kinds: [ContainerState["kind"], { name: string; image?: string }][] = [
    ...(spec.initContainers ?? []).map(
      (one) => [one.restartPolicy === "Always" ? "sidecar" : "init", one] as [ContainerState["kind"], typeof one],
    ),
    ...spec.containers.map((one) => ["main", one] as [ContainerState["kind"], typeof one]),
    ...startedEphemeral(pod).map((one) => ["ephemeral", one] as [ContainerState["kind"], typeof one]),
  ];
  const containers = kinds.map(([kind, container]) => lostContainer(pod, kind, container, record, world));
  return {
    id: "",
    identity: { clusterUid: "", podUid: pod.metadata?.uid ?? "", attempt: record.attempt },
    podName: pod.metadata?.name ?? "",
    podNamespace: pod.metadata?.namespace ?? "",
    nodeName: spec.nodeName ?? "",
    version: 0,
    phase: "stopped",
    containers,
    ...(memoryOf(record, world) === 0 && containers.some((one) => isUnknown(one, world)) && { final: true }),
    podIPs: [],
    probedBy: "core",
  };
}

function isUnknown({ state }: ContainerState, { provider: { unknownEnd } }: World): boolean {
  return state.is === "terminated" && (state.exitCode === undefined || state.reason === unknownEnd?.reason);
}

/** Those of which a status tells that they were started. */
function startedEphemeral({ spec, status }: Pod): { name: string; image?: string }[] {
  const started = new Set(
    (status?.ephemeralContainerStatuses ?? []).filter(({ state }) => !state?.waiting).map(({ name }) => name),
  );
  return (spec?.ephemeralContainers ?? []).filter(({ name }) => started.has(name));
}

function lostContainer(
  pod: Pod,
  kind: ContainerState["kind"],
  container: { name: string; image?: string },
  record: AttemptRecord,
  { provider: { name, unknownEnd } }: World,
): ContainerState {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
  const all = [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses];
  const status = all.find((one) => one.name === container.name);
  const instance = (status?.restartCount ?? 0) - (record.earlierRestarts[container.name] ?? 0);
  // Of a container that waits for its first run in this attempt, it tells of the attempt before.
  const isOurs = status?.state?.waiting?.reason === "CrashLoopBackOff" || instance > 0;
  const before = status?.state?.running || !isOurs ? undefined : status?.lastState?.terminated;
  const ended = status?.state?.terminated ?? before;
  const end: Terminated =
    ended === undefined
      ? {
          is: "terminated",
          exitCode: undefined,
          reason: "ContainerStatusUnknown",
          message: `The container could not be located: provider ${record.backend} no longer knows its task or is not this node's`,
          ...(name === record.backend && unknownEnd),
          startedAt: parseTime(status?.state?.running?.startedAt),
        }
      : {
          is: "terminated",
          exitCode: ended.reason === "ContainerStatusUnknown" ? undefined : ended.exitCode,
          reason: ended.reason ?? "Error",
          message: ended.message,
          signal: ended.signal,
          startedAt: parseTime(ended.startedAt),
          finishedAt: parseTime(ended.finishedAt),
        };
  return {
    name: container.name,
    kind,
    instance,
    image: status?.image ?? container.image ?? "",
    imageID: status?.imageID,
    containerID: status?.containerID,
    state: end,
  };
}
