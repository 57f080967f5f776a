/**
 * What the answers of its probes make of one run of a container: a state machine without time or I/O, by the rules of
 * the kubelet (k8s.io/kubernetes v1.36 pkg/kubelet/prober/worker.go). Pure.
 */
import type { Probe, ProbeKind } from "./probe.ts";

/** What the status and the plan get to know of one run. */
export interface Health {
  readonly started: boolean;
  readonly ready: boolean;
  /** The probe that asks for the end of this run. */
  readonly failed: "startup" | "liveness" | undefined;
}

export type RunHealth = Readonly<Partial<Record<ProbeKind, Tally>>>;

interface Tally {
  /** The last answer, and how often in a row. */
  readonly last: boolean | undefined;
  readonly count: number;
  /** What counts: the last answer that came often enough. */
  readonly verdict: boolean | undefined;
}

/** Before the first answer: not started, alive, not ready. */
const firstVerdicts: Readonly<Record<ProbeKind, boolean | undefined>> = {
  startup: undefined,
  liveness: true,
  readiness: false,
};

/**
 * `told`: what the API server shows of this very run, written by a burstlet that is no more. It holds until there is an
 * answer: that burstlet was started again must not be seen in any Service.
 */
export function newRun(
  probes: readonly Probe[],
  told: { readonly started: boolean; readonly ready: boolean } | undefined,
): RunHealth {
  const verdictOf = (kind: ProbeKind): boolean | undefined => {
    if (kind === "startup") return told?.started === true ? true : firstVerdicts.startup;
    return kind === "readiness" ? (told?.ready ?? firstVerdicts.readiness) : firstVerdicts[kind];
  };
  return Object.fromEntries(probes.map(({ kind }) => [kind, { last: undefined, count: 0, verdict: verdictOf(kind) }]));
}

export function healthOf({ startup, liveness, readiness }: RunHealth): Health {
  const started = startup === undefined || startup.verdict === true;
  const failed = liveness?.verdict === false ? "liveness" : startup?.verdict === false ? "startup" : undefined;
  return { started, ready: started && (readiness?.verdict ?? true), failed };
}

/** Is there still something to learn from this probe? `ending`: the task was told to stop. */
export function isWanted(run: RunHealth, kind: ProbeKind, ending: boolean): boolean {
  const { started, failed } = healthOf(run);
  switch (kind) {
    case "startup":
      return !started && failed === undefined && !ending;
    case "liveness":
      return started && failed === undefined && !ending;
    case "readiness":
      return started;
  }
}

export function afterAnswer(run: RunHealth, probe: Probe, success: boolean): RunHealth {
  const before = run[probe.kind];
  if (before === undefined) return run;
  const count = before.last === success ? before.count + 1 : 1;
  const enough = count >= (success ? probe.successThreshold : probe.failureThreshold);
  return { ...run, [probe.kind]: { last: success, count, verdict: enough ? success : before.verdict } };
}
