import type { V1Status } from "@kubernetes/client-node";
import type { Wire } from "../../model/kube.ts";
import type { Clock, Log } from "../../provider.ts";
import { ApiError, type WatchSink } from "../cluster.ts";
import type { Call } from "../rest/calls.ts";
import type { Rest } from "../rest/rest.ts";
import { createBackoff } from "./backoff.ts";
import { createLineDecoder } from "./line-decoder.ts";
import { createObjectStore, type Delta, type KubeObject, type ObjectStore } from "./object-store.ts";
import { trim } from "./trim.ts";

export interface ListWatchOptions {
  readonly rest: Rest;
  readonly clock: Clock;
  readonly log: Log;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
}

export interface Collection {
  readonly list: Call;
  readonly watch: Call;
  /** Default all namespaces. */
  readonly namespace?: string;
  /** e.g. `spec.nodeName=burst-1` */
  readonly fieldSelector?: string;
  /** Its right may be missing for good: then it is asked for once a minute only, and the sink is told. */
  readonly optional?: boolean;
}

const pageSize = 500;
/** The API server ends a watch after its timeoutSeconds; jittered as client-go's reflector does, so that few end at once. */
const watchSeconds = { least: 290, most: 580 };
/** With bookmarks a healthy watch says something about every minute. */
const idleMs = 150_000;
const backoffMs = { first: 200, most: 5_000 };
/** A watch that lived this long, or brought an event, was healthy: the next one starts without growing delay. */
const healthyMs = 5_000;
/** Between two questions for a right that may be missing for good. */
const deniedMs = 60_000;

interface WatchEvent<T> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: T & Wire<V1Status>;
}

interface Page<T> {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: readonly T[] | null;
}

/** What is known so far of one collection. */
interface Session<T> {
  readonly store: ObjectStore<T>;
  /** Where the next watch begins; `undefined`: a list has to come first. Opaque, never compared. */
  version: string | undefined;
  synced: boolean;
  /** The last watch ended because its version was outdated: the list after it may be outdated soon as well. */
  outdated: boolean;
  /** The present watch has brought something. */
  progress: boolean;
}

/**
 * List, then watch from there, for ever: never rejects, resolves when the signal aborts. Our own because client-node's
 * informer stops at the first connection error, asks for no bookmarks and reports a re-created name as an update.
 */
export async function listWatch<T extends KubeObject>(
  collection: Collection,
  sink: WatchSink<T>,
  signal: AbortSignal,
  options: ListWatchOptions,
): Promise<void> {
  const { clock, log } = options;
  const session: Session<T> = {
    store: createObjectStore<T>(),
    version: undefined,
    synced: false,
    outdated: false,
    progress: false,
  };
  const backoff = createBackoff(backoffMs.first, backoffMs.most, options.random);
  const guarded = guard(sink, log);
  while (!signal.aborted) {
    const startedAt = clock.monotonic();
    session.progress = false;
    const error = await runOnce(session, collection, guarded, signal, options).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (signal.aborted) return;
    const healthy = session.progress || clock.monotonic() - startedAt >= healthyMs;
    const outdated = isOutdated(error);
    // A 410 is the word of a server that is back: the list must not wait as long as the outage made us wait.
    if (healthy || (outdated && !session.outdated)) backoff.reset();
    session.outdated = outdated;
    if (error === undefined && healthy) continue;
    if (outdated) session.version = undefined;
    const denied = collection.optional === true && error instanceof ApiError && error.status === 403;
    if (denied) deny(session, guarded);
    const waitMs = denied ? deniedMs * (0.5 + options.random() / 2) : Math.max(backoff.next(), retryAfterMs(error));
    const resource = collection.watch.resource;
    log.debug("watch ended, beginning again", { resource, waitMs, relist: session.version === undefined, error });
    await clock.sleep(waitMs, signal).catch(() => undefined);
  }
}

