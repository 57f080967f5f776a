/** Performs one step. Every step may be repeated: what is there already counts as done. */
import { asProviderError, packTar } from "../../../../src/provider.ts";
import type { Clock } from "../../../../src/provider.ts";
import type { EngineClient } from "./api/client.ts";
import { EngineError, engineIsAway } from "./api/errors.ts";
import { hookKey, runKey, runName, sandboxName, taskLabels } from "./names.ts";
import type { Step } from "./next.ts";
import type { TaskRecord } from "./record.ts";
import { containerBody, lateValues, sandboxBody, type Flavour } from "./request/bodies.ts";
import { volumeEntries } from "./request/files.ts";
import { type Images, imagesOf } from "./request/images.ts";
import { containerBinds, engineVolumes, foreignMounts, messageVolume, sandboxFolder } from "./request/mounts.ts";
import { runFileBinds, runFiles } from "./request/run-files.ts";
import { needsImageUser, userOf } from "./request/security.ts";
import { volumeFileReader } from "./reading/env-files.ts";
import type { RecordStore } from "./store.ts";
import { withEnvFiles } from "../env-files.ts";
import type { Hooks } from "../hooks.ts";
import type { ContainerSpec, TaskSpec } from "../runtime.ts";
import type { Task } from "./tasks.ts";
import { taskView, wantedInstance } from "./view.ts";

export interface EngineKnowledge {
  readonly flavour: Flavour;
  readonly trafficSwapped: boolean;
  /** Image of the sandbox. */
  readonly pause: string;
}

export interface Workshop {
  readonly client: EngineClient;
  readonly store: RecordStore;
  readonly images: Images;
  readonly hooks: Hooks;
  readonly clock: Clock;
  readonly network: string;
  readonly hostIP: string | undefined;
  /** Known once the engine has been asked; the image is there then. */
  engine(): Promise<EngineKnowledge>;
  /** The engine does not have what `engine` promised, e.g. after a clean-up of unused images: find out anew. */
  forgetEngine(): void;
}

/** `waits`: looking again at once gives nothing new; `lookIn` milliseconds later it may. */
export type Outcome = { readonly waits: false } | { readonly waits: true; readonly lookIn?: number | undefined };

const done: Outcome = { waits: false };
const told: Outcome = { waits: true };

/** A task with a record: everything here works on one. */
export type RecordedTask = Task & { record: TaskRecord };

export async function perform(shop: Workshop, task: RecordedTask, step: Step, changed: () => void): Promise<Outcome> {
  const { client } = shop;
  switch (step.do) {
    case "create sandbox":
      await createSandbox(shop, task);
      return done;
    case "start sandbox":
      await client.startContainer(sandboxName(task.name)).catch(async (error: unknown) => {
        // Made anew at the next try: a container keeps what the engine's settings were when it was made.
        if (!engineIsAway(error)) await client.removeContainer(sandboxName(task.name)).catch(() => undefined);
        throw error;
      });
      return done;
    case "prepare":
      await prepare(shop, task);
      return done;
    case "end sandbox":
      await client.signal(sandboxName(task.name), "SIGKILL");
      return told;
    case "create":
      return createRun(shop, task, step, changed);
    case "start":
      await startRun(shop, task, step);
      return done;
    case "remove":
      await client.removeContainer(runName(task.name, step.container, step.instance));
      return done;
    case "hook":
      return runHook(shop, task, step, changed);
    case "signal":
      await signalRun(shop, task, step);
      return told;
  }
}

/** Persisted before anybody relies on it. */
export async function amend(
  shop: Pick<Workshop, "store">,
  task: RecordedTask,
  change: Partial<TaskRecord>,
): Promise<void> {
  const record = { ...task.record, ...change };
  await shop.store.save(task.name, record);
  task.record = record;
}

export async function createSandbox(shop: Workshop, task: RecordedTask): Promise<void> {
  const { spec } = task.record;
  const { pause } = await shop.engine();
  for (const { name, options } of engineVolumes(task.name, spec)) {
    const body = { Name: name, Labels: taskLabels(spec), Driver: "local", DriverOpts: options } as const;
    await unlessTaken(shop.client.createVolume(body));
  }
  try {
    await unlessTaken(
      shop.client.createContainer(sandboxName(task.name), sandboxBody(task.name, spec, pause, shop.network)),
    );
  } catch (error) {
    if (error instanceof EngineError && error.kind === "notFound") shop.forgetEngine();
    throw error;
  }
}

