/** What a GET of a container group tells → TaskState. Pure; words are `reasons.ts`, ends under Never `first-end.ts`. */
import {
  type ContainerKind,
  type ContainerState,
  parseTime,
  type ProviderContext,
  type RunState,
  type TaskState,
  type Waiting,
} from "../../../src/provider.ts";
import type { AciConfig } from "../config.ts";
import { identityOf, type Owner, podOf } from "../names.ts";
import { hourlyUsd, provisionedText } from "../size/sizes.ts";
import { withFarewell } from "../farewell/words.ts";
import { firstEnd, keepsEnds, keepsFirst } from "./first-end.ts";
import type { Farewell } from "./known-groups.ts";
import {
  endOf,
  imageIdOf,
  messageOf,
  newest,
  platformReason,
  pullOf,
  startTrouble,
  troubleOf,
  unknownEnd,
} from "./reasons.ts";
import type { ContainerGroup, ContainerView, GroupContainer, GroupEvent } from "./shapes.ts";

export interface Observer extends Owner, Pick<ProviderContext, "network"> {
  /** Of the picture that comes out: Azure counts none, so that who asks does. */
  readonly version: number;
  readonly prices?: AciConfig["prices"];
}

/**
 * `undefined` for a group that is not this node's, and for one out of a list, which tells nothing of states. `before`: the
 * picture before this one, for what Azure forgets. `farewell`: its containers are asked to end.
 */
export function observe(
  group: ContainerGroup,
  observer: Observer,
  before?: TaskState,
  farewell?: Farewell,
): TaskState | undefined {
  const seen = pictureOf(group, observer, before, farewell !== undefined);
  return seen && farewell ? withFarewell(seen, farewell) : seen;
}

function pictureOf(
  group: ContainerGroup,
  observer: Observer,
  before: TaskState | undefined,
  isLeaving: boolean,
): TaskState | undefined {
  const identity = identityOf(group.tags ?? undefined, observer);
  if (identity === undefined || (group.properties?.instanceView ?? undefined) === undefined) return undefined;
  const facts = factsOf(group);
  const pod = podOf(group.tags ?? undefined);
  const told = facts.parts.map((part) => containerState(part, facts));
  const containers = facts.isNever ? keepsFirst(told, before) : isLeaving ? keepsEnds(told, before) : told;
  const { ip } = group.properties?.ipAddress ?? {};
  return {
    id: group.id ?? group.name ?? "",
    identity,
    podName: pod.name,
    podNamespace: pod.namespace,
    nodeName: observer.nodeName,
    version: observer.version,
    phase: phaseOf(facts, containers),
    ...(facts.isOver && endTime(containers)),
    containers,
    podIPs: typeof ip === "string" && ip !== "" ? [ip] : [],
    // Where the node reaches no group nobody asks over the network: the support table refuses such a probe, or tells of it.
    probedBy: observer.network === "routed" ? "liveness" : "provider",
    ...sizeOf(facts, observer.prices),
    ...wordsOf(facts, containers),
  };
}

interface Part {
  readonly name: string;
  readonly kind: Exclude<ContainerKind, "ephemeral">;
  readonly container: GroupContainer;
  readonly view: ContainerView;
}

interface Facts {
  readonly parts: readonly Part[];
  readonly provisioning: string;
  /** Of the group: `Pending`, `Running`, `Stopped`, `Succeeded`, `Failed`. */
  readonly state: string;
  readonly isNever: boolean;
  /** It is of the offer whose prices the configuration has. */
  readonly isPriced: boolean;
  readonly events: readonly GroupEvent[];
  /** Nothing of it will run again by itself. */
  readonly isOver: boolean;
  /** A container that is no init container has run. */
  readonly began: boolean;
}

function factsOf(group: ContainerGroup): Facts {
  const { provisioningState, restartPolicy, instanceView, ...of } = group.properties ?? {};
  const { sidecars } = podOf(group.tags ?? undefined);
  // That Azure gives containers back in the order of the PUT is not verified.
  const parts = [
    ...(of.initContainers ?? []).map((container) => partOf(container, "init")),
    ...(of.containers ?? []).map((container) =>
      partOf(container, sidecars.includes(container.name ?? "") ? "sidecar" : "main"),
    ),
  ];
  const lasting = parts.filter(({ kind }) => kind !== "init");
  const state = instanceView?.state ?? "";
  const policy = restartPolicy ?? "Always";
  return {
    parts,
    provisioning: provisioningState ?? "",
    state,
    isNever: policy === "Never",
    isPriced: (of.sku ?? "Standard") === "Standard" && (of.priority ?? "Regular") === "Regular",
    events: instanceView?.events ?? [],
    isOver: isOver(state, policy, parts),
    began: lasting.some(({ view }) => hasRun(view)),
  };
}

function partOf(container: GroupContainer, kind: Part["kind"]): Part {
  return { name: container.name ?? "", kind, container, view: container.properties?.instanceView ?? {} };
}

function hasRun({ currentState, previousState, restartCount }: ContainerView): boolean {
  const isSeen = currentState?.state === "Running" || currentState?.state === "Terminated";
  return isSeen || previousState?.state === "Terminated" || (restartCount ?? 0) > 0;
}

