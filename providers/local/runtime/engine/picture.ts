import type { ContainerState, ImagePull, RunState, TaskState, Terminated, Waiting } from "../../../../src/provider.ts";
import type { ContainerSpec } from "../runtime.ts";
import { hookKey, runKey, taskName } from "./names.ts";
import type { HookName, TaskView } from "./next.ts";
import type { TaskRecord } from "./record.ts";
import type { Seen } from "./seen.ts";
import { taskView, wantedInstance } from "./view.ts";

export interface PictureSource {
  readonly record: TaskRecord;
  readonly seen: readonly Seen[];
  /** By container: why its wanted run does not start yet. */
  readonly waits: ReadonlyMap<string, Waiting>;
  /** By run key: the pull of its image. */
  readonly pulls: ReadonlyMap<string, ImagePull>;
  /** By run key: what the container left in its termination message file. */
  readonly messages: ReadonlyMap<string, string>;
  /** Trouble of the task as a whole: why no container can start. */
  readonly trouble: { readonly reason: string; readonly message: string } | undefined;
  readonly hostIP: string | undefined;
}

/** containerd's exit code for a container that could not be started, which kubectl shows with reason StartError. */
const startErrorCode = 128;

/** Pure. The provider-neutral picture of a task, still without its version. */
export function pictureOf(source: PictureSource): Omit<TaskState, "version"> {
  const { record, seen, trouble, hostIP } = source;
  const { spec } = record;
  const view = taskView(record, seen, 0);
  return {
    id: taskName(spec.identity),
    identity: spec.identity,
    podName: spec.podName,
    podNamespace: spec.podNamespace,
    nodeName: spec.nodeName,
    phase: phaseOf(view),
    containers: spec.containers.map((container) => containerState(source, view, container)),
    podIPs: record.addresses,
    ...(hostIP === undefined ? {} : { hostIP }),
    probedBy: "core",
    ...trouble,
  };
}

function phaseOf(view: TaskView): TaskState["phase"] {
  const anyRunning = view.runs.some((run) => run.state === "running");
  if (view.stop !== undefined) return anyRunning || view.sandbox === "running" ? "stopping" : "stopped";
  const mains = view.containers.filter(({ kind }) => kind === "main");
  const begun = view.runs.some((run) => run.state !== "created" && mains.some(({ name }) => name === run.container));
  if (!begun) return view.startable || anyRunning ? "starting" : "stopped";
  const pending = view.containers.some(({ name, kind, wanted }) => {
    // Whoever debugs keeps the task while he does, and only then.
    if (kind === "ephemeral") return view.runs.some((run) => run.container === name && run.state === "running");
    return kind !== "init" && !ended(view, name, wanted);
  });
  return pending ? "running" : "stopped";
}

function ended(view: TaskView, name: string, wanted: number): boolean {
  return view.runs.some((run) => run.container === name && run.instance === wanted && run.state === "ended");
}

function containerState(source: PictureSource, view: TaskView, spec: ContainerSpec): ContainerState {
  const instance = wantedInstance(source.record, source.seen, spec.name);
  const seen = seenRun(source, spec.name, instance);
  const last = instance === 0 ? undefined : terminated(source, spec.name, instance - 1);
  const failures = hookFailures(source, spec.name, instance);
  const pull = source.pulls.get(runKey(spec.name, instance));
  return {
    name: spec.name,
    kind: spec.kind,
    instance,
    image: spec.image,
    ...(seen === undefined ? {} : { imageID: seen.imageID, containerID: `docker://${seen.id}` }),
    state: runState(source, view, spec, instance),
    ...(pull === undefined ? {} : { pull }),
    ...(last === undefined ? {} : { last }),
    ...(failures === undefined ? {} : { hookFailures: failures }),
  };
}

function runState(source: PictureSource, view: TaskView, spec: ContainerSpec, instance: number): RunState {
  const seen = seenRun(source, spec.name, instance);
  // To Kubernetes a container runs once its postStart hook has succeeded.
  if (seen?.state === "running" && hooked(source, spec, instance))
    return { is: "running", startedAt: seen.startedAt ?? 0 };
  return terminated(source, spec.name, instance) ?? waiting(source, view, spec);
}

function hooked({ record }: PictureSource, { name, postStart }: ContainerSpec, instance: number): boolean {
  return postStart === undefined || record.hooks[hookKey("postStart", name, instance)]?.is === "succeeded";
}

/** Why hooks of this run have failed. */
function hookFailures({ record }: PictureSource, name: string, instance: number): ContainerState["hookFailures"] {
  const failureOf = (hook: HookName): string | undefined => record.hooks[hookKey(hook, name, instance)]?.failure;
  const [postStart, preStop] = [failureOf("postStart"), failureOf("preStop")];
  if (postStart === undefined && preStop === undefined) return undefined;
  return { ...(postStart !== undefined && { postStart }), ...(preStop !== undefined && { preStop }) };
}

function terminated(source: PictureSource, container: string, instance: number): Terminated | undefined {
  const key = runKey(container, instance);
  const seen = seenRun(source, container, instance);
  const failed =
    source.record.failed[key] ??
    (seen?.startError === undefined ? undefined : { message: seen.startError, at: undefined });
  if (seen?.state === "ended") return endedState(seen, source.messages.get(key));
  if (failed !== undefined && seen?.state !== "running") {
    return {
      is: "terminated",
      exitCode: startErrorCode,
      reason: "StartError",
      message: failed.message,
      finishedAt: failed.at,
    };
  }
  if (seen?.state === "lost")
    return unknownEnd("the container engine lost it, probably in a restart of its machine", seen.startedAt);
  const begun = seen === undefined && source.record.begun.includes(key);
  return begun
    ? unknownEnd("its container was removed from the container engine by somebody else", undefined)
    : undefined;
}

function endedState(seen: Seen, message: string | undefined): Terminated {
  return {
    is: "terminated",
    exitCode: seen.exitCode,
    reason: seen.oomKilled ? "OOMKilled" : seen.exitCode === 0 ? "Completed" : "Error",
    ...(message === undefined || message === "" ? {} : { message }),
    startedAt: seen.startedAt,
    finishedAt: seen.finishedAt,
  };
}

function unknownEnd(message: string, startedAt: number | undefined): Terminated {
  return { is: "terminated", exitCode: undefined, reason: "ContainerStatusUnknown", message, startedAt };
}

/** The kubelet's words: PodInitializing while an earlier container of the row has to end or start first. */
function waiting(source: PictureSource, view: TaskView, spec: ContainerSpec): Waiting {
  const told = source.waits.get(spec.name);
  if (told !== undefined) return told;
  const inits = view.containers.filter(({ kind }) => kind === "init");
  const initialized = inits.every(({ name, wanted }) =>
    view.runs.some((run) => run.container === name && run.instance === wanted && run.succeeded),
  );
  const afterRow = spec.kind === "main" && !initialized;
  const message = source.trouble?.message;
  return {
    is: "waiting",
    reason: afterRow ? "PodInitializing" : "ContainerCreating",
    ...(message === undefined ? {} : { message }),
  };
}

function seenRun(source: PictureSource, container: string, instance: number): Seen | undefined {
  return source.seen.find((one) => one.kind !== "sandbox" && one.container === container && one.instance === instance);
}
