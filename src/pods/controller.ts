/**
 * The pods of one virtual node: two feeds fill the stores and ask for keys; for each key read, plan, act, until the
 * plan says wait. A work item is a pod uid, never an event.
 */
import type { Cluster, WatchSink } from "../cluster/cluster.ts";
import type { Lanes } from "../limits/lanes.ts";
import type { Clock, Log, Pod, Provider, ProviderError, TaskFeed, TaskIdentity } from "../provider.ts";
import { act, type ActDeps, type PodLane } from "./act.ts";
import { createLookup } from "./lookup.ts";
import { noteCalm } from "./plan/attempts.ts";
import { plan } from "./plan/plan.ts";
import { orphanKillAt } from "./plan/view.ts";
import { type NodeTraits, type Notes, recordOf, type World } from "./plan/world.ts";
import type { Prepare } from "./prepare.ts";
import { createKeyQueue } from "./queue.ts";
import { createPodStore, createTaskStore } from "./stores.ts";

/** More actions than any pod needs in a row: a plan that does not settle is a bug, and must not spin. */
const STEPS_AT_MOST = 32;
const UNSETTLED_PAUSE_MS = 5_000;

export interface PodControllerOptions {
  readonly nodeName: string;
  readonly clusterUid: string;
  readonly node: NodeTraits;
  readonly cluster: Pick<Cluster, "pods" | "events">;
  readonly provider: Provider;
  readonly prepare: Prepare;
  readonly lanes: Lanes<PodLane>;
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: () => number;
  /** Trouble with the cloud as a whole, or `undefined` when it is over. */
  readonly providerHealth: (trouble: ProviderError | undefined) => void;
}

export interface PodController {
  /** Works until the signal aborts; then lets what runs end. Never stops a task because it stops. */
  run(signal: AbortSignal): Promise<void>;
  readonly lookup: ReturnType<typeof createLookup>;
}

// oxlint-disable-next-line max-lines-per-function -- a factory: its closures share the state above, and each is short
export function createPodController(options: PodControllerOptions): PodController {
  const { provider, clock, log, cluster, nodeName } = options;
  const pods = createPodStore();
  const tasks = createTaskStore();
  const notes = new Map<string, Notes>();
  const known = { pods: false, tasks: false };
  const traits = {
    name: provider.name,
    restarts: provider.restarts,
    canRestart: provider.restart !== undefined,
    memory: provider.memory,
  };
  const stopping = new AbortController();
  const deps: ActDeps = {
    ...options,
    pods,
    tasks,
    notes,
    random: options.random ?? Math.random,
    signal: stopping.signal,
    vanished: (uid) => forgetPod(uid, pods.vanish(uid)),
  };

  const worldOf = (uid: string): World => ({
    pod: pods.get(uid),
    tasks: tasks.of(uid),
    tasksKnown: known.tasks,
    notes: notes.get(uid) ?? {},
    provider: traits,
    node: options.node,
    now: clock.now(),
  });

  const reconcile = async (uid: string): Promise<void> => {
    for (let step = 0; step < STEPS_AT_MOST; step++) {
      if (stopping.signal.aborted) return;
      // A task without a pod means something only once every pod has been told.
      if (!known.pods && pods.get(uid) === undefined) return;
      rememberCalm(uid);
      const world = worldOf(uid);
      const action = plan(world);
      if (action.do === "wait") {
        if (action.until !== undefined) queue.addAt(uid, action.until);
        if (world.pod === undefined && world.tasks.length === 0) notes.delete(uid);
        return;
      }
      await act(deps, uid, world, action);
    }
    log.error("a pod's plan does not settle", { uid, world: worldOf(uid).notes });
    queue.addAt(uid, clock.now() + UNSETTLED_PAUSE_MS);
  };

  const queue = createKeyQueue(clock, reconcile, (uid, error, retryInMs) => {
    const { namespace, name } = pods.get(uid)?.metadata ?? {};
    log.warn("pod could not be reconciled", { pod: { namespace, name }, uid, err: String(error), retryInMs });
  });

  function rememberCalm(uid: string): void {
    const pod = pods.get(uid);
    const record = pod === undefined ? undefined : recordOf(pod);
    const task = tasks.of(uid).find((one) => one.identity.attempt === record?.attempt);
    const before = notes.get(uid)?.calm;
    const calm = noteCalm(before, task, record?.earlierRestarts ?? {});
    if (calm !== before) notes.set(uid, { ...notes.get(uid), calm });
  }

  function forgetPod(uid: string, last: Pod | undefined): void {
    if (last === undefined) return;
    notes.set(uid, { orphanKillAt: orphanKillAt(last, clock.now()), stops: notes.get(uid)?.stops });
    queue.add(uid);
  }

  const podSink: WatchSink<Pod> = {
    changed(pod) {
      if (pods.put(pod)) queue.add(pod.metadata?.uid ?? "");
    },
    removed({ metadata: { uid = "" } = {} }) {
      forgetPod(uid, pods.delete(uid));
    },
    synced() {
      known.pods = true;
      for (const uid of tasks.podUids()) queue.add(uid);
    },
  };

  const feed: TaskFeed = {
    task(state) {
      if (tasks.put(state)) queue.add(state.identity.podUid);
    },
    gone({ podUid, attempt }: TaskIdentity) {
      if (!tasks.delete(podUid, attempt)) return;
      notes.set(podUid, { ...notes.get(podUid), vanished: attempt });
      queue.add(podUid);
    },
    synced() {
      known.tasks = true;
      for (const pod of pods.values()) queue.add(pod.metadata?.uid ?? "");
    },
    health: options.providerHealth,
  };

  return {
    lookup: createLookup(pods, tasks),
    async run(signal) {
      signal.addEventListener("abort", () => stopping.abort(signal.reason), { once: true });
      await Promise.all([cluster.pods.watch(nodeName, podSink, signal), provider.watch(feed, signal)]);
      await queue.drain();
    },
  };
}
