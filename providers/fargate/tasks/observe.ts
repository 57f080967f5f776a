/** What DescribeTasks shows of a task → TaskState. Pure; reasons of ends are `reasons.ts`. */
import type { Container, ContainerDefinition, Task, TaskDefinition } from "@aws-sdk/client-ecs";
import type {
  ContainerKind,
  ContainerState,
  ProviderContext,
  RunState,
  TaskState,
  Terminated,
  Waiting,
} from "../../../src/provider.ts";
import { filesTrouble, noWords, type Words } from "../files/trouble.ts";
import { identityOf, type Owner } from "../identity.ts";
import { type Disruption, disruptionOf, endOf, neverRan, takenEarly, taskTrouble } from "./reasons.ts";
import { labels } from "../request.ts";

export interface Observer extends Owner, Pick<ProviderContext, "network"> {
  /** Size and price in words and dollars an hour, from what ECS says of the task: CPU units, MiB, GiB, market. */
  size(task: Task): Pick<TaskState, "provisioned" | "hourlyUsd">;
}

/** ECS counts versions of a task; between two of them its health changes, which `feed.ts` counts in the last three digits. */
export const versionStep = 1_000;

/**
 * `definition`: the task's own revision, whose labels tell which container is what. `undefined` for a task that is not
 * this node's. Containers that the definition does not know are AWS's own (GuardDuty's agent) and left out. `words`: of the
 * container for files, where it has failed; as long as they are awaited, the task has not ended.
 */
export function observe(
  task: Task,
  definition: TaskDefinition,
  observer: Observer,
  words: Words = noWords,
): TaskState | undefined {
  const identity = identityOf(task.startedBy, observer);
  if (identity === undefined) return undefined;
  const parts = partsOf(task, definition);
  const began = parts.some(({ kind, seen }) => kind === "main" && hasRun(seen, task));
  const disrupted = disruptionOf(task, began);
  const tags = new Map((task.tags ?? []).map(({ key, value }) => [key, value ?? ""]));
  return {
    id: task.taskArn ?? "",
    identity,
    podName: tags.get("burstlet.dev/pod") ?? "",
    podNamespace: tags.get("burstlet.dev/namespace") ?? "",
    nodeName: observer.nodeName,
    version: (task.version ?? 0) * versionStep,
    phase: words.awaited ? "stopping" : phaseOf(task, began),
    endedAt: (task.stoppedAt ?? task.executionStoppedAt ?? task.stoppingAt)?.getTime(),
    containers: parts.map((part) => containerState(part, parts, task, words)),
    podIPs: addressesOf(task),
    // Where the node reaches no task nobody asks over the network: the support table refuses such a probe, or tells of it.
    probedBy: observer.network === "routed" ? "split" : "provider",
    ...observer.size(task),
    ...reasonOf(task, { disrupted, early: takenEarly(task, began) }, words),
  };
}

interface Part {
  readonly name: string;
  readonly kind: ContainerKind;
  readonly index: number;
  readonly definition: ContainerDefinition;
  /** Absent until ECS lists the containers. */
  readonly seen: Container | undefined;
}

const kinds: Readonly<Record<string, ContainerKind>> = { init: "init", sidecar: "sidecar", main: "main" };

/** The pod's containers in the pod's order, without helpers. */
function partsOf(task: Task, { containerDefinitions = [] }: TaskDefinition): readonly Part[] {
  const parts = containerDefinitions.flatMap((definition): Part[] => {
    const { name = "", dockerLabels = {} } = definition;
    const kind = kinds[dockerLabels[labels.kind] ?? ""];
    if (kind === undefined) return [];
    const seen = task.containers?.find((one) => one.name === name);
    return [
      {
        name: dockerLabels[labels.name] ?? name,
        kind,
        index: Number(dockerLabels[labels.index] ?? 0),
        definition,
        seen,
      },
    ];
  });
  return parts.toSorted((a, b) => a.index - b.index);
}

/**
 * From the containers, not from the task: its lastStatus is the least of theirs, so that it is not RUNNING while one of
 * them still waits for another. All containers have ended some time before the task is STOPPED.
 */
function phaseOf(task: Task, began: boolean): TaskState["phase"] {
  const { lastStatus = "", desiredStatus, containers = [] } = task;
  if (over.has(lastStatus)) return "stopped";
  const ended = containers.length > 0 && containers.every((one) => one.lastStatus === "STOPPED");
  if (desiredStatus === "STOPPED") return ended ? "stopped" : "stopping";
  return began ? "running" : "starting";
}

const over: ReadonlySet<string> = new Set(["STOPPED", "DELETED", "DEPROVISIONING"]);

function hasRun(seen: Container | undefined, task: Task): boolean {
  if (seen?.lastStatus === "RUNNING") return true;
  return seen?.lastStatus === "STOPPED" && neverRan(seen, task) === undefined;
}

