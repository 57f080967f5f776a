/**
 * Runs tasks as containers of a Docker-compatible engine, near or far. The engine is the store: names and labels say
 * which container is which run of which task, so a new burstlet goes on where the old one stopped. What the engine
 * cannot keep (the spec for later containers, what was asked) is in one file per task below `stateDir`.
 */
import { join } from "node:path";
import { ProviderError } from "../../../../src/provider.ts";
import type { Clock, ContainerRef, Log, TaskFeed, TaskRef, TaskState } from "../../../../src/provider.ts";
import { createHooks } from "../hooks.ts";
import type { Runtime, TaskSpec } from "../runtime.ts";
import { advance, isRecorded, look } from "./driving/advance.ts";
import { createEngineClient } from "./api/client.ts";
import { engineEndpoint, type EngineTls } from "./api/endpoint.ts";
import { EngineError } from "./api/errors.ts";
import { createTransport } from "./api/transport.ts";
import { createDriver } from "./driving/driver.ts";
import { identityFilter, sandboxName } from "./names.ts";
import { amend, createSandbox, type RecordedTask, type Workshop } from "./perform.ts";
import { liveOrders, type Room, runs } from "./orders/live.ts";
import { engineFacts } from "./reading/facts.ts";
import { engineKnowledge } from "./reading/knowledge.ts";
import { engineLogs } from "./reading/logs.ts";
import { engineStats, runningTasks } from "./reading/stats.ts";
import { newRecord } from "./record.ts";
import { createImages } from "./request/images.ts";
import type { Seen } from "./seen.ts";
import { createRecordStore } from "./store.ts";
import { engineStreams } from "./streams/engine-streams.ts";
import { createTasks, type Task } from "./tasks.ts";

export interface EngineRuntimeOptions {
  /** `unix:///path` or `tcp://host:port`; default: Docker's own socket. */
  readonly host?: string | undefined;
  /** PEM texts; needed for TCP, but to loopback. */
  readonly tls?: EngineTls | undefined;
  /** Folder of the task records; made with mode 0700, as they hold secrets. Not shared by two nodes. */
  readonly stateDir: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly clusterUid: string;
  readonly nodeName: string;
  /** Network of the engine that tasks join. `none` and `host` give a task no address of its own. Default `bridge`. */
  readonly network?: string | undefined;
  /** Bytes that the node promises; no engine tells it. Default 0. */
  readonly ephemeralStorage?: number | undefined;
  /** Address of the machine, for status and for `status.hostIP` in pods. */
  readonly hostIP?: string | undefined;
}

/** Resolves also while the engine is away: then calls reject, and `watch` tells the trouble until it is over. */
export async function createEngineRuntime(options: EngineRuntimeOptions): Promise<Runtime> {
  const { clock, log, clusterUid, nodeName, hostIP, network = "bridge", ephemeralStorage = 0 } = options;
  const client = createEngineClient(createTransport(engineEndpoint(options.host, options.tls)));
  const store = await createRecordStore(join(options.stateDir, "tasks"), log);
  const images = createImages(client, clock);
  const tasks = createTasks(clock, hostIP);
  const knowledge = engineKnowledge(client);
  const streams = engineStreams({ client, clock, ...knowledge }, { log, clusterUid, nodeName });
  const hooks = createHooks(streams.calls, clock);
  const shop: Workshop = { client, store, images, hooks, clock, network, hostIP, ...knowledge };
  for (const record of (await store.load()).values()) {
    const { identity } = record.spec;
    if (identity.clusterUid === clusterUid && record.spec.nodeName === nodeName) tasks.get(identity).record = record;
  }
  const driver = createDriver({ shop, tasks, clock, log, clusterUid, nodeName });
  const room: Room = { shop, tasks, driver };
  return {
    kind: "engine",
    async facts() {
      const taskAddresses = network !== "none" && network !== "host";
      return engineFacts(await client.info(), await client.version(), { ephemeralStorage, taskAddresses });
    },
    start: async (spec) => start(room, spec),
    stop: async (ref, how) => stop(room, ref, how),
    ...liveOrders(room),
    async list() {
      await driver.sweep();
      return tasks.all().flatMap((task) => tasks.tell(task) ?? []);
    },
    watch: async (feed, signal) => watch(room, feed, signal),
    async *logs(source, want, signal) {
      yield* engineLogs(client, (await shop.engine()).flavour, source, want, signal);
      if (want.follow && !signal.aborted) await noticeEnd(room, source);
    },
    ...streams.calls,
    async stats() {
      await driver.sweep();
      return engineStats(client, runningTasks(tasks.all()), { now: () => clock.now(), ...(await shop.engine()) });
    },
    async close() {
      images.close();
      hooks.close();
      await driver.close();
      await streams.close();
      await client.close();
    },
  };
}

