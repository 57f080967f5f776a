/** What every act of a pod's life needs, and how what came of it is noted. */
import type { Cluster, PodRef } from "../../cluster/cluster.ts";
import type { Lanes } from "../../limits/lanes.ts";
import type { TaskIdentity } from "../../model/identity.ts";
import { asProviderError } from "../../model/provider-error.ts";
import type { Clock, Log, Pod, Provider } from "../../provider.ts";
import type { PodEvent } from "../pod-events.ts";
import { troubleAfter } from "../plan/on-error.ts";
import type { Action } from "../plan/action.ts";
import type { Notes, Operation, Trouble } from "../plan/world.ts";
import type { LookAtFiles, Prepare, PrepareAddition } from "../prepare.ts";
import type { PodStore, TaskStore } from "../stores.ts";

export interface ActDeps {
  readonly cluster: Pick<Cluster, "pods" | "events">;
  readonly provider: Provider;
  readonly prepare: Prepare;
  readonly prepareAddition: PrepareAddition;
  readonly lookAtFiles: LookAtFiles;
  readonly lanes: Lanes<PodLane>;
  readonly pods: PodStore;
  readonly tasks: TaskStore;
  readonly notes: Map<string, Notes>;
  readonly clusterUid: string;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1). */
  readonly random: () => number;
  /** Aborts launches that still wait when the node stops. */
  readonly signal: AbortSignal;
  /** The object of this uid does not exist any more. */
  readonly vanished: (uid: string) => void;
}

export type PodLane = "api" | "launch" | "cloud";

export type Doing<Kind extends Action["do"]> = Extract<Action, { do: Kind }>;

/** Runs one operation of the provider; its failure becomes a note that the next plan reads. */
export async function attempt(
  deps: ActDeps,
  uid: string,
  operation: Operation,
  perform: () => Promise<void>,
): Promise<void> {
  try {
    await perform();
    setTrouble(deps, uid, operation, undefined);
  } catch (error) {
    if (deps.signal.aborted) return;
    const before = deps.notes.get(uid)?.troubles?.[operation];
    const trouble = troubleAfter(before, asProviderError(error), deps.clock.now(), deps.random());
    const { kind, reason, message } = trouble.error;
    const pod = deps.pods.get(uid)?.metadata;
    deps.log.warn("provider operation failed", {
      pod: { namespace: pod?.namespace, name: pod?.name },
      uid,
      operation,
      kind,
      reason,
      err: message,
      failures: trouble.count,
    });
    setTrouble(deps, uid, operation, trouble);
  }
}

export function setTrouble(deps: ActDeps, uid: string, operation: Operation, trouble: Trouble | undefined): void {
  const { [operation]: before, ...others } = deps.notes.get(uid)?.troubles ?? {};
  if (before === trouble) return;
  note(deps, uid, { troubles: trouble === undefined ? others : { ...others, [operation]: trouble } });
}

export function note(deps: ActDeps, uid: string, more: Notes): void {
  deps.notes.set(uid, { ...deps.notes.get(uid), ...more });
}

export function tell(deps: Pick<ActDeps, "cluster" | "nodeName">, pod: Pod, { container, ...event }: PodEvent): void {
  const list = (["initContainers", "ephemeralContainers", "containers"] as const).find((key) =>
    pod.spec?.[key]?.some((one) => one.name === container),
  );
  deps.cluster.events.record({
    ...event,
    about: {
      kind: "Pod",
      ...refOfPod(pod),
      ...(container !== undefined && { fieldPath: `spec.${list}{${container}}` }),
    },
    nodeName: deps.nodeName,
  });
}

export function identityOf(deps: ActDeps, uid: string, attemptNumber: number): TaskIdentity {
  return { clusterUid: deps.clusterUid, podUid: uid, attempt: attemptNumber };
}

export function refOf(deps: ActDeps, uid: string, attemptNumber: number) {
  const id = deps.tasks.of(uid).find((task) => task.identity.attempt === attemptNumber)?.id;
  return { identity: identityOf(deps, uid, attemptNumber), id };
}

export function refOfPod(pod: Pod): PodRef {
  const { namespace = "", name = "", uid = "" } = pod.metadata ?? {};
  return { namespace, name, uid };
}
