/**
 * The one decision about a task: what starts next and what is told to end. Pure and total over the record and the
 * containers that are being launched.
 */
import type { TaskState } from "../../../../../src/provider.ts";
import type { ContainerRecord, TaskRecord } from "./record.ts";

export interface Steps {
  readonly launch: readonly string[];
  /** SIGTERM to these; asking twice is the caller's care. */
  readonly terminate: readonly string[];
}

type Row = Pick<TaskRecord, "stopping" | "containers">;

const none: Steps = { launch: [], terminate: [] };

export function nextSteps(row: Row, launching: ReadonlySet<string>): Steps {
  if (row.stopping) return { launch: [], terminate: ending(row) };
  const [beside, inRow] = [row.containers.filter(isAdded), row.containers.filter((container) => !isAdded(container))];
  const added = beside.filter((container) => isReady(container, launching)).map(({ name }) => name);
  return { launch: [...added, ...rowSteps({ ...row, containers: inRow }, launching).launch], terminate: [] };
}

function rowSteps(row: Row, launching: ReadonlySet<string>): Steps {
  const ready = (container: ContainerRecord): boolean => isReady(container, launching);
  for (const container of row.containers) {
    if (isMain(container)) continue;
    // A sidecar that has to run again holds nothing up: it did let the row go on once.
    const letsGoOn = container.kind === "sidecar" && container.started && container.held !== true;
    if (letsGoOn && !ready(container)) continue;
    if (isDone(container)) continue;
    if (!ready(container)) return none;
    const rest = letsGoOn ? rowSteps(without(row, container), launching) : none;
    return { launch: [container.name, ...rest.launch], terminate: [] };
  }
  const launch: string[] = [];
  for (const container of row.containers.filter(isMain)) {
    if (ready(container)) launch.push(container.name);
    // The kubelet starts one container after the other, and is not done with one before its hook is.
    if (container.hooked === true && (ready(container) || launching.has(container.name))) break;
  }
  return { launch, terminate: [] };
}

/** First everything but the sidecars, then those in reverse order, one after the other. */
function ending(row: Row): readonly string[] {
  const running = row.containers.filter((container) => container.state.is === "running");
  const first = running.filter((container) => container.kind !== "sidecar");
  return (first.length > 0 ? first : running.slice(-1)).map(({ name }) => name);
}

export function phaseOf(row: Row, launching: ReadonlySet<string>): TaskState["phase"] {
  const busy = launching.size > 0 || row.containers.some((container) => container.state.is === "running");
  if (row.stopping) return busy ? "stopping" : "stopped";
  const mains = row.containers.filter(isMain);
  // An init container that failed, or an image that is not to be had, leaves mains waiting: that is no end.
  if (!busy && mains.every((container) => container.state.is === "terminated")) return "stopped";
  return mains.some((container) => container.started) ? "running" : "starting";
}

/** Waits for an image that this runtime will never have, or may not run as its spec has it: `stop` alone ends that. */
function isHopeless(container: ContainerRecord): boolean {
  return container.state.is === "waiting" && /Image|ConfigError/.test(container.state.reason);
}

function isMain(container: ContainerRecord): boolean {
  return container.kind === "main";
}

/** It belongs to no row. */
function isAdded(container: ContainerRecord): boolean {
  return container.kind === "ephemeral";
}

function isReady(container: ContainerRecord, launching: ReadonlySet<string>): boolean {
  return (
    container.state.is === "waiting" && !container.spawned && !launching.has(container.name) && !isHopeless(container)
  );
}

function isDone(container: ContainerRecord): boolean {
  return container.kind === "init" && container.state.is === "terminated" && container.state.exitCode === 0;
}

function without(row: Row, container: ContainerRecord): Row {
  return { ...row, containers: row.containers.filter((other) => other !== container) };
}