/** The engine refuses a name twice: what carries it is ours, from a moment before. */
async function unlessTaken(creation: Promise<void>): Promise<void> {
  try {
    await creation;
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind !== "conflict") throw error;
  }
}

/** The sandbox runs: its addresses are known, and the volumes can be filled through it. */
async function prepare(shop: Workshop, task: RecordedTask): Promise<void> {
  const sandbox = task.seen.find((one) => one.kind === "sandbox");
  const { spec, live } = task.record;
  const own = spec.hostNetwork === true ? [shop.hostIP] : sandbox?.addresses;
  const addresses = (own ?? []).filter((one) => one !== undefined);
  const late = lateValues(addresses, shop.hostIP);
  const entries = volumeEntries(task.name, spec, late, live);
  await shop.client.upload(sandboxName(task.name), sandboxFolder, packTar(entries));
  await amend(shop, task, { filled: sandbox?.startedAt, addresses });
}

interface RunRef {
  readonly container: string;
  readonly instance: number;
}

async function createRun(shop: Workshop, task: RecordedTask, run: RunRef, changed: () => void): Promise<Outcome> {
  const { spec } = task.record;
  const container = spec.containers.find(({ name }) => name === run.container);
  if (container === undefined) throw new Error(`task ${task.name} has no container ${run.container}`);
  const key = `${task.name}/${runKey(run.container, run.instance)}`;
  const image = await imagesOf(shop.images, spec, container, { run: key, changed });
  if (image.pull !== undefined) task.pulls.set(runKey(run.container, run.instance), image.pull);
  if (image.waiting !== undefined) {
    task.waits.set(run.container, image.waiting);
    return { waits: true, lookIn: image.lookIn };
  }
  try {
    const { flavour } = await shop.engine();
    const folders = await volumeFolders(shop, task);
    const folderOf = (volume: string): string => folders.get(volume) ?? "";
    const binds = containerBinds(task.name, spec, container, folderOf);
    const others = foreignMounts(spec, container, { references: image.mounted, flavour });
    const own = await filesOfRun(shop, task, container, { run, folderOf });
    const late = lateValues(task.record.addresses, shop.hostIP);
    const user = await userFor(shop, spec, container, image.reference);
    const plan = {
      spec,
      instance: run.instance,
      image: image.reference,
      sandbox: sandboxName(task.name),
      flavour,
      late,
      user,
      processesOf: processesOf(task, container),
      mounts: others.mounts,
    };
    const filled = await withEnvFiles(container, volumeFileReader(shop.client, task.name, spec));
    const body = containerBody({ ...plan, container: filled, binds: [...binds, ...others.binds, ...own] });
    await unlessTaken(shop.client.createContainer(runName(task.name, run.container, run.instance), body));
  } catch (error) {
    return refusedCreation(task, run, error);
  }
  shop.images.forget(key);
  task.waits.delete(run.container);
  return done;
}

/** With `--target` an ephemeral container sees one other's processes, as the kubelet has it (NamespaceMode TARGET). */
function processesOf({ name, record, seen }: RecordedTask, { target }: ContainerSpec): string | undefined {
  if (record.spec.sharesProcesses) return sandboxName(name);
  return target === undefined ? undefined : runName(name, target, wantedInstance(record, seen, target));
}

async function userFor(
  { client }: Workshop,
  spec: TaskSpec,
  { name, security }: ContainerSpec,
  image: string,
): Promise<string | undefined> {
  if (security === undefined) return undefined;
  const imageUser = needsImageUser(security) ? ((await client.image(image))?.Config?.User ?? "") : "";
  return userOf(security, imageUser, { spec, container: name });
}

/** The kubelet's words; it too tries such a container again and again, as a change elsewhere may help. */
function refusedCreation(task: Task, run: RunRef, error: unknown): Outcome {
  if (engineIsAway(error)) throw error;
  const { reason, message } = asProviderError(error);
  const shown = reason === "CreateContainerConfigError" ? reason : "CreateContainerError";
  task.waits.set(run.container, { is: "waiting", reason: shown, message });
  return { waits: true, lookIn: createRetry };
}

const createRetry = 10_000;

