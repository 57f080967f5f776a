import type { ConfigMap, Secret } from "../model/kube.ts";
import type { Cluster, ObjectReference } from "./cluster.ts";
import type { CachedReferences, References } from "./references.ts";
import { calls } from "./rest/calls.ts";
import { type Collection, listWatch, type ListWatchOptions } from "./watch/list-watch.ts";
import type { KubeObject } from "./watch/object-store.ts";

/**
 * ConfigMaps or Secrets that pods refer to, each watched by itself while one does. What is not watched (any more, or
 * because the right is missing) is read by `get`, so that nothing waits for a watch.
 */
export interface WatchedReferences<T> extends References<T> {
  /** From now on the holder refers to these, and to no others. */
  hold(holder: string, names: readonly Name[], changed: () => void): void;
  close(): void;
}

type Name = Pick<ObjectReference, "namespace" | "name">;

/** Each watch is a connection of its own: what is beyond, is read by `get`. */
const mostWatches = 250;
/**
 * A pod's news may overtake those of a ConfigMap that was changed just before: for this long after a pod came, the
 * object is read by `get`, which is never older than the pod. Its copy may be older than the news of a change in that
 * time: where the two are not the same, the object is read afresh.
 */
const settleMs = 5_000;

interface Watched<T> {
  /** Each with what to call on a change. */
  readonly holders: Map<string, () => void>;
  /** `undefined`: there were too many. */
  stop: AbortController | undefined;
  /** Monotonic, when the last holder came. */
  heldAt: number;
  /** The watch has told what there is, and goes on. */
  current: boolean;
  object: T | undefined;
}

export function createWatchedReferences<T extends KubeObject>(
  read: CachedReferences<T>,
  collection: Collection,
  options: ListWatchOptions,
  most = mostWatches,
): WatchedReferences<T> {
  const { clock, log } = options;
  const watched = new Map<string, Watched<T>>();
  const held = new Map<string, ReadonlyMap<string, Name>>();
  let open = 0;
  let told = false;

  const take = (key: string, name: Name, holder: string, changed: () => void): void => {
    const fresh = { holders: new Map(), stop: undefined, heldAt: 0, current: false, object: undefined };
    const one: Watched<T> = watched.get(key) ?? fresh;
    watched.set(key, one);
    one.holders.set(holder, changed);
    one.heldAt = clock.monotonic();
    if (one.stop !== undefined) return;
    if (open < most) {
      open += 1;
      one.stop = new AbortController();
      void listWatch(collectionOf(collection, name), sinkOf(one), one.stop.signal, options);
    } else if (!told) {
      told = true;
      log.warn("too many objects to watch each; the others are read once a minute", {
        resource: collection.list.resource,
        most,
      });
    }
  };

  const letGo = (key: string, holder: string): void => {
    const one = watched.get(key);
    one?.holders.delete(holder);
    if (one === undefined || one.holders.size > 0) return;
    watched.delete(key);
    if (one.stop !== undefined) open -= 1;
    one.stop?.abort();
  };

  return {
    async get(namespace, name, newerThan) {
      const one = watched.get(`${namespace}/${name}`);
      if (one?.current !== true) return read.get(namespace, name, newerThan);
      if (clock.monotonic() - one.heldAt >= settleMs) return one.object;
      const copy = await read.get(namespace, name, newerThan);
      return versionOf(copy) === versionOf(one.object) ? copy : read.fresh(namespace, name);
    },
    hold(holder, names, changed) {
      const before = held.get(holder);
      const after = new Map(names.map((name) => [`${name.namespace}/${name.name}`, name]));
      for (const key of before?.keys() ?? []) if (!after.has(key)) letGo(key, holder);
      for (const [key, name] of after) if (before?.has(key) !== true) take(key, name, holder, changed);
      if (after.size === 0) held.delete(holder);
      else held.set(holder, after);
    },
    close() {
      for (const { stop } of watched.values()) stop?.abort();
    },
  };
}

/** Which of two is newer cannot be told by them. */
const versionOf = (object: KubeObject | undefined): string | undefined => object?.metadata?.resourceVersion;

function collectionOf(collection: Collection, { namespace, name }: Name): Collection {
  return { ...collection, namespace, fieldSelector: `metadata.name=${name}`, optional: true };
}

function sinkOf<T>(one: Watched<T>): Parameters<typeof listWatch<T & KubeObject>>[1] {
  const now = (object: T | undefined): void => {
    one.object = object;
    for (const changed of one.holders.values()) changed();
  };
  return {
    changed: now,
    removed: () => now(undefined),
    synced: () => void (one.current = true),
    denied: () => void (one.current = false),
  };
}

/** Both kinds together, as the Cluster shows them. */
export function watchReferences(
  configMaps: CachedReferences<ConfigMap>,
  secrets: CachedReferences<Secret>,
  options: ListWatchOptions,
): { api: Required<Pick<Cluster, "configMap" | "secret" | "holdReferences">>; close: () => void } {
  const ofMaps = { list: calls.listConfigMaps, watch: calls.watchConfigMaps };
  const ofSecrets = { list: calls.listSecrets, watch: calls.watchSecrets };
  const watchedMaps = createWatchedReferences(configMaps, ofMaps, options);
  const watchedSecrets = createWatchedReferences(secrets, ofSecrets, options);
  return {
    api: {
      configMap: watchedMaps.get,
      secret: watchedSecrets.get,
      holdReferences(podUid, references, changed) {
        const of = (kind: ObjectReference["kind"]) => references.filter((one) => one.kind === kind);
        watchedMaps.hold(podUid, of("ConfigMap"), changed);
        watchedSecrets.hold(podUid, of("Secret"), changed);
      },
    },
    close() {
      watchedMaps.close();
      watchedSecrets.close();
    },
  };
}
