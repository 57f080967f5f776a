/** Numbers from what was seen. Pure. */
import type { PodTimes } from "./timeline.ts";

/** Requests that change something, by `verb resource`. */
export interface Writes {
  readonly total: number;
  readonly by: Readonly<Record<string, number>>;
}

interface AuditEvent {
  readonly verb: string;
  readonly user?: { readonly username?: string };
  readonly objectRef?: { readonly resource?: string; readonly subresource?: string };
}

const writing = new Set(["create", "update", "patch", "delete", "deletecollection"]);
/** The heartbeat of a node is not a cost of its pods. */
const heartbeat = new Set(["leases", "nodes", "nodes/status"]);

/** Counts the lines of an audit log that tell of a write by this user; a line cut in half at the end is left out. */
export function countWrites(log: string, user: string): Writes {
  const by: Record<string, number> = {};
  let total = 0;
  for (const line of log.slice(0, log.lastIndexOf("\n") + 1).split("\n")) {
    if (line === "") continue;
    const { verb, user: by_, objectRef = {} } = JSON.parse(line) as AuditEvent;
    const resource = [objectRef.resource, objectRef.subresource].filter((part) => part !== undefined).join("/");
    if (by_?.username !== user || !writing.has(verb) || heartbeat.has(resource)) continue;
    const key = `${verb} ${resource}`;
    by[key] = (by[key] ?? 0) + 1;
    total += 1;
  }
  return { total, by };
}

/** The value below which `share` of the values lie: the nearest one that was really seen. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** The middle value; of an even number of values the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}

/** Seconds. */
export interface Spread {
  readonly p50: number;
  readonly p99: number;
}

export interface Speed {
  /** Seconds from the first request to create a pod until every pod had come so far. */
  readonly allCreated: number;
  readonly allBound: number;
  readonly allRunning: number;
  readonly allReady: number;
  /** Pods divided by `allRunning`. */
  readonly podsPerSecond: number;
  readonly readyFromCreation: Spread;
  readonly readyFromBind: Spread;
}

/** `createdAt`: when the last creation was answered, on the clock of the times. */
export function speedOf(pods: readonly PodTimes[], createdAt: number): Speed {
  const start = Math.min(...pods.map((pod) => pod.created));
  const last = (step: "bound" | "running" | "ready") => Math.max(...pods.map((pod) => pod[step] ?? Number.NaN));
  const spread = (from: "created" | "bound"): Spread => {
    const waits = pods.map((pod) => seconds((pod.ready ?? Number.NaN) - (pod[from] ?? Number.NaN)));
    return { p50: percentile(waits, 0.5), p99: percentile(waits, 0.99) };
  };
  return {
    allCreated: seconds(createdAt - start),
    allBound: seconds(last("bound") - start),
    allRunning: seconds(last("running") - start),
    allReady: seconds(last("ready") - start),
    podsPerSecond: pods.length / seconds(last("running") - start),
    readyFromCreation: spread("created"),
    readyFromBind: spread("bound"),
  };
}

function seconds(ms: number): number {
  return ms / 1000;
}
