/**
 * THE decision of this room: from what a task should be and what the engine shows, which steps come next. Pure and
 * total, so a new burstlet goes on wherever the engine says that the old one stopped.
 */
import type { ContainerKind } from "../../../../src/provider.ts";
import { runKey } from "./names.ts";

export interface TaskView {
  /** In order of start. */
  readonly containers: readonly { readonly name: string; readonly kind: ContainerKind; readonly wanted: number }[];
  readonly runs: readonly Run[];
  readonly sandbox: "absent" | "created" | "running" | "ended";
  /** Address known and volumes filled, for this run of the sandbox. */
  readonly prepared: boolean;
  /** False without a spec: then nothing is started. */
  readonly startable: boolean;
  readonly stop: { readonly askedAt: number; readonly deadline: number } | undefined;
  /** By run key: when a run that is to end alone has to be dead. */
  readonly kills: Readonly<Record<string, number>>;
  /** By run key: when it was asked to end. */
  readonly signalled: Readonly<Record<string, number>>;
  readonly now: number;
}

export interface Run {
  readonly container: string;
  readonly instance: number;
  readonly state: "created" | "running" | "ended";
  /** Ended with exit code 0. */
  readonly succeeded: boolean;
  /** False for a run that is known only from the record: nothing is left in the engine. */
  readonly inEngine: boolean;
}

export type Step =
  | { readonly do: "create sandbox" | "start sandbox" | "prepare" | "end sandbox" }
  | { readonly do: "create" | "start" | "remove"; readonly container: string; readonly instance: number }
  | { readonly do: "signal"; readonly container: string; readonly instance: number; readonly signal: "stop" | "KILL" };

export interface Decision {
  readonly steps: readonly Step[];
  /** When time alone changes the answer: look again then (as `now`). */
  readonly wakeAt?: number | undefined;
}

/** A sidecar that is told to end when the grace is over already still gets this, as the kubelet gives it (KEP-753). */
const leastSidecarGrace = 2000;
/** For a run that is replaced while it runs; the pod's own grace is not known here (Kubernetes' default is 30 s). */
const replaceGrace = 30_000;
/** SIGKILL takes effect soon, and the engine tells; looking again after this is for the case that it does not. */
const killLook = 1000;

export function nextSteps(view: TaskView): Decision {
  if (view.stop !== undefined) return stopping(view, view.stop);
  const running = view.runs.filter((run) => run.state === "running");
  // Without its sandbox a run has lost its network for good: it ends, and whoever decides on restarts sees it end.
  if (view.sandbox !== "running" && running.length > 0) return kill(view, running);
  if (!view.startable) return together(killed(view, running));
  const { due, replaced } = dueNow(view);
  const ending = [
    ...replaced.map((run) => endOne(view, run, (view.signalled[keyOf(run)] ?? view.now) + replaceGrace)),
    ...killed(
      view,
      running.filter((run) => !replaced.includes(run)),
    ),
  ];
  const removals = superseded(view);
  const decisions = [...ending, { steps: [...removals, ...startSteps(view, due)] }];
  return together(decisions);
}

/** What is to end alone: it ends, and whoever decides on restarts sees it end. */
function killed(view: TaskView, running: readonly Run[]): Decision[] {
  return running.flatMap((run) => {
    const deadline = view.kills[keyOf(run)];
    return deadline === undefined ? [] : [endOne(view, run, deadline)];
  });
}

type Wanted = TaskView["containers"][number];

