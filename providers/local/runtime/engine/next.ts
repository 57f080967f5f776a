/**
 * THE decision of this room: from what a task should be and what the engine shows, which steps come next. Pure and
 * total, so a new burstlet goes on wherever the engine says that the old one stopped.
 */
import type { ContainerKind } from "../../../../src/provider.ts";
import { hookKey, runKey } from "./names.ts";

export interface TaskView {
  /** In order of start. */
  readonly containers: readonly WantedContainer[];
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
  /** By hook key: how far each hook is; absent: not begun. */
  readonly hooks: Readonly<Record<string, HookState>>;
  /** For a run that is replaced while it runs. */
  readonly graceMs: number;
  readonly now: number;
}

export interface WantedContainer {
  readonly name: string;
  readonly kind: ContainerKind;
  readonly wanted: number;
  readonly postStart?: boolean;
  readonly preStop?: boolean;
  /** The container whose processes it sees. */
  readonly target?: string;
  /** A sidecar that has still to start up. */
  readonly held?: boolean;
}

export type HookName = "postStart" | "preStop";
export type HookState = "begun" | "succeeded" | "failed";

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
  | { readonly do: "hook"; readonly hook: HookName; readonly container: string; readonly instance: number }
  | { readonly do: "signal"; readonly container: string; readonly instance: number; readonly signal: "stop" | "KILL" };

export interface Decision {
  readonly steps: readonly Step[];
  /** When time alone changes the answer: look again then (as `now`). */
  readonly wakeAt?: number | undefined;
}

/**
 * What is told to end when its grace is over already, because its preStop hook took it or because a sidecar had to wait
 * for its turn, still gets this, as the kubelet gives it (KEP-753).
 */
const leastGrace = 2000;
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
    ...replaced.map((run) => endRun(view, run, (view.signalled[keyOf(run)] ?? view.now) + view.graceMs)),
    ...killed(
      view,
      running.filter((run) => !replaced.includes(run)),
    ),
  ];
  const removals = superseded(view);
  const decisions = [...ending, { steps: [...removals, ...postStartSteps(view), ...startSteps(view, due)] }];
  return together(decisions);
}

/** What is to end alone: it ends, and whoever decides on restarts sees it end. */
function killed(view: TaskView, running: readonly Run[]): Decision[] {
  return running.flatMap((run) => {
    const deadline = view.kills[keyOf(run)];
    return deadline === undefined ? [] : [endRun(view, run, deadline)];
  });
}

/** Which containers' wanted runs should be started now, in order; and which running ones stand in the way. */
function dueNow(view: TaskView): { due: readonly WantedContainer[]; replaced: readonly Run[] } {
  const mains = view.containers.filter((container) => container.kind === "main");
  const rowPassed = mains.some((main) =>
    view.runs.some((run) => run.container === main.name && run.state !== "created"),
  );
  const due: WantedContainer[] = [];
  const replaced: Run[] = [];
  for (const container of view.containers.filter(({ kind }) => kind === "ephemeral")) {
    const current = runOf(view, container.name, container.wanted);
    // It belongs to no row, and runs once.
    if (current === undefined || current.state === "created") due.push(container);
  }
  for (const container of view.containers.filter(({ kind }) => kind !== "ephemeral")) {
    const isInit = container.kind === "init";
    if (isInit && rowPassed) continue;
    const previous = view.runs.find(
      (run) => run.container === container.name && run.instance < container.wanted && run.state === "running",
    );
    const current = runOf(view, container.name, container.wanted);
    if (previous !== undefined) replaced.push(previous);
    else if (current === undefined || current.state === "created") due.push(container);
    if (holdsUp(view, container, current, rowPassed)) break;
  }
  return { due, replaced };
}

/** Does what comes after this container in the row have to wait for it? */
function holdsUp(
  view: TaskView,
  { name, kind, wanted, postStart = false, held = false }: WantedContainer,
  current: Run | undefined,
  rowPassed: boolean,
): boolean {
  if (kind === "init") return current?.succeeded !== true;
  const hooked = !postStart || view.hooks[hookKey("postStart", name, wanted)] === "succeeded";
  if (kind === "sidecar")
    return !rowPassed && (current === undefined || current.state === "created" || !hooked || held);
  // The kubelet starts one container after the other, and is not done with one before its hook is.
  return !hooked && current?.state !== "ended";
}