async function start(room: Room, spec: TaskSpec): Promise<TaskState> {
  const { shop, tasks, driver } = room;
  const task = tasks.get(spec.identity);
  const state = await tasks.locked(task, async () => {
    const known = task.record;
    if (known === undefined || known.bare) {
      task.record = { ...(known ?? newRecord(spec)), spec, bare: false };
      await shop.store.save(task.name, task.record);
    }
    if (isRecorded(task) && task.record.stop === undefined) await accept(room, task, known === undefined);
    return tasks.tell(task);
  });
  driver.kick(task);
  if (state === undefined) throw new ProviderError("unknown", "TaskLost", "the task ended while it was being accepted");
  return state;
}

/** The sandbox is the engine's own mark of the task. A definite refusal of it leaves nothing behind. */
async function accept(room: Room, task: RecordedTask, fresh: boolean): Promise<void> {
  const { shop } = room;
  try {
    await look(shop, task);
    if (!task.seen.some((one) => one.kind === "sandbox")) await createSandbox(shop, task);
  } catch (error) {
    const definite =
      error instanceof EngineError && ["refused", "invalid", "denied", "noCapacity"].includes(error.kind);
    if (fresh && definite && task.seen.length === 0) await erase(room, task);
    throw error;
  }
}

async function stop(
  room: Room,
  ref: TaskRef,
  how: { graceSeconds: number; discard: boolean },
): Promise<"stopping" | "stopped" | "gone"> {
  const { shop, tasks, driver } = room;
  const task = tasks.get(ref.identity);
  const answer = await tasks.locked(task, async () => {
    await look(shop, task);
    if (!isRecorded(task) || (task.record.bare && task.seen.length === 0)) {
      await erase(room, task);
      return "gone";
    }
    await askToStop(shop, task, how.graceSeconds);
    if (!hasEnded(task))
      await advance(shop, task, { tell: () => void tasks.tell(task), again: () => driver.kick(task) });
    if (!hasEnded(task)) return "stopping";
    if (!how.discard) return "stopped";
    await erase(room, task);
    return "gone";
  });
  if (answer === "stopping") driver.kick(task);
  return answer;
}

/** The earliest deadline ever asked for counts. */
async function askToStop(shop: Workshop, task: RecordedTask, graceSeconds: number): Promise<void> {
  const now = shop.clock.now();
  const deadline = now + graceSeconds * 1000;
  const asked = task.record.stop;
  if (asked !== undefined && asked.deadline <= deadline) return;
  await amend(shop, task, { stop: { askedAt: asked?.askedAt ?? now, deadline } });
}

function hasEnded(task: RecordedTask): boolean {
  return !task.seen.some((one) => one.state === "running");
}

/** Removes all that the engine keeps of the task, the record last: a crash on the way finds the rest again. */
async function erase(room: Room, task: Task): Promise<void> {
  const { shop, tasks } = room;
  const { client } = shop;
  const sandbox = task.seen.find((one) => one.kind === "sandbox");
  // What looks at the processes of another goes first: an engine keeps the other for it.
  const rank = ({ kind }: Seen): number => (kind === "ephemeral" ? 0 : 1);
  const runs = task.seen.filter((one) => one !== sandbox).toSorted((a, b) => rank(a) - rank(b));
  for (const run of runs) await client.removeContainer(run.id);
  if (sandbox !== undefined) await client.removeContainer(sandboxName(task.name));
  for (const volume of await client.volumes(identityFilter(task.identity))) await client.removeVolume(volume.Name);
  await shop.store.remove(task.name);
  shop.images.forget(task.name);
  shop.hooks.forget(`${task.name}/`);
  task.record = undefined;
  task.seen = [];
  tasks.drop(task);
}

async function watch(room: Room, feed: TaskFeed, signal: AbortSignal): Promise<void> {
  const { tasks, driver } = room;
  if (signal.aborted) return;
  const aborted = new Promise<"aborted">((resolve) => {
    signal.addEventListener("abort", () => resolve("aborted"), { once: true });
  });
  const unsubscribe = tasks.subscribe(feed);
  try {
    const trouble = driver.trouble();
    if (trouble !== undefined) feed.health(trouble);
    if ((await Promise.race([driver.ready(), aborted])) === "aborted") return;
    for (const task of tasks.all()) if (task.told !== undefined) feed.task(task.told);
    feed.synced();
    await aborted;
  } finally {
    unsubscribe();
  }
}

/** A log that was followed ends with its run; whoever reads it may rely on finding the run ended. */
async function noticeEnd({ shop, tasks }: Room, run: ContainerRef): Promise<void> {
  const task = tasks.find(run.task.identity);
  if (task === undefined) return;
  for (let tries = 0; tries < endTries; tries += 1) {
    await tasks.locked(task, async () => {
      await look(shop, task);
      tasks.tell(task);
    });
    if (!runs(task, run)) return;
    await shop.clock.sleep(endPause);
  }
}

/** The engine closes the log a moment before it notes the end; more than this means that it closed it for another reason. */
const endTries = 20;
const endPause = 100;