/** Which containers' wanted runs should be started now, in order; and which running ones stand in the way. */
function dueNow(view: TaskView): { due: readonly Wanted[]; replaced: readonly Run[] } {
  const mains = view.containers.filter((container) => container.kind === "main");
  const rowPassed = mains.some((main) =>
    view.runs.some((run) => run.container === main.name && run.state !== "created"),
  );
  const due: Wanted[] = [];
  const replaced: Run[] = [];
  for (const container of view.containers) {
    const isInit = container.kind === "init";
    if (isInit && rowPassed) continue;
    const previous = view.runs.find(
      (run) => run.container === container.name && run.instance < container.wanted && run.state === "running",
    );
    const current = runOf(view, container.name, container.wanted);
    if (previous !== undefined) replaced.push(previous);
    else if (current === undefined || current.state === "created") due.push(container);
    const blocks = isInit
      ? current?.succeeded !== true
      : container.kind === "sidecar" && !rowPassed && (current === undefined || current.state === "created");
    if (blocks) break;
  }
  return { due, replaced };
}

function startSteps(view: TaskView, due: readonly Wanted[]): Step[] {
  if (due.length === 0) return [];
  if (view.sandbox === "absent") return [{ do: "create sandbox" }];
  if (view.sandbox !== "running") return [{ do: "start sandbox" }];
  if (!view.prepared) return [{ do: "prepare" }];
  return due.map((container) => ({
    do: runOf(view, container.name, container.wanted) === undefined ? "create" : "start",
    container: container.name,
    instance: container.wanted,
  }));
}

/** The last and the present run are kept, for their logs and states; older ones go once the present one has started. */
function superseded(view: TaskView): Step[] {
  return view.containers.flatMap(({ name, wanted }) => {
    const current = runOf(view, name, wanted);
    if (current === undefined || current.state === "created") return [];
    const old = view.runs.filter((run) => run.container === name && run.instance < wanted - 1 && run.inEngine);
    return old.map((run) => ({ do: "remove" as const, container: name, instance: run.instance }));
  });
}

/** Mains (and whatever else is no sidecar) first, then sidecars one by one against their order, the sandbox last. */
function stopping(view: TaskView, stop: { askedAt: number; deadline: number }): Decision {
  const running = view.runs.filter((run) => run.state === "running");
  const isSidecar = (run: Run): boolean => kindOf(view, run.container) === "sidecar";
  const mains = running.filter((run) => !isSidecar(run));
  if (mains.length > 0) return together(mains.map((run) => endOne(view, run, stop.deadline)));
  const sidecar = view.containers
    .toReversed()
    .flatMap(({ name }) => running.filter((run) => run.container === name))[0];
  if (sidecar !== undefined) {
    const atOnce = stop.deadline <= stop.askedAt;
    const least = (view.signalled[keyOf(sidecar)] ?? view.now) + leastSidecarGrace;
    return endOne(view, sidecar, atOnce ? stop.deadline : Math.max(stop.deadline, least));
  }
  return { steps: view.sandbox === "running" ? [{ do: "end sandbox" }] : [] };
}

function endOne(view: TaskView, run: Run, deadline: number): Decision {
  if (view.now >= deadline) return kill(view, [run]);
  const told = view.signalled[keyOf(run)] !== undefined;
  return { steps: told ? [] : [signal(run, "stop")], wakeAt: deadline };
}

function kill(view: TaskView, runs: readonly Run[]): Decision {
  return { steps: runs.map((run) => signal(run, "KILL")), wakeAt: view.now + killLook };
}

function together(decisions: readonly Decision[]): Decision {
  const times = decisions.flatMap(({ wakeAt }) => (wakeAt === undefined ? [] : [wakeAt]));
  return {
    steps: decisions.flatMap(({ steps }) => steps),
    wakeAt: times.length === 0 ? undefined : Math.min(...times),
  };
}

function signal(run: Run, name: "stop" | "KILL"): Step {
  return { do: "signal", container: run.container, instance: run.instance, signal: name };
}

function runOf(view: TaskView, container: string, instance: number): Run | undefined {
  return view.runs.find((run) => run.container === container && run.instance === instance);
}

function kindOf(view: TaskView, container: string): ContainerKind | undefined {
  return view.containers.find(({ name }) => name === container)?.kind;
}

function keyOf(run: Run): string {
  return runKey(run.container, run.instance);
}
