/**
 * Static pods: manifests in a folder of this machine, run without anybody binding them. The folder says which pods there
 * are; a mirror pod at the API server shows each, carries its status and is made again when somebody deletes it. Seen
 * from the rest of src/pods they are pods like any other, whose uid is the manifest's hash.
 */
import { ApiError, type Cluster, type PodRef, type PodsApi, type WatchSink } from "../../cluster/cluster.ts";
import type { Pod } from "../../model/kube.ts";
import type { Clock, Log } from "../../provider.ts";
import { readManifests } from "./folder.ts";
import { asStatic, mirroredHash, type StaticPod, unmirrored } from "./manifest.ts";

/** How often the folder is looked at; the kubelet's --file-check-frequency is 20 s, but it is told of changes besides. */
const LOOK_MS = 5_000;
/** How long the first status waits for the mirror that carries it. */
const MIRROR_MS = 10_000;

export interface StaticPodsOptions {
  /** Folder, or one file. */
  readonly path: string;
  readonly nodeName: string;
  readonly cluster: Pick<Cluster, "pods" | "nodes" | "createMirrorPod">;
  readonly clock: Clock;
  readonly log: Log;
}

/** The pods of the API server and those of the folder, as one. */
export function withStaticPods(options: StaticPodsOptions): PodsApi {
  const { pods: api } = options.cluster;
  const known: Known = { wanted: new Map(), mirrors: new Map(), told: new Set(), news: Promise.withResolvers() };
  let wake = Promise.withResolvers<void>();
  const poke = (): void => wake.resolve();

  const keep = async (sink: WatchSink<Pod>, synced: Promise<void>, signal: AbortSignal): Promise<void> => {
    await Promise.race([synced, aborted(signal)]);
    while (!signal.aborted) {
      wake = Promise.withResolvers();
      await look(options, known, sink);
      await settle(options, known);
      await Promise.race([options.clock.sleep(LOOK_MS, signal).catch(() => undefined), wake.promise]);
    }
  };

  return {
    ...api,
    async watch(nodeName, sink, signal) {
      // Before anything else is told: a task without its pod would be stopped.
      while (!(await look(options, known, sink))) {
        await options.clock.sleep(LOOK_MS, signal).catch(() => undefined);
        if (signal.aborted) return;
      }
      const { promise: synced, resolve } = Promise.withResolvers<void>();
      const told = () => {
        sink.synced();
        resolve();
      };
      const mirrored = mirrorSink(known, { ...sink, synced: told }, poke);
      await Promise.all([api.watch(nodeName, mirrored, signal), keep(sink, synced, signal)]);
    },
    async patchStatus(pod, patch) {
      if (!isStatic(known, pod.uid)) return api.patchStatus(pod, patch);
      const mirror = await mirrorOf(known, pod.uid, options.clock);
      if (mirror !== undefined && isForAnother(mirror, patch))
        throw new Error(`static pod ${pod.namespace}/${pod.name} has a new mirror pod, which needs all of the status`);
      const answer = mirror === undefined ? undefined : await api.patchStatus(refOf(mirror), patch);
      if (answer !== undefined) return asStatic(answer, pod.uid);
      poke();
      // Not `undefined`, which would be the end of the pod: its mirror is made (again), and the patch with it.
      throw new Error(`the mirror pod of static pod ${pod.namespace}/${pod.name} is not there yet`);
    },
    remove: async (pod) => (isStatic(known, pod.uid) ? undefined : api.remove(pod)),
  };
}

interface Known {
  /** By `namespace/name`, as the folder says. */
  wanted: ReadonlyMap<string, StaticPod>;
  /** By `namespace/name`, as the API server shows them. */
  readonly mirrors: Map<string, Pod>;
  /** Troubles that the log has already. */
  readonly told: Set<string>;
  /** Resolved, and replaced, when a mirror comes. */
  news: PromiseWithResolvers<void>;
}

/** What a mirror lacks that was just made again is not in a patch that was made for the one before. */
function isForAnother({ status }: Pod, patch: { readonly status: object }): boolean {
  return status?.startTime === undefined && !("startTime" in patch.status);
}

/** A static pod that has just come waits for its mirror; `undefined`: for too long. */
async function mirrorOf(known: Known, hash: string, clock: Clock): Promise<Pod | undefined> {
  const deadline = clock.monotonic() + MIRROR_MS;
  for (;;) {
    const mirror = [...known.mirrors.values()].find((one) => mirroredHash(one) === hash);
    if (mirror !== undefined || clock.monotonic() >= deadline) return mirror;
    const patience = new AbortController();
    const late = clock.sleep(deadline - clock.monotonic(), patience.signal).catch(() => undefined);
    await Promise.race([known.news.promise, late]);
    patience.abort();
  }
}

