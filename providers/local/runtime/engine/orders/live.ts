/** What may be asked of a task that lives, besides its end: noted in its record first, then carried out by the driver. */
import { ProviderError } from "../../../../../src/provider.ts";
import type { ContainerRef, ContainerResize, FilesVolume, TaskIdentity, TaskRef } from "../../../../../src/provider.ts";
import type { ContainerSpec, Runtime } from "../../runtime.ts";
import { isRecorded, look } from "../driving/advance.ts";
import type { Driver } from "../driving/driver.ts";
import { runKey } from "../names.ts";
import { amend, type RecordedTask, type Workshop } from "../perform.ts";
import type { Task, Tasks } from "../tasks.ts";
import { resizeContainers } from "./resize.ts";
import { replaceFiles } from "./update.ts";
import { wantedInstance } from "../view.ts";

/** Everything of one runtime that its orders work on. */
export interface Room {
  readonly shop: Workshop;
  readonly tasks: Tasks;
  readonly driver: Driver;
}

export function liveOrders(
  room: Room,
): Required<Pick<Runtime, "restart" | "add" | "update" | "resize" | "kill" | "passStartup">> {
  return {
    restart: async (ref, container, instance) => restart(room, ref, container, instance),
    add: async (ref, containers) => add(room, ref, containers),
    update: async (ref, files) => update(room, ref, files),
    resize: async (ref, wanted) => resize(room, ref, wanted),
    kill: async (run, graceSeconds) => kill(room, run, graceSeconds),
    passStartup: async (run) => passStartup(room, run),
  };
}

async function restart(room: Room, ref: TaskRef, container: string, instance: number): Promise<void> {
  const { shop, tasks, driver } = room;
  const task = tasks.find(ref.identity);
  if (task === undefined) throw unknownTask(ref.identity);
  await tasks.locked(task, async () => {
    await look(shop, task);
    if (!isRecorded(task)) throw unknownTask(ref.identity);
    const { record, seen } = task;
    if (instance <= wantedInstance(record, seen, container)) return;
    mustStart(task);
    if (!record.spec.containers.some(({ name }) => name === container)) {
      throw new ProviderError("notFound", "ContainerNotFound", `the task has no container ${container}`);
    }
    await amend(shop, task, { wanted: { ...record.wanted, [container]: instance } });
    tasks.tell(task);
  });
  driver.kick(task);
}

/** What the record has it has for good: a container of that name is never replaced. */
async function add({ shop, tasks, driver }: Room, ref: TaskRef, added: readonly ContainerSpec[]): Promise<void> {
  const task = tasks.find(ref.identity);
  if (task === undefined) throw unknownTask(ref.identity);
  await tasks.locked(task, async () => {
    await look(shop, task);
    if (!isRecorded(task)) throw unknownTask(ref.identity);
    mustStart(task);
    const { spec } = task.record;
    const fresh = added.filter(({ name }) => !spec.containers.some((known) => known.name === name));
    if (fresh.length === 0) return;
    await amend(shop, task, { spec: { ...spec, containers: [...spec.containers, ...fresh] } });
    tasks.tell(task);
  });
  driver.kick(task);
}

async function update({ shop, tasks }: Room, ref: TaskRef, files: readonly FilesVolume[]): Promise<void> {
  const task = tasks.find(ref.identity);
  if (task === undefined) throw unknownTask(ref.identity);
  await tasks.locked(task, async () => {
    await look(shop, task);
    if (!isRecorded(task)) throw unknownTask(ref.identity);
    mustStart(task);
    await replaceFiles(shop, task, files);
  });
}

async function resize({ shop, tasks, driver }: Room, ref: TaskRef, wanted: readonly ContainerResize[]): Promise<void> {
  const task = tasks.find(ref.identity);
  if (task === undefined) throw unknownTask(ref.identity);
  await tasks.locked(task, async () => {
    await look(shop, task);
    if (!isRecorded(task)) throw unknownTask(ref.identity);
    mustStart(task);
    await resizeContainers(shop, task, wanted);
  });
  driver.kick(task);
}

/** Throws where nothing new may start in the task. */
function mustStart({ name, record }: RecordedTask): void {
  if (record.stop !== undefined)
    throw new ProviderError("conflict", "TaskStopping", "the task was asked to stop: nothing starts any more");
  if (!record.bare) return;
  const message = `the record of task ${name} is lost: delete the pod to replace it`;
  throw new ProviderError("invalid", "TaskRecordLost", message);
}

/** The earliest deadline ever asked for counts, as of a stop. */
async function kill({ shop, tasks, driver }: Room, run: ContainerRef, graceSeconds: number): Promise<void> {
  const task = tasks.find(run.task.identity);
  if (task === undefined) throw unknownTask(run.task.identity);
  await tasks.locked(task, async () => {
    await look(shop, task);
    const key = runKey(run.container, run.instance);
    if (!isRecorded(task) || !runs(task, run)) return;
    const deadline = Math.min(task.record.kills[key] ?? Infinity, shop.clock.now() + graceSeconds * 1000);
    await amend(shop, task, { kills: { ...task.record.kills, [key]: deadline } });
  });
  driver.kick(task);
}

async function passStartup(
  { shop, tasks, driver }: Room,
  { task: { identity }, container }: ContainerRef,
): Promise<void> {
  const task = tasks.find(identity);
  if (task === undefined) throw unknownTask(identity);
  await tasks.locked(task, async () => {
    if (!isRecorded(task) || task.record.passed.includes(container)) return;
    await amend(shop, task, { passed: [...task.record.passed, container] });
  });
  driver.kick(task);
}

export function runs({ seen }: Task, { container, instance }: ContainerRef): boolean {
  return seen.some((one) => one.container === container && one.instance === instance && one.state === "running");
}

function unknownTask({ podUid, attempt }: TaskIdentity): ProviderError {
  return new ProviderError(
    "notFound",
    "TaskNotFound",
    `the container engine has no attempt ${attempt} of pod ${podUid}`,
  );
}