function containerState(part: Part, all: readonly Part[], task: Task, words: Words): ContainerState {
  const { name, kind, definition, seen } = part;
  const { image = definition.image ?? "", imageDigest, runtimeId } = seen ?? {};
  return {
    name,
    kind,
    instance: 0,
    image,
    ...(imageDigest !== undefined && { imageID: `${image.replace(/(:[^/:@]+)?(@.*)?$/, "")}@${imageDigest}` }),
    ...(runtimeId !== undefined && { containerID: `ecs://${runtimeId}` }),
    ...healthOf(part),
    state: withFiles(runState(part, all, task), task, words),
  };
}

function runState(part: Part, all: readonly Part[], task: Task): RunState {
  const { seen } = part;
  if (seen?.lastStatus === "STOPPED")
    return withTurn(neverRan(seen, task), part, all) ?? ended(endOf(seen), part, task);
  if (seen?.lastStatus !== "RUNNING") {
    return withTurn(taskTrouble(task) ?? { is: "waiting", reason: "ContainerCreating" }, part, all);
  }
  if (task.lastStatus !== "STOPPED") return { is: "running", startedAt: startOf(task) ?? 0 };
  return ended({ exitCode: undefined, reason: "ContainerStatusUnknown" }, part, task);
}

/** Where the container for files has failed, that is what every other one waits for. */
function withFiles(state: RunState, task: Task, words: Words): RunState {
  return state.is === "waiting" ? (filesTrouble(task, words) ?? state) : state;
}

/** The kubelet's word for what waits for the init containers before it. */
function withTurn<T extends Waiting | Terminated | undefined>(state: T, { kind }: Part, all: readonly Part[]): T {
  if (state?.is !== "waiting" || state.reason !== "ContainerCreating" || kind !== "main") return state;
  const row = all.some((one) => one.kind === "init" && one.seen?.exitCode !== 0);
  return row ? { ...state, reason: "PodInitializing" } : state;
}

function ended(end: Pick<Terminated, "exitCode" | "reason" | "message">, part: Part, task: Task): Terminated {
  return { is: "terminated", ...end, startedAt: startOf(task), finishedAt: endTime(part, task) };
}

/** ECS tells no times of single containers: this is when the last image was there, or when the task ran. */
function startOf({ pullStoppedAt, startedAt, createdAt }: Task): number | undefined {
  return (pullStoppedAt ?? startedAt ?? createdAt)?.getTime();
}

/**
 * The end of an essential container ends the task, and executionStoppedAt is when the last container ended. What has
 * ended earlier, an init container say, did so at a time that ECS does not tell.
 */
function endTime({ definition, kind }: Part, { executionStoppedAt, stoppedAt }: Task): number | undefined {
  if (definition.essential !== true || kind !== "main") return undefined;
  return (executionStoppedAt ?? stoppedAt)?.getTime();
}

/** Does ECS check the health of a container of this definition, for probes of the pod? */
export function isChecked({ containerDefinitions = [] }: TaskDefinition): boolean {
  return containerDefinitions.some(
    ({ healthCheck, dockerLabels }) => healthCheck !== undefined && dockerLabels?.[labels.probes] !== undefined,
  );
}

/** What the health check, which stands for the probes that its label names, says of a running container. */
function healthOf({ definition, seen }: Part): Pick<ContainerState, "ready" | "started" | "failed"> {
  const probes = (definition.dockerLabels?.[labels.probes] ?? "").split(",");
  if (definition.healthCheck === undefined || seen?.lastStatus !== "RUNNING") return {};
  const healthy = seen.healthStatus === "HEALTHY";
  const failing = seen.healthStatus === "UNHEALTHY";
  const asks = (["liveness", "startup"] as const).find((kind) => probes.includes(kind));
  return {
    ...(probes.includes("readiness") && { ready: healthy }),
    ...(probes.includes("startup") && { started: healthy }),
    ...(failing && asks !== undefined && { failed: asks }),
  };
}

/** From the containers: the attachment has one name in answers and another one in events. */
function addressesOf({ containers = [] }: Task): readonly string[] {
  const interfaces = containers.flatMap(({ networkInterfaces = [] }) => networkInterfaces);
  const found = interfaces.flatMap(({ privateIpv4Address, ipv6Address }) => [privateIpv4Address, ipv6Address]);
  return [...new Set(found.flatMap((address) => (address === undefined || address === "" ? [] : [address])))];
}

function reasonOf(
  task: Task,
  { disrupted, early }: { readonly disrupted: Disruption | undefined; readonly early: Disruption | undefined },
  words: Words,
): Pick<TaskState, "reason" | "message" | "disrupted" | "warning"> {
  if (disrupted !== undefined) return { ...disrupted, disrupted: true, warning: disrupted };
  const trouble = words.awaited ? undefined : (filesTrouble(task, words) ?? taskTrouble(task));
  return {
    ...(trouble !== undefined && { reason: trouble.reason, message: trouble.message }),
    ...(early !== undefined && { warning: early }),
  };
}