/** Folders of the task's volumes on the engine's machine, as the engine tells them. */
async function volumeFolders(shop: Workshop, task: RecordedTask): Promise<ReadonlyMap<string, string>> {
  const names = engineVolumes(task.name, task.record.spec).map(({ name }) => name);
  const found = await Promise.all(names.map(async (name) => shop.client.volume(name)));
  return new Map(found.flatMap((volume) => (volume === undefined ? [] : [[volume.Name, volume.Mountpoint] as const])));
}

/** Uploads them, and tells where they are to be mounted. */
async function filesOfRun(
  { client }: Workshop,
  { name, record: { spec, addresses } }: RecordedTask,
  container: ContainerSpec,
  { run, folderOf }: { readonly run: RunRef; readonly folderOf: (volume: string) => string },
): Promise<readonly string[]> {
  const volume = messageVolume(name);
  await client.upload(sandboxName(name), volume.sandboxPath, packTar(runFiles(spec, run, addresses)));
  return runFileBinds(spec, container, run, folderOf(volume.name));
}

async function startRun(shop: Workshop, task: RecordedTask, run: RunRef): Promise<void> {
  const key = runKey(run.container, run.instance);
  try {
    await shop.client.startContainer(runName(task.name, run.container, run.instance));
  } catch (error) {
    if (!(await refusedStart(shop, task, error))) throw error;
    const failed = { message: asProviderError(error).message, at: shop.clock.now() };
    await amend(shop, task, { failed: { ...task.record.failed, [key]: failed } });
    return;
  }
  await amend(shop, task, { begun: [...task.record.begun, key] });
}

/** Did the engine say that this container cannot be started, as opposed to trouble that will pass? */
async function refusedStart(shop: Workshop, task: Task, error: unknown): Promise<boolean> {
  if (!(error instanceof EngineError) || error.status === undefined) return false;
  switch (error.kind) {
    case "notFound":
      // Docker says 404 also for "executable file not found"; a container that is gone is seen by the next look.
      return /executable|no such file/i.test(error.message);
    case "invalid":
    case "refused":
    case "denied":
    case "transient": {
      const sandbox = await shop.client.inspect(sandboxName(task.name));
      return sandbox?.State.Status === "running";
    }
    case "throttled":
    case "noCapacity":
    case "conflict":
    case "unknown":
      return false;
  }
}

/** Runs beside us: `changed` when it has ended, and then its outcome is noted here. */
async function runHook(
  shop: Workshop,
  task: RecordedTask,
  { hook, container, instance }: Extract<Step, { do: "hook" }>,
  changed: () => void,
): Promise<Outcome> {
  const { record } = task;
  const spec = record.spec.containers.find(({ name }) => name === container)?.[hook];
  if (spec === undefined) throw new Error(`container ${container} of task ${task.name} has no ${hook} hook`);
  const key = hookKey(hook, container, instance);
  if (record.hooks[key] === undefined) await amend(shop, task, { hooks: { ...record.hooks, [key]: { is: "begun" } } });
  const target = { task: { identity: task.identity }, container, instance };
  const outcome = shop.hooks.outcome(`${task.name}/${key}`, target, spec, changed);
  if (outcome === undefined) return told;
  const { failure } = outcome;
  const state = failure === undefined ? ({ is: "succeeded" } as const) : ({ is: "failed", failure } as const);
  const run = runKey(container, instance);
  // A container whose postStart hook has failed ends, and whoever decides on restarts sees it end.
  const deadline = shop.clock.now() + taskView(record, [], 0).graceMs;
  const kills = hook === "postStart" && failure !== undefined ? { [run]: record.kills[run] ?? deadline } : {};
  await amend(shop, task, { hooks: { ...task.record.hooks, [key]: state }, kills: { ...record.kills, ...kills } });
  return done;
}

async function signalRun(shop: Workshop, task: RecordedTask, step: Extract<Step, { do: "signal" }>): Promise<void> {
  const seen = task.seen.find((one) => one.container === step.container && one.instance === step.instance);
  const name = step.signal === "KILL" ? "SIGKILL" : (seen?.stopSignal ?? "SIGTERM");
  await shop.client.signal(runName(task.name, step.container, step.instance), name);
  // Noted after it was sent: a crash between the two repeats the signal, which is better than to leave it out.
  const key = runKey(step.container, step.instance);
  if (task.record.signalled[key] !== undefined) return;
  await amend(shop, task, { signalled: { ...task.record.signalled, [key]: shop.clock.now() } });
}
