/**
 * An API server in memory for one kind of object, Pod, as far as the life of a pod touches it: strategic merges on the
 * status, the rules that a status change must keep (k8s.io/kubernetes pkg/apis/core/validation, ValidatePodStatusUpdate),
 * uid preconditions, graceful deletion. For model-based tests that run thousands of lives; the e2e tests use the real one.
 */
import { isDeepStrictEqual } from "node:util";
import {
  ApiError,
  type EventRecorder,
  type NewEvent,
  type PodRef,
  type PodsApi,
  type WatchSink,
} from "../../src/cluster/cluster.ts";
import { rfc3339 } from "../../src/model/clock.ts";
import type { Clock, Pod } from "../../src/provider.ts";
import { transitionErrors } from "./status-rules.ts";

export interface MemoryApi {
  readonly pods: PodsApi;
  readonly events: EventRecorder;
  readonly recorded: readonly NewEvent[];
  /** Every refused write: a test that sees one has found a bug. */
  readonly refusedWrites: readonly string[];
  /** Every status as it was accepted, oldest first. */
  readonly written: readonly Pod[];
  /** For whatever else must never happen. */
  failed(message: string): void;
  create(pod: Pod): void;
  /** Graceful deletion, as `kubectl delete`; grace 0 removes at once. */
  delete(namespace: string, name: string, graceSeconds?: number): void;
  edit(namespace: string, name: string, change: (pod: Pod) => Pod): void;
  find(namespace: string, name: string): Pod | undefined;
  all(): readonly Pod[];
  /** While true every request fails as if nobody answered, and watchers see nothing. */
  setAway(away: boolean): void;
}

export function memoryApi(clock: Clock): MemoryApi {
  const pods = new Map<string, Pod>();
  const sinks = new Set<WatchSink<Pod>>();
  const missed: (() => void)[] = [];
  const recorded: NewEvent[] = [];
  const refusedWrites: string[] = [];
  const written: Pod[] = [];
  let version = 1;
  let away = false;

  const tell = (what: (sink: WatchSink<Pod>) => void): void => {
    const all = () => sinks.forEach(what);
    if (away) missed.push(all);
    else all();
  };
  const put = (pod: Pod): Pod => {
    const fresh = { ...pod, metadata: { ...pod.metadata, resourceVersion: String(++version) } };
    pods.set(keyOf(fresh), fresh);
    tell((sink) => sink.changed(fresh));
    return fresh;
  };
  const drop = (pod: Pod): void => {
    pods.delete(keyOf(pod));
    tell((sink) => sink.removed(pod));
  };
  const answer = async (): Promise<void> => {
    await Promise.resolve();
    if (away) throw new Error("connect ECONNREFUSED");
  };
  const holds = (ref: PodRef): Pod | undefined => {
    const pod = pods.get(`${ref.namespace}/${ref.name}`);
    return pod?.metadata?.uid === ref.uid ? pod : undefined;
  };

  return {
    recorded,
    refusedWrites,
    written,
    events: { record: (event) => void recorded.push(event), flush: async () => undefined },
    pods: {
      async watch(nodeName, sink, signal) {
        for (const pod of pods.values()) if (pod.spec?.nodeName === nodeName) sink.changed(pod);
        sink.synced();
        sinks.add(sink);
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
        sinks.delete(sink);
      },
      async get(namespace, name) {
        await answer();
        return pods.get(`${namespace}/${name}`);
      },
      async patchStatus(ref, patch) {
        await answer();
        const pod = holds(ref);
        if (pod === undefined) return undefined;
        const after = merged(pod, patch);
        const errors = transitionErrors(pod, after);
        if (errors.length > 0) {
          refusedWrites.push(...errors);
          throw new ApiError(422, "Invalid", errors.join("; "));
        }
        // A write that changes nothing makes no new version and wakes nobody.
        if (isDeepStrictEqual(after, pod)) return pod;
        const stored = put(after);
        written.push(stored);
        return stored;
      },
      async remove(ref) {
        await answer();
        const pod = holds(ref);
        if (pod !== undefined) drop(pod);
      },
    },
    failed: (message) => void refusedWrites.push(message),
    create: (pod) => void put(pod),
    delete(namespace, name, graceSeconds) {
      const pod = pods.get(`${namespace}/${name}`);
      if (pod === undefined) return;
      const grace = graceSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? 30;
      if (grace === 0) return drop(pod);
      const deletionTimestamp = rfc3339(clock.now() + grace * 1000);
      put({ ...pod, metadata: { ...pod.metadata, deletionTimestamp, deletionGracePeriodSeconds: grace } });
    },
    edit(namespace, name, change) {
      const pod = pods.get(`${namespace}/${name}`);
      if (pod !== undefined) put(change(pod));
    },
    find: (namespace, name) => pods.get(`${namespace}/${name}`),
    all: () => [...pods.values()],
    setAway(now) {
      away = now;
      if (!now) for (const what of missed.splice(0)) what();
    },
  };
}

function keyOf(pod: Pod): string {
  return `${pod.metadata?.namespace}/${pod.metadata?.name}`;
}

type Json = Record<string, unknown>;

/** Merge keys of PodStatus (k8s.io/api/core/v1); every other list is replaced. */
const mergeKeys: Readonly<Record<string, string>> = { conditions: "type", podIPs: "ip", hostIPs: "ip" };

/** Of a list's elements, by its merge key. */
const orderOf = "$setElementOrder/";

function inOrder(key: string, list: readonly Json[], order: readonly Json[]): Json[] {
  const place = (one: Json): number => order.findIndex((other) => other[key] === one[key]);
  return list.toSorted((a, b) => place(a) - place(b));
}

/** What the API server makes of a strategic merge patch on pods/status. */
export function merged(pod: Pod, patch: { metadata?: object; status: object }): Pod {
  const annotations = { ...pod.metadata?.annotations, ...(patch.metadata as { annotations?: object })?.annotations };
  for (const [key, value] of Object.entries(annotations)) if (value === null) delete annotations[key];
  const status: Json = { ...(pod.status as Json) };
  for (const [key, value] of Object.entries(patch.status)) {
    if (key.startsWith(orderOf)) continue;
    const mergeKey = mergeKeys[key];
    if (value === null) delete status[key];
    else if (mergeKey !== undefined) status[key] = mergedList(mergeKey, (status[key] ?? []) as Json[], value as Json[]);
    else status[key] = value;
  }
  for (const [directive, order] of Object.entries(patch.status)) {
    if (!directive.startsWith(orderOf)) continue;
    const key = directive.slice(orderOf.length);
    status[key] = inOrder(mergeKeys[key] ?? "", (status[key] ?? []) as Json[], order as Json[]);
  }
  return { ...pod, metadata: { ...pod.metadata, annotations }, status };
}

function mergedList(key: string, before: readonly Json[], patch: readonly Json[]): Json[] {
  const kept = before.map((one) => {
    const both = { ...one, ...patch.find((other) => other[key] === one[key]) };
    return Object.fromEntries(Object.entries(both).filter(([, value]) => value !== null));
  });
  const fresh = patch.filter((one) => !before.some((other) => other[key] === one[key]));
  return [...kept, ...fresh].filter((one) => one["$patch"] !== "delete");
}