/** The group's own state may lag behind those of its containers, and `Failed` is an end under Never alone. */
function isOver(state: string, policy: string, parts: readonly Part[]): boolean {
  if (state === "Stopped" || state === "Succeeded") return true;
  if (policy === "Always") return false;
  if (policy === "Never" && state === "Failed") return true;
  const lasting = parts.filter(({ kind }) => kind !== "init");
  const isDone = ({ view: { currentState } }: Part): boolean =>
    currentState?.state === "Terminated" && (policy === "Never" || currentState.exitCode === 0);
  return lasting.length > 0 && lasting.every(isDone);
}

function phaseOf(
  { provisioning, isOver: over, isNever, began }: Facts,
  containers: readonly ContainerState[],
): TaskState["phase"] {
  if (over) return "stopped";
  if (provisioning === "Deleting") return "stopping";
  if (!began) return "starting";
  // Under Never all have ended once, and Azure runs one of them again: the provider ends the group.
  const lasting = containers.filter(({ kind }) => kind !== "init");
  return isNever && lasting.every(({ state }) => state.is === "terminated") ? "stopping" : "running";
}

/** Azure tells no end of the group itself, only those of its containers. */
function endTime(containers: readonly ContainerState[]): Pick<TaskState, "endedAt"> {
  const ends = containers.flatMap(({ state }) => (state.is === "terminated" ? (state.finishedAt ?? []) : []));
  return ends.length > 0 ? { endedAt: Math.max(...ends) } : {};
}

function containerState(part: Part, facts: Facts): ContainerState {
  const { name, kind, container, view } = part;
  const events = view.events ?? [];
  const imageID = imageIdOf(events);
  const pull = pullOf(events);
  const state = runState(part, facts);
  return {
    name,
    kind,
    // Under Never the pod's one run is the first, whatever Azure does after it.
    instance: facts.isNever ? 0 : (view.restartCount ?? 0),
    image: container.properties?.image ?? "",
    ...(imageID !== undefined && { imageID }),
    ...(pull !== undefined && { pull }),
    ...(!facts.isNever && view.previousState?.state === "Terminated" && { last: endOf(view.previousState, events) }),
    ...(state.is === "running" && isUnwell(facts) && { ready: false }),
    state,
  };
}

function runState(part: Part, facts: Facts): RunState {
  const { view } = part;
  const { currentState } = view;
  const first = facts.isNever ? firstEnd(view) : undefined;
  if (first !== undefined) return first;
  if (currentState?.state === "Terminated") return endOf(currentState, view.events ?? []);
  if (facts.isOver && hasRun(view))
    return unknownEnd(
      "ContainerGroupStopped",
      "The group has stopped, and Azure does not tell how.",
      currentState ?? {},
    );
  if (currentState?.state === "Running") return { is: "running", startedAt: startOf(view) };
  return waiting(part, facts);
}

/** Recorded answers have it; an event tells the same to the second. */
function startOf({ currentState, events }: ContainerView): number {
  const started = newest((events ?? []).filter(({ name }) => name === "Started"));
  return parseTime(currentState?.startTime) ?? parseTime(started?.lastTimestamp) ?? 0;
}

function waiting({ kind, view }: Part, facts: Facts): Waiting {
  const own = troubleOf(view);
  if (own !== undefined) return own;
  const isBehind = kind !== "init" && facts.parts.some((part) => part.kind === "init" && !hasSucceeded(part));
  if (isBehind) return { is: "waiting", reason: "PodInitializing" };
  return { is: "waiting", reason: "ContainerCreating", ...startTrouble(facts.events, facts.provisioning === "Failed") };
}

function hasSucceeded({ view: { currentState } }: Part): boolean {
  return currentState?.state === "Terminated" && currentState.exitCode === 0;
}

/** Azure moves the group to another machine, or looks whether it must. */
function isUnwell({ provisioning }: Facts): boolean {
  return provisioning === "Unhealthy" || provisioning === "Repairing";
}

function sizeOf({ parts, isPriced }: Facts, prices: AciConfig["prices"]): Pick<TaskState, "provisioned" | "hourlyUsd"> {
  const requests = parts.map(({ container }) => container.properties?.resources?.requests);
  const sum = (of: "cpu" | "memoryInGB"): number =>
    Math.round(requests.reduce((total, share) => total + (share?.[of] ?? 0), 0) * 100) / 100;
  const size = { cpu: sum("cpu"), memoryInGB: sum("memoryInGB") };
  if (!(size.cpu > 0 && size.memoryInGB > 0)) return {};
  return { provisioned: provisionedText(size), ...(prices && isPriced && { hourlyUsd: hourlyUsd(size, prices) }) };
}

function wordsOf(
  facts: Facts,
  containers: readonly ContainerState[],
): Pick<TaskState, "reason" | "message" | "disrupted"> {
  const taken = containers.find(({ state }) => state.is === "terminated" && state.reason === platformReason);
  if (taken !== undefined && (facts.isOver || facts.isNever))
    return { reason: platformReason, message: `Azure has ended container ${taken.name}.`, disrupted: true };
  const last = messageOf(newest([...facts.events, ...facts.parts.flatMap(({ view }) => view.events ?? [])]));
  if (facts.provisioning === "Failed" && !facts.began) return { reason: "ProvisioningFailed", ...last };
  if (isUnwell(facts)) return { reason: "NodeRepair", ...last };
  // Under Never it is stopped when all has ended, so that it stays so.
  const hasEnded =
    facts.isNever && containers.every(({ state }) => state.is === "terminated" && state.exitCode !== undefined);
  return facts.state === "Stopped" && !hasEnded ? { reason: "ContainerGroupStopped", ...last } : {};
}
