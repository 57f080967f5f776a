/** When each pod was created, bound, Running, Ready and gone, as a watch of the API server showed it. */
import type { Pod } from "../../src/model/kube.ts";
import type { Client } from "./client.ts";

/** Milliseconds of the benchmark's monotonic clock. */
export interface PodTimes {
  /** The request to create it was sent. */
  created: number;
  bound?: number;
  running?: number;
  ready?: number;
  succeeded?: number;
  gone?: number;
  uid?: string;
}

type Step = "bound" | "running" | "ready" | "succeeded" | "gone";

export interface Timeline {
  /** By name of the pod. */
  readonly pods: ReadonlyMap<string, PodTimes>;
  /** Call before the request is sent. A pod that was not told of is created when the watch first shows it. */
  creating(name: string): void;
  /** Resolves when `count` pods have come to this step; rejects with what is missing after `withinMs`. */
  reached(step: Step, count: number, withinMs: number): Promise<void>;
  /** Called once, when the first pod has come to this step. */
  onFirst(step: Step, tell: () => void): void;
  close(): Promise<void>;
}

interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: Pod;
}

export async function watchTimeline(client: Client, namespace: string): Promise<Timeline> {
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const { metadata } = await client.send<{ metadata: { resourceVersion: string } }>("GET", path);
  const pods = new Map<string, PodTimes>();
  const counts = { bound: 0, running: 0, ready: 0, succeeded: 0, gone: 0 };
  const waiting = new Set<() => void>();
  const first = new Map<Step, () => void>();

  const mark = (times: PodTimes, step: Step, so: boolean): void => {
    if (!so || times[step] !== undefined) return;
    times[step] = performance.now();
    counts[step] += 1;
    if (counts[step] === 1) first.get(step)?.();
    for (const look of waiting) look();
  };
  let version = metadata.resourceVersion;
  const take = (text: string): void => {
    const { type, object } = JSON.parse(text) as WatchEvent;
    if (type === "ERROR") throw new Error(`watch of ${path}: ${text}`);
    version = object.metadata?.resourceVersion ?? version;
    if (type === "BOOKMARK") return;
    const name = object.metadata?.name ?? "";
    const times = pods.get(name) ?? { created: performance.now() };
    pods.set(name, times);
    times.uid ??= object.metadata?.uid ?? "";
    mark(times, "bound", object.spec?.nodeName !== undefined);
    mark(times, "running", object.status?.phase === "Running");
    mark(times, "ready", object.status?.conditions?.some(isReady) === true);
    mark(times, "succeeded", object.status?.phase === "Succeeded");
    mark(times, "gone", type === "DELETED");
  };

  const over = new AbortController();
  let broken: Error | undefined;
  // The API server drops a watcher that it finds too slow; nothing is lost by watching again from the last event.
  const watch = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await client.watch(`${path}?watch=true&allowWatchBookmarks=true&resourceVersion=${version}`, take, over.signal);
    }
  };
  const watching = watch().catch((error: Error) => {
    broken = error;
    for (const look of waiting) look();
  });
  return {
    pods,
    creating: (name) => void pods.set(name, { created: performance.now() }),
    onFirst: (step, tell) => void first.set(step, tell),
    reached: (step, count, withinMs) =>
      new Promise((resolve, reject) => {
        const end = (error?: Error): void => {
          clearTimeout(timer);
          waiting.delete(look);
          if (error === undefined) resolve();
          else reject(error);
        };
        const missing = () => new Error(`${counts[step]} of ${count} pods are ${step} after ${withinMs / 1000} s`);
        const timer = setTimeout(() => end(missing()), withinMs);
        const look = () => {
          if (counts[step] >= count) end();
          else if (broken !== undefined) end(broken);
        };
        waiting.add(look);
        look();
      }),
    async close() {
      over.abort();
      await watching;
    },
  };
}

function isReady(condition: { type: string; status: string }): boolean {
  return condition.type === "Ready" && condition.status === "True";
}
