/**
 * The pods of one virtual node: two feeds fill the memory and ask for keys; each key is reconciled. A work item is a
 * pod uid, never an event.
 */
import type { Cluster } from "../cluster/cluster.ts";
import type { Lanes } from "../limits/lanes.ts";
import type { AskProbe } from "../probes/prober.ts";
import type { ProbeLane } from "../probes/probes.ts";
import type { Clock, Log, Pod, Provider, ProviderError } from "../provider.ts";
import { type ActDeps, type PodLane, tell } from "./act/deps.ts";
import { createLookup } from "./lookup.ts";
import { createMemory, forgetPod, podSink, retryDenied, taskFeed } from "./memory.ts";
import { meteredMemory, meteredWork, type PodMeter, unmetered } from "./meter.ts";
import type { NodeTraits } from "./plan/world.ts";
import type { PodEvent } from "./pod-events.ts";
import type { LookAtFiles, Prepare, PrepareAddition } from "./prepare.ts";
import { createProbing } from "./probing.ts";
import { createKeyQueue } from "./queue.ts";
import { createReconcile } from "./reconcile.ts";

export interface PodControllerOptions {
  readonly nodeName: string;
  readonly clusterUid: string;
  readonly node: NodeTraits;
  readonly cluster: Pick<Cluster, "pods" | "events" | "holdReferences">;
  readonly provider: Provider;
  readonly prepare: Prepare;
  readonly prepareAddition: PrepareAddition;
  readonly lookAtFiles: LookAtFiles;
  readonly lanes: Lanes<PodLane | ProbeLane>;
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: () => number;
  /** Trouble with the cloud as a whole, or `undefined` when it is over. */
  readonly providerHealth: (trouble: ProviderError | undefined) => void;
  /** What keeps the provider from its work now: what its feed has told, or something else. */
  readonly providerTrouble?: () => ProviderError | undefined;
  readonly meter?: PodMeter;
  /** Asks one probe of a container once. */
  readonly askProbe: AskProbe;
}

export interface PodController {
  /** Works until the signal aborts; then lets what runs end. Never stops a task because it stops. */
  run(signal: AbortSignal): Promise<void>;
  readonly lookup: ReturnType<typeof createLookup>;
  /** Which feed has told everything once? */
  readonly known: { readonly pods: boolean; readonly tasks: boolean };
  /** `providerTrouble` is another one now. */
  troubleChanged(): void;
}

export function createPodController(options: PodControllerOptions): PodController {
  const { provider, clock, log, cluster, nodeName, meter = unmetered } = options;
  const memory = meteredMemory(createMemory(), meter, clock);
  const stopping = new AbortController();
  const deps: ActDeps = {
    ...options,
    ...memory,
    random: options.random ?? Math.random,
    signal: stopping.signal,
    vanished(uid) {
      const last = memory.pods.vanish(uid);
      forgetPod(memory, uid, last, clock.now());
      if (last !== undefined) queue.add(uid);
    },
  };
  const probing = createProbing({
    ...deps,
    lanes: options.lanes,
    ask: options.askProbe,
    meter,
    tell: (pod, event) => tell(deps, pod, event),
    changed: (uid) => queue.add(uid),
  });
  const reconcile = createReconcile({ ...options, memory, deps, probing });
  const work = async (uid: string): Promise<void> => {
    const until = await reconcile(uid);
    if (until !== undefined) queue.addAt(uid, until);
  };
  const queue = createKeyQueue(clock, meteredWork(work, memory.pods, meter, clock), (uid, error, retryInMs) => {
    const { namespace, name } = memory.pods.get(uid)?.metadata ?? {};
    log.warn("pod could not be reconciled", { pod: { namespace, name }, uid, err: String(error), retryInMs });
  });

  return {
    lookup: createLookup(memory.pods, memory.tasks, options.clusterUid),
    known: memory.known,
    troubleChanged() {
      if (options.providerTrouble?.() === undefined) retryDenied(memory, queue.add);
      if (!memory.known.tasks) for (const pod of memory.pods.values()) queue.add(pod.metadata?.uid ?? "");
    },
    async run(signal) {
      const end = (): void => {
        stopping.abort(signal.reason);
        probing.close();
      };
      signal.addEventListener("abort", end, { once: true });
      const news = {
        ask: queue.add,
        tell: (pod: Pod, event: PodEvent) => tell(deps, pod, event),
        hold: cluster.holdReferences,
      };
      const sink = podSink(memory, news, clock);
      const feed = taskFeed(memory, options, options.providerHealth, queue.add, news.tell);
      await Promise.all([cluster.pods.watch(nodeName, sink, signal), provider.watch(feed, signal)]);
      await queue.drain();
    },
  };
}
