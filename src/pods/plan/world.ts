/** What one decision is made from: the pod, its tasks, the durable record, and notes that may be lost. Pure types. */
import { annotations } from "../../model/annotations.ts";
import { parseTime } from "../../model/clock.ts";
import type { Pod } from "../../model/kube.ts";
import type { ProviderError } from "../../model/provider-error.ts";
import type { UnknownEnd } from "../../provider.ts";
import type { Refusal } from "../../model/support/refusal.ts";
import type { TaskState } from "../../model/task-state.ts";
import type { Health } from "../../probes/health.ts";
import type { Given } from "../../status/resize.ts";

export interface World {
  /** As the API server shows it; absent once the object is gone. */
  readonly pod: Pod | undefined;
  /** Every task of this pod's uid that the provider has told, by attempt. */
  readonly tasks: readonly TaskState[];
  /** The provider has told every existing task at least once: only then does absence mean something. */
  readonly tasksKnown: boolean;
  /** What keeps the provider as a whole from its work. */
  readonly providerTrouble?: { readonly reason: string; readonly message: string } | undefined;
  /** What the core's own probes have found of the present runs, by container; only of those that have probes. */
  readonly health: ReadonlyMap<string, Health>;
  readonly notes: Notes;
  readonly provider: ProviderTraits;
  readonly node: NodeTraits;
  readonly now: number;
}

export interface ProviderTraits {
  readonly name: string;
  readonly restarts: "container" | "task" | "cloud";
  readonly canRestart: boolean;
  readonly canKill: boolean;
  readonly canPassStartup: boolean;
  /** Ephemeral containers. */
  readonly canAdd: boolean;
  /** Files of volumes, while the task lives. */
  readonly canUpdate: boolean;
  /** Resources of containers, while they run. */
  readonly canResize: boolean;
  readonly tellsSends: boolean;
  /** Seconds. */
  readonly memory: number;
  readonly unknownEnd?: UnknownEnd | undefined;
}

export interface NodeTraits {
  readonly hostIP: string | undefined;
  readonly daemonSetPods: "refuse" | "run";
}

/** What the node remembers between two looks at a pod. Losing it costs time, never truth. */
export interface Notes {
  /** What resolve and translate said, for this generation and attempt of the pod. */
  readonly prepared?: Prepared | undefined;
  /** Which operations failed last, and when to try them again. */
  readonly troubles?: Readonly<Partial<Record<Operation, Trouble>>> | undefined;
  /** The attempt of which the provider said that nothing is left. */
  readonly gone?: number | undefined;
  /** The recorded try that surely started nothing: not sent yet, or answered so. Its record does not age. */
  readonly unsent?: { readonly attempt: number; readonly try: number } | undefined;
  /** The attempt whose task the provider said is gone without our doing: it existed, even if no status names it yet. */
  readonly vanished?: number | undefined;
  /** The last `stop` sent for each attempt: the deadline it carried and when it was sent. */
  readonly stops?: ReadonlyMap<number, StopSent> | undefined;
  /** The last `restart` sent for each container of the present attempt. */
  readonly restarts?: ReadonlyMap<string, RestartSent> | undefined;
  /** Ephemeral containers that are not in the task yet, by name. */
  readonly additions?: ReadonlyMap<string, Addition> | undefined;
  /** The last `kill` sent for each container. */
  readonly kills?: ReadonlyMap<string, KillSent> | undefined;
  /** The sidecars behind which the row was let go on, with the attempt. */
  readonly startups?: ReadonlyMap<string, number> | undefined;
  /** Milliseconds since 1970: when we were last told that something changed of which the pod is made. */
  readonly changedAt?: number | undefined;
  /** What the volumes of the present attempt's task hold. */
  readonly files?: FilesNote | undefined;
  readonly resize?: ResizeNote | undefined;
  /** When the pod object vanished, what its tasks may still use of their grace: milliseconds since 1970. */
  readonly orphanKillAt?: number | undefined;
  /** restartCount of each container when it last ran calmly (10 minutes): the back-off counts from there. */
  readonly calm?: ReadonlyMap<string, number> | undefined;
}

export type Operation = "launch" | "restart" | "kill" | "passStartup" | "add" | "update" | "resize" | "stop";

export type Prepared = { readonly generation: number; readonly attempt: number } & (
  | {
      readonly is: "ready";
      readonly request: unknown;
      readonly provisioned?: string;
      readonly hourlyUsd?: number;
      /** Seconds for which the cloud remembers this launch; absent: as the provider says of all. */
      readonly memory?: number | undefined;
      /** Where the provider looks for this launch. */
      readonly trail?: string | undefined;
      readonly files?: ReadyFiles;
    }
  | { readonly is: "refused"; readonly refusals: readonly Refusal[] }
  | { readonly is: "missing"; readonly reason: string; readonly message: string; readonly retryAt: number }
);

