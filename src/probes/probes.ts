/**
 * Keeps asking: the probes of every present run, each at its times, never twice at once. What they found is had by
 * `healthOf`; nothing of it lasts longer than its run.
 */
import type { Lanes } from "../limits/lanes.ts";
import type { Clock } from "../model/clock.ts";
import { type Agenda, createAgenda } from "./agenda.ts";
import { afterAnswer, type Health, healthOf, isWanted, newRun, type RunHealth } from "./health.ts";
import type { Outcome, Probe, ProbeKind } from "./probe.ts";
import type { AskProbe, ProbeTarget } from "./prober.ts";

/** Commands cost a process each, so they have fewer places. */
export type ProbeLane = "probe" | "exec-probe";

/** One run of one container that has probes. */
export interface ProbedRun extends ProbeTarget {
  readonly probes: readonly Probe[];
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** What the API server shows of this very run; `undefined`: nothing yet. */
  readonly told: { readonly started: boolean; readonly ready: boolean } | undefined;
  /** Its task was told to stop. */
  readonly ending: boolean;
}

/** What one question came to. */
export interface Answer {
  readonly podUid: string;
  readonly container: string;
  readonly probe: Probe;
  readonly outcome: Outcome;
  readonly seconds: number;
}

export interface ProbesOptions {
  readonly ask: AskProbe;
  readonly lanes: Pick<Lanes<ProbeLane>, "run">;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** After each question, unless its run has ended meanwhile. */
  readonly answered: (answer: Answer) => void;
  /** The health of a container of this pod is another one now. */
  readonly changed: (podUid: string) => void;
}

export interface Probes {
  /** The present runs of this pod, all of them; those that are not among them are forgotten. Cheap when nothing is new. */
  watch(podUid: string, runs: readonly ProbedRun[]): void;
  /** By container. */
  healthOf(podUid: string): ReadonlyMap<string, Health>;
  close(): void;
}

interface Watched {
  run: ProbedRun;
  health: RunHealth;
  readonly over: AbortController;
  /** Probes with a place in the agenda, or a question under way. */
  readonly planned: Set<ProbeKind>;
}

interface Turn {
  readonly watched: Watched;
  readonly probe: Probe;
}

export function createProbes(options: ProbesOptions): Probes {
  const { clock } = options;
  const bornAt = clock.monotonic();
  const pods = new Map<string, Map<string, Watched>>();
  const agenda = createAgenda<Turn>(clock, (turn, at) => takeTurn(options, agenda, turn, at));

  const begin = (run: ProbedRun): Watched => {
    const { probes, told } = run;
    const watched = { run, health: newRun(probes, told), over: new AbortController(), planned: new Set<ProbeKind>() };
    // As the kubelet: soon after a start of ours, with everything to be asked at once.
    plan(options, agenda, watched, ({ kind, period }) => {
      return kind === "liveness" || (told !== undefined && clock.monotonic() - bornAt < period);
    });
    return watched;
  };

  return {
    watch(podUid, runs) {
      const before = pods.get(podUid);
      if (runs.length === 0) {
        for (const watched of before?.values() ?? []) watched.over.abort();
        pods.delete(podUid);
        return;
      }
      const now = new Map<string, Watched>();
      for (const run of runs) {
        const known = before?.get(run.run.container);
        const same = known !== undefined && isSame(known.run, run);
        if (same) known.run = { ...run, probes: known.run.probes };
        else known?.over.abort();
        now.set(run.run.container, same ? known : begin(run));
      }
      for (const [container, watched] of before ?? []) if (!now.has(container)) watched.over.abort();
      pods.set(podUid, now);
    },
    healthOf: (podUid) => new Map([...(pods.get(podUid) ?? [])].map(([name, { health }]) => [name, healthOf(health)])),
    close() {
      agenda.close();
      for (const runs of pods.values()) for (const watched of runs.values()) watched.over.abort();
    },
  };
}

function isSame({ run: a }: ProbedRun, { run: b }: ProbedRun): boolean {
  return a.instance === b.instance && a.task.identity.attempt === b.task.identity.attempt;
}

/**
 * Puts what is wanted and not planned yet into the agenda: after its initial delay, and `spread` over a period. Liveness
 * always is, as its ticks are with the kubelet, which run since before the container; readiness should be known at once.
 */
function plan(
  { clock, random }: ProbesOptions,
  agenda: Agenda<Turn>,
  watched: Watched,
  spread: (probe: Probe) => boolean,
): void {
  const { run, health, planned } = watched;
  for (const probe of run.probes) {
    if (planned.has(probe.kind) || !isWanted(health, probe.kind, run.ending)) continue;
    planned.add(probe.kind);
    const delay = Math.max(0, run.startedAt + probe.initialDelay - clock.now());
    const phase = spread(probe) ? random() * probe.period : 0;
    agenda.put(clock.monotonic() + delay + phase, { watched, probe });
  }
}

function takeTurn(options: ProbesOptions, agenda: Agenda<Turn>, turn: Turn, at: number): void {
  const { watched, probe } = turn;
  const { clock } = options;
  if (watched.over.signal.aborted) return;
  if (!isWanted(watched.health, probe.kind, watched.run.ending)) {
    watched.planned.delete(probe.kind);
    return;
  }
  void ask(options, turn).then((answer) => {
    if (answer !== undefined) take(options, agenda, turn, answer);
    if (watched.over.signal.aborted) return;
    // What became due meanwhile is left out: a slow answer must not make a heap of questions.
    const missed = Math.max(1, Math.ceil((clock.monotonic() - at) / probe.period));
    agenda.put(at + missed * probe.period, turn);
  });
}

/** `undefined`: the run ended meanwhile. */
async function ask(
  { ask: prober, lanes, clock }: ProbesOptions,
  { watched, probe }: Turn,
): Promise<Answer | undefined> {
  const { signal } = watched.over;
  try {
    return await lanes.run(
      probe.action.via === "exec" ? "exec-probe" : "probe",
      async () => {
        const begun = clock.monotonic();
        const late = new AbortController();
        const cancel = clock.after(probe.timeout, () => late.abort());
        const leave = (): void => late.abort();
        signal.addEventListener("abort", leave, { once: true });
        const outcome = await prober(probe, watched.run, late.signal);
        cancel();
        signal.removeEventListener("abort", leave);
        if (signal.aborted) return undefined;
        const { task, container } = watched.run.run;
        const seconds = (clock.monotonic() - begun) / 1000;
        return { podUid: task.identity.podUid, container, probe, outcome, seconds };
      },
      { signal },
    );
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

function take(options: ProbesOptions, agenda: Agenda<Turn>, turn: Turn, answer: Answer): void {
  const { watched, probe } = turn;
  options.answered(answer);
  if (answer.outcome.result === "error") return;
  const before = healthOf(watched.health);
  watched.health = afterAnswer(watched.health, probe, answer.outcome.result !== "failure");
  const after = healthOf(watched.health);
  // A container that has just started up: the other probes are wanted from now on.
  if (after.started && !before.started) plan(options, agenda, watched, ({ kind }) => kind === "liveness");
  if (after.started !== before.started || after.ready !== before.ready || after.failed !== before.failed) {
    options.changed(answer.podUid);
  }
}