async function runOnce<T extends KubeObject>(
  session: Session<T>,
  collection: Collection,
  sink: WatchSink<T>,
  signal: AbortSignal,
  options: ListWatchOptions,
): Promise<void> {
  if (session.version === undefined) {
    const { objects, version } = await listAll<T>(collection, signal, options.rest);
    tell(session.store.replace(objects), sink);
    session.version = version;
    if (!session.synced) sink.synced();
    session.synced = true;
  }
  const lines = createLineDecoder((line) => take(JSON.parse(line) as WatchEvent<T>, session, sink));
  const seconds = watchSeconds.least + Math.floor(options.random() * (watchSeconds.most - watchSeconds.least));
  const query = new URLSearchParams({
    watch: "true",
    allowWatchBookmarks: "true",
    resourceVersion: session.version,
    timeoutSeconds: String(seconds),
    ...selector(collection),
  });
  const target = { namespace: collection.namespace, query: query.toString() };
  await options.rest.stream(collection.watch, target, { onChunk: lines.push, idleMs, signal });
}

/** What is known grows old from here on; a new list makes it good again. */
function deny<T>(session: Session<T>, sink: WatchSink<T>): void {
  session.version = undefined;
  session.synced = false;
  sink.denied?.();
}

/** Consistent reads, no resourceVersion=0: after a restart an old picture would launch or end tasks for pods long gone. */
async function listAll<T extends KubeObject>(
  collection: Collection,
  signal: AbortSignal,
  rest: Rest,
): Promise<{ objects: T[]; version: string }> {
  const objects: T[] = [];
  let limit: number | undefined = pageSize;
  let token: string | undefined;
  for (;;) {
    const page: Page<T> | "expired" = await listPage<T>(collection, { limit, token }, signal, rest);
    if (page === "expired") {
      // The rest of this list is compacted away. As client-go: once more, whole, because pages may expire again.
      objects.length = 0;
      limit = token = undefined;
      continue;
    }
    for (const object of page.items ?? []) objects.push(trim(object));
    token = page.metadata?.continue || undefined;
    const version = page.metadata?.resourceVersion;
    if (version === undefined) throw new Error("A list without resourceVersion is not from a Kubernetes API server.");
    if (token === undefined) return { objects, version };
  }
}

async function listPage<T>(
  collection: Collection,
  page: { limit: number | undefined; token: string | undefined },
  signal: AbortSignal,
  rest: Rest,
): Promise<Page<T> | "expired"> {
  const query = new URLSearchParams(selector(collection));
  if (page.limit !== undefined) query.set("limit", String(page.limit));
  if (page.token !== undefined) query.set("continue", page.token);
  try {
    const { namespace } = collection;
    return await rest.send<Page<T>>(collection.list, { namespace, query: query.toString(), signal });
  } catch (error) {
    if (page.token !== undefined && error instanceof ApiError && error.status === 410) return "expired";
    throw error;
  }
}

function take<T extends KubeObject>(event: WatchEvent<T>, session: Session<T>, sink: WatchSink<T>): void {
  const { type, object } = event;
  if (type === "ERROR")
    throw new ApiError(object.code ?? 500, object.reason ?? "Unknown", object.message ?? "no message");
  if (type !== "BOOKMARK") tell(session.store.apply(type, trim(object)), sink);
  session.version = object.metadata?.resourceVersion ?? session.version;
  session.progress = true;
}

function tell<T>(deltas: readonly Delta<T>[], sink: WatchSink<T>): void {
  for (const { kind, object } of deltas) sink[kind](object);
}

/** A sink that throws has a defect of its own; the others and the watch go on. */
function guard<T extends KubeObject>(sink: WatchSink<T>, log: Log): WatchSink<T> {
  const safely = (call: () => void): void => {
    try {
      call();
    } catch (error) {
      log.error("watch handler failed", { error });
    }
  };
  return {
    changed: (object) => safely(() => sink.changed(object)),
    removed: (object) => safely(() => sink.removed(object)),
    synced: () => safely(() => sink.synced()),
    denied: () => safely(() => sink.denied?.()),
  };
}

/** 410: our version is compacted. 504 with this reason: the server is behind our version, as after a restored backup. */
function isOutdated(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  return error.status === 410 || (error.status === 504 && error.message.includes("Too large resource version"));
}

function retryAfterMs(error: unknown): number {
  return error instanceof ApiError ? (error.retryAfter ?? 0) * 1000 : 0;
}

function selector(collection: Collection): Record<string, string> {
  return collection.fieldSelector === undefined ? {} : { fieldSelector: collection.fieldSelector };
}