function isStatic({ wanted, mirrors }: Known, uid: string): boolean {
  return (
    [...wanted.values()].some(({ hash }) => hash === uid) ||
    [...mirrors.values()].some((mirror) => mirroredHash(mirror) === uid)
  );
}

/** Tells which pods came and went with the folder; false when it cannot be read, and everything stays as it is. */
async function look({ path, nodeName, log }: StaticPodsOptions, known: Known, sink: WatchSink<Pod>): Promise<boolean> {
  const { told } = known;
  try {
    const { pods, problems } = await readManifests(path, nodeName);
    for (const problem of problems) once(told, log, "manifest is no static pod", problem);
    const next = new Map(pods.map((pod) => [pod.key, pod]));
    const before = known.wanted;
    known.wanted = next;
    for (const [key, pod] of before) if (next.get(key)?.hash !== pod.hash) sink.removed(unmirrored(pod));
    for (const [key, pod] of next) if (before.get(key)?.hash !== pod.hash) sink.changed(unmirrored(pod));
    return true;
  } catch (error) {
    once(told, log, "static pods cannot be read", { path, err: String(error) });
    return false;
  }
}

/** Mirrors that nobody wants (as they are) go, and those that are missing are made. */
async function settle({ cluster, nodeName, log }: StaticPodsOptions, { wanted, mirrors, told }: Known): Promise<void> {
  for (const [key, mirror] of mirrors) {
    const isWanted = wanted.get(key)?.hash === mirroredHash(mirror);
    if (isWanted && mirror.metadata?.deletionTimestamp === undefined) continue;
    await cluster.pods.remove(refOf(mirror)).catch((error: unknown) => log.debug("mirror pod stays", { key, error }));
  }
  for (const [key, { mirror }] of wanted) {
    if (mirrors.has(key)) continue;
    try {
      await cluster.createMirrorPod({
        ...mirror,
        metadata: { ...mirror.metadata, ...(await ownerOf(cluster, nodeName)) },
      });
    } catch (error) {
      // 409: it is there, and the watch is about to tell.
      if (error instanceof ApiError && error.status === 409) continue;
      const [namespace, name] = key.split("/");
      once(told, log, "static pod cannot be mirrored yet", { pod: { namespace, name }, err: String(error) });
    }
  }
}

/** The mirror goes with its node, as the kubelet's does. */
async function ownerOf({ nodes }: Pick<Cluster, "nodes">, name: string): Promise<Pod["metadata"]> {
  const uid = (await nodes.get(name))?.metadata?.uid;
  if (uid === undefined) return {};
  return { ownerReferences: [{ apiVersion: "v1", kind: "Node", name, uid, controller: true }] };
}

/** Mirror pods are told as the static pods that they show; which of them there are is the folder's to say. */
function mirrorSink(known: Known, sink: WatchSink<Pod>, poke: () => void): WatchSink<Pod> {
  return {
    ...sink,
    changed(pod) {
      const hash = mirroredHash(pod);
      if (hash === undefined) return sink.changed(pod);
      const key = keyOf(pod);
      known.mirrors.set(key, pod);
      known.news.resolve();
      known.news = Promise.withResolvers();
      const isWanted = known.wanted.get(key)?.hash === hash;
      if (isWanted) sink.changed(asStatic(pod, hash));
      if (!isWanted || pod.metadata?.deletionTimestamp !== undefined) poke();
    },
    removed(pod) {
      if (mirroredHash(pod) === undefined) return sink.removed(pod);
      if (known.mirrors.get(keyOf(pod))?.metadata?.uid === pod.metadata?.uid) known.mirrors.delete(keyOf(pod));
      poke();
    },
  };
}

function keyOf({ metadata }: Pod): string {
  return `${metadata?.namespace}/${metadata?.name}`;
}

function once(told: Set<string>, log: Log, message: string, fields: object): void {
  const key = message + JSON.stringify(fields);
  if (told.has(key)) return;
  told.add(key);
  log.warn(message, fields);
}

function refOf({ metadata }: Pod): PodRef {
  return { namespace: metadata?.namespace ?? "", name: metadata?.name ?? "", uid: metadata?.uid ?? "" };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
