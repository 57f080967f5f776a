/** One pod at a time: read both worlds afresh, plan, act, until the plan says wait. */
import type { Clock, Log, Provider, ProviderError } from "../provider.ts";
import { act } from "./act/act.ts";
import type { ActDeps } from "./act/deps.ts";
import type { Memory } from "./memory.ts";
import { noteCalm } from "./plan/attempts.ts";
import { plan } from "./plan/plan.ts";
import { type NodeTraits, recordOf, type World } from "./plan/world.ts";
import type { Probing } from "./probing.ts";

/** More actions than any pod needs in a row: a plan that does not settle is a bug, and must not spin. */
const STEPS_AT_MOST = 32;
const UNSETTLED_PAUSE_MS = 5_000;

export interface ReconcileOptions {
  readonly memory: Memory;
  readonly node: NodeTraits;
  readonly provider: Provider;
  readonly clock: Clock;
  readonly log: Log;
  readonly deps: ActDeps;
  readonly probing: Pick<Probing, "look">;
  readonly providerTrouble?: () => ProviderError | undefined;
}

/** Resolves to when to look again (milliseconds since 1970); `undefined`: when something changes. */
export type Reconcile = (uid: string) => Promise<number | undefined>;

export function createReconcile(options: ReconcileOptions): Reconcile {
  const { memory, node, provider, clock, log, deps, probing } = options;
  const { pods, tasks, notes, known } = memory;
  const traits = {
    name: provider.name,
    restarts: provider.restarts,
    canRestart: provider.restart !== undefined,
    canKill: provider.kill !== undefined,
    canPassStartup: provider.passStartup !== undefined,
    canAdd: provider.addContainers !== undefined,
    canUpdate: provider.update !== undefined,
    canResize: provider.resize !== undefined,
    tellsSends: provider.tellsSends === true,
    memory: provider.memory,
    unknownEnd: provider.unknownEnd,
  };
  const worldOf = (uid: string): World => ({
    pod: pods.get(uid),
    tasks: tasks.of(uid),
    tasksKnown: known.tasks,
    providerTrouble: options.providerTrouble?.(),
    health: probing.look(uid, pods.get(uid), tasks.of(uid)),
    notes: notes.get(uid) ?? {},
    provider: traits,
    node,
    now: clock.now(),
  });

  // What is left of a pod that is gone is discarded also when the node stops meanwhile: its owner, who saw it go, may not
  // start the node again. Once: if that fails, the next start does it.
  const isLeft = (uid: string): boolean =>
    pods.get(uid) === undefined && tasks.of(uid).some(({ phase }) => phase === "stopped");

  return async (uid) => {
    let discarded = false;
    for (let step = 0; step < STEPS_AT_MOST; step++) {
      if (deps.signal.aborted) {
        if (discarded || !isLeft(uid)) return undefined;
        discarded = true;
      }
      // A task without a pod means something only once every pod has been told.
      if (!known.pods && pods.get(uid) === undefined) return undefined;
      rememberCalm(memory, uid);
      const world = worldOf(uid);
      const action = plan(world);
      log.debug("pod decided", { ...podFields(world, uid), ...decision(action) });
      if (action.do === "wait") {
        if (world.pod === undefined && world.tasks.length === 0) notes.delete(uid);
        return action.until;
      }
      await act(deps, uid, world, action);
    }
    log.error("a pod's plan does not settle", { uid, world: notes.get(uid) });
    return clock.now() + UNSETTLED_PAUSE_MS;
  };
}

function rememberCalm({ pods, tasks, notes }: Memory, uid: string): void {
  const pod = pods.get(uid);
  const record = pod === undefined ? undefined : recordOf(pod);
  const task = tasks.of(uid).find((one) => one.identity.attempt === record?.attempt);
  const before = notes.get(uid)?.calm;
  const calm = noteCalm(before, task, record?.earlierRestarts ?? {});
  if (calm !== before) notes.set(uid, { ...notes.get(uid), calm });
}

function podFields({ pod }: World, uid: string): object {
  const { namespace, name } = pod?.metadata ?? {};
  return { ...(pod !== undefined && { pod: { namespace, name } }), uid };
}

/** What was decided, without the contents of what would be written. */
function decision(action: ReturnType<typeof plan>): object {
  if (action.do === "report") return { action: action.do, writes: Object.keys(action.patch) };
  if (action.do === "record") return { action: action.do, attempt: action.attempt, try: action.try };
  const { do: name, ...rest } = action;
  return { action: name, ...rest };
}