/** A fingerprint of each volume of files, by name, and when the first of its tokens should be replaced. */
export interface ReadyFiles {
  readonly sent: ReadonlyMap<string, string>;
  readonly refreshAt: number | undefined;
  /** Milliseconds since 1970: before the first of them was read. */
  readonly lookedAt: number;
}

/** What resolve and translate said of an ephemeral container, or when the provider was asked for it. */
export type Addition =
  | { readonly is: "sent"; readonly sentAt: number }
  | { readonly is: "refused"; readonly message: string }
  | { readonly is: "missing"; readonly reason: string; readonly message: string; readonly retryAt: number };

/** What a task has in its volumes, as far as this process knows. */
export interface FilesNote {
  readonly attempt: number;
  /** By volume; one that is not here is sent, whatever it holds. */
  readonly sent: ReadonlyMap<string, string>;
  /** Milliseconds since 1970: when to compare again. */
  readonly checkAt: number;
  /** What kept a volume from its news at the last look. */
  readonly trouble?: string | undefined;
}

/** What resources this process has asked of a task. */
export interface ResizeNote {
  readonly attempt: number;
  /** Of the pod, at the last try: what another one says is tried at once, whatever came of this. */
  readonly generation: number | undefined;
  readonly given: Given;
}

export interface RestartSent {
  readonly instance: number;
  readonly sentAt: number;
}

export interface KillSent {
  readonly attempt: number;
  readonly instance: number;
  readonly killAt: number;
  readonly sentAt: number;
}

export interface StopSent {
  readonly killAt: number;
  readonly sentAt: number;
  readonly discard: boolean;
}

export interface Trouble {
  readonly error: ProviderError;
  /** Consecutive failures. */
  readonly count: number;
  /** Milliseconds between the last failure and the next try. */
  readonly waitMs: number;
  /** Milliseconds since 1970. */
  readonly retryAt: number;
  /** Of a launch: the try that failed. */
  readonly try?: number | undefined;
}

/** The write-ahead record of a launch, as the pod's annotations carry it. */
export interface AttemptRecord {
  /** Name of the provider that the launch was meant for. */
  readonly backend: string;
  readonly attempt: number;
  readonly try: number;
  /** Milliseconds since 1970. */
  readonly recordedAt: number | undefined;
  /** A status has named the task: it existed, so its absence means that it is lost. */
  readonly taskSeen: boolean;
  /** Seconds for which the cloud remembers this launch; absent: as the provider says of all. */
  readonly memory?: number | undefined;
  /** Where the provider looks for this launch. */
  readonly trail?: string | undefined;
  /** It waits for its turn: whatever the cloud remembers, nothing has been sent for this attempt. */
  readonly isUnsent?: boolean | undefined;
  /** It may have been sent then, milliseconds since 1970. */
  readonly sentAt?: number | undefined;
  /** Restarts counted before this attempt, by container. */
  readonly earlierRestarts: Readonly<Record<string, number>>;
}

/** `undefined` when this pod was never recorded. */
export function recordOf(pod: Pod): AttemptRecord | undefined {
  const notes = pod.metadata?.annotations ?? {};
  const attempt = Number(notes[annotations.attempt]);
  const backend = notes[annotations.backend];
  if (backend === undefined || !Number.isInteger(attempt) || attempt < 1) return undefined;
  return {
    backend,
    attempt,
    try: Math.max(1, Number(notes[annotations.try]) || 1),
    recordedAt: parseTime(notes[annotations.recorded]),
    taskSeen: notes[annotations.task] !== undefined,
    memory: secondsOf(notes[annotations.memory]),
    trail: notes[annotations.trail],
    isUnsent: notes[annotations.sent] === "no" || undefined,
    sentAt: parseTime(notes[annotations.sent]),
    earlierRestarts: restartsOf(notes[annotations.earlierRestarts]),
  };
}

function secondsOf(text: string | undefined): number | undefined {
  const seconds = Number(text ?? "");
  return text === undefined || text === "" || !(seconds >= 0) ? undefined : seconds;
}

/** `a=3,b=1` */
function restartsOf(text: string | undefined): Record<string, number> {
  const pairs = (text ?? "").split(",").map((pair) => pair.split("="));
  return Object.fromEntries(
    pairs
      .filter(([name, count]) => name !== "" && Number.isInteger(Number(count)))
      .map(([name, count]) => [name, Number(count)]),
  );
}

export function restartsText(restarts: Readonly<Record<string, number>>): string {
  return Object.entries(restarts)
    .map(([name, count]) => `${name}=${count}`)
    .join(",");
}