/** Hooks of runs that have started and not been through theirs. */
function postStartSteps(view: TaskView): Step[] {
  return view.containers.flatMap(({ name, wanted, postStart = false }): Step[] => {
    const run = runOf(view, name, wanted);
    if (!postStart || run?.state !== "running" || view.kills[keyOf(run)] !== undefined) return [];
    const state = view.hooks[hookKey("postStart", name, wanted)];
    return state === undefined || state === "begun" ? [hookStep("postStart", run)] : [];
  });
}

function startSteps(view: TaskView, due: readonly WantedContainer[]): Step[] {
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
    // Whoever looks at its processes keeps it: no engine removes it before the other.
    if (view.containers.some(({ target }) => target === name)) return [];
    const old = view.runs.filter((run) => run.container === name && run.instance < wanted - 1 && run.inEngine);
    return old.map((run) => ({ do: "remove" as const, container: name, instance: run.instance }));
  });
}

/** Mains (and whatever else is no sidecar) first, then sidecars one by one against their order, the sandbox last. */
function stopping(view: TaskView, stop: { askedAt: number; deadline: number }): Decision {
  const running = view.runs.filter((run) => run.state === "running");
  const isSidecar = (run: Run): boolean => kindOf(view, run.container) === "sidecar";
  const mains = running.filter((run) => !isSidecar(run));
  // Sidecars wait for their turn to end; their hooks do not (pkg/kubelet/kuberuntime, killContainer).
  const hooks = running.filter((run) => isSidecar(run) && preStopDue(view, run, stop.deadline));
  const hooksOfSidecars = { steps: hooks.map((run) => hookStep("preStop", run)), wakeAt: stop.deadline };
  if (mains.length > 0) {
    // One that had been told to end alone keeps its own deadline, where that is earlier.
    const ends = mains.map((run) => endRun(view, run, Math.min(stop.deadline, view.kills[keyOf(run)] ?? Infinity)));
    return together(hooks.length === 0 ? ends : [...ends, hooksOfSidecars]);
  }
  const sidecar = view.containers
    .toReversed()
    .flatMap(({ name }) => running.filter((run) => run.container === name))[0];
  if (sidecar !== undefined) {
    if (hooks.includes(sidecar)) return hooksOfSidecars;
    const atOnce = stop.deadline <= stop.askedAt;
    const end = endOne(view, sidecar, atOnce ? stop.deadline : atLeast(view, sidecar, stop.deadline));
    return hooks.length === 0 ? end : together([end, hooksOfSidecars]);
  }
  return { steps: view.sandbox === "running" ? [{ do: "end sandbox" }] : [] };
}

/** By way of its preStop hook, where it has one and there is time for it. */
function endRun(view: TaskView, run: Run, deadline: number): Decision {
  if (preStopDue(view, run, deadline)) return { steps: [hookStep("preStop", run)], wakeAt: deadline };
  const hooked = view.hooks[hookKey("preStop", run.container, run.instance)] !== undefined;
  return endOne(view, run, hooked ? atLeast(view, run, deadline) : deadline);
}

function preStopDue(view: TaskView, run: Run, deadline: number): boolean {
  const container = view.containers.find(({ name }) => name === run.container);
  if (container?.preStop !== true || view.now >= deadline || view.signalled[keyOf(run)] !== undefined) return false;
  const state = view.hooks[hookKey("preStop", run.container, run.instance)];
  return state === undefined || state === "begun";
}

function atLeast(view: TaskView, run: Run, deadline: number): number {
  return Math.max(deadline, (view.signalled[keyOf(run)] ?? view.now) + leastGrace);
}

function hookStep(hook: HookName, { container, instance }: Run): Step {
  return { do: "hook", hook, container, instance };
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
