/** What every object has that the API server stores. */
export interface KubeObject {
  readonly metadata?: {
    readonly namespace?: string;
    readonly name?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
  };
}

export interface Delta<T> {
  readonly kind: "changed" | "removed";
  readonly object: T;
}

/**
 * The last known picture of a collection, one object per name. Its answers keep the promise of WatchSink: an object
 * that was changed is removed exactly once, before another uid of the same name is told.
 */
export interface ObjectStore<T> {
  /** A full list: what is no longer there is removed, what has the same resourceVersion is not told again. */
  replace(objects: readonly T[]): readonly Delta<T>[];
  apply(type: "ADDED" | "MODIFIED" | "DELETED", object: T): readonly Delta<T>[];
}

export function createObjectStore<T extends KubeObject>(): ObjectStore<T> {
  let known = new Map<string, T>();
  return {
    replace(objects) {
      const next = new Map(objects.map((object) => [keyOf(object), object]));
      const removed = [...known].filter(([key, old]) => !sameUid(old, next.get(key))).map(([, old]) => removal(old));
      const changed = [...next]
        .filter(([key, object]) => !sameVersion(known.get(key), object))
        .map(([, object]) => change(object));
      known = next;
      return [...removed, ...changed];
    },
    apply(type, object) {
      const key = keyOf(object);
      const old = known.get(key);
      if (type === "DELETED") {
        // The end of an earlier namesake was told when its successor came.
        if (!sameUid(old, object)) return [];
        known.delete(key);
        return [removal(object)];
      }
      known.set(key, object);
      return old === undefined || sameUid(old, object) ? [change(object)] : [removal(old), change(object)];
    },
  };
}

function change<T>(object: T): Delta<T> {
  return { kind: "changed", object };
}

function removal<T>(object: T): Delta<T> {
  return { kind: "removed", object };
}

function keyOf(object: KubeObject): string {
  return `${object.metadata?.namespace ?? ""}/${object.metadata?.name ?? ""}`;
}

function sameUid(a: KubeObject | undefined, b: KubeObject | undefined): boolean {
  return a !== undefined && b !== undefined && a.metadata?.uid === b.metadata?.uid;
}

function sameVersion(a: KubeObject | undefined, b: KubeObject): boolean {
  return sameUid(a, b) && a?.metadata?.resourceVersion === b.metadata?.resourceVersion;
}
