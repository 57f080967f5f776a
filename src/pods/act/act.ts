/** Performs exactly one action of a plan, and notes what came of it. All I/O of a pod's life is here. */
import { annotations } from "../../model/annotations.ts";
import { rfc3339 } from "../../model/clock.ts";
import { idempotencyToken } from "../../model/identity.ts";
import { type Launch, type Pod, ProviderError } from "../../provider.ts";
import { eventsOf, unhealthyEvent } from "../pod-events.ts";
import { nextCheck } from "../plan/live/refresh.ts";
import { startsNothing } from "../plan/on-error.ts";
import type { Action } from "../plan/action.ts";
import { recordPatch } from "../plan/record.ts";
import type { Unhealthy } from "../plan/action.ts";
import { type Addition, type Notes, type ReadyFiles, recordOf, type World } from "../plan/world.ts";
import { attempt, type ActDeps, type Doing, identityOf, note, refOf, refOfPod, setTrouble, tell } from "./deps.ts";
import { refresh } from "./refresh.ts";
import { resize } from "./resize.ts";

/** Rejects when the API server cannot be asked; trouble of the provider is noted instead, and planned around. */
export async function act(deps: ActDeps, uid: string, world: World, action: Action): Promise<void> {
  switch (action.do) {
    case "wait":
      return;
    case "prepare":
      return prepare(deps, uid, world, action);
    case "record":
      return record(deps, uid, world, action);
    case "launch":
      return launch(deps, uid, action);
    case "add":
      return add(deps, uid, world, action);
    case "update":
      return refresh(deps, uid, action);
    case "resize":
      return resize(deps, uid, action);
    case "restart":
      return restart(deps, uid, action);
    case "kill":
      return kill(deps, uid, world, action);
    case "passStartup":
      return passStartup(deps, uid, action);
    case "report":
      return report(deps, uid, world, action);
    case "stop":
      return stop(deps, uid, world, action);
    case "remove":
      return remove(deps, uid);
  }
}

async function prepare(deps: ActDeps, uid: string, world: World, action: Doing<"prepare">): Promise<void> {
  const pod = deps.pods.get(uid);
  if (pod === undefined) return;
  const { prepared, events } = await deps.prepare(pod, action, world.now);
  note(deps, uid, { prepared });
  for (const event of events) tell(deps, pod, event);
}

async function record(deps: ActDeps, uid: string, world: World, action: Doing<"record">): Promise<void> {
  const pod = deps.pods.get(uid);
  if (pod === undefined) return;
  await patch(deps, pod, recordPatch(world, pod, action));
  note(deps, uid, { unsent: { attempt: action.attempt, try: action.try } });
  // What stood in the way of another attempt does not stand in the way of this one.
  if (action.try === 1 && recordOf(pod)?.attempt !== action.attempt) setTrouble(deps, uid, "launch", undefined);
}

async function launch(deps: ActDeps, uid: string, action: Doing<"launch">): Promise<void> {
  const identity = identityOf(deps, uid, action.attempt);
  await attempt(deps, uid, "launch", () =>
    deps.lanes.run(
      "launch",
      async () => {
        const prepared = deps.notes.get(uid)?.prepared;
        // Deleted while it waited for its turn: the next plan sees it.
        if (prepared?.is !== "ready" || deps.pods.get(uid)?.metadata?.deletionTimestamp !== undefined) return;
        const token = idempotencyToken(identity, action.try);
        note(deps, uid, { unsent: undefined });
        const { request } = prepared;
        const order = { identity, token, tryNumber: action.try, request, ...sendsOf(deps, uid, action.attempt) };
        deps.tasks.put(await deps.provider.launch(order, deps.signal));
        // What was launched is not needed again, and holds the contents of every file of the pod.
        note(deps, uid, { prepared: undefined, ...launchedFiles(deps, uid, action.attempt, prepared.files) });
      },
      { signal: deps.signal },
    ),
  );
  const trouble = deps.notes.get(uid)?.troubles?.launch;
  if (trouble === undefined) return;
  setTrouble(deps, uid, "launch", { ...trouble, try: action.try });
  if (startsNothing.has(trouble.error.kind)) note(deps, uid, { unsent: { attempt: action.attempt, try: action.try } });
}

/** The record says so before the cloud may have heard anything. */
function sendsOf(deps: ActDeps, uid: string, of: number): Pick<Launch<unknown>, "sends"> {
  if (deps.provider.tellsSends !== true) return {};
  return {
    async sends(isSent) {
      // Nothing new is begun by a node that stops: whoever comes after it sends what waits.
      if (isSent) deps.signal.throwIfAborted();
      const pod = deps.pods.get(uid);
      const isPresent = pod !== undefined && recordOf(pod)?.attempt === of;
      const sent = { [annotations.sent]: isSent ? rfc3339(deps.clock.now()) : "no" };
      const after = isPresent && (await patch(deps, pod, { metadata: { annotations: sent }, status: {} }));
      if (!after) throw new ProviderError("refused", "PodGone", "the pod, or this attempt of it, is there no more");
    },
  };
}

/** What the task was launched with is what later news are compared with. */
function launchedFiles(
  { provider, clock, random, notes }: ActDeps,
  uid: string,
  of: number,
  files: ReadyFiles | undefined,
): Pick<Notes, "files"> {
  if (provider.update === undefined || files === undefined) return {};
  const isOld = (notes.get(uid)?.changedAt ?? Number.NEGATIVE_INFINITY) >= files.lookedAt;
  const checkAt = isOld ? 0 : nextCheck(clock.now(), files.refreshAt, random());
  return { files: { attempt: of, sent: files.sent, checkAt } };
}

async function add(deps: ActDeps, uid: string, world: World, { attempt: of, container }: Doing<"add">): Promise<void> {
  const pod = deps.pods.get(uid);
  if (pod === undefined) return;
  const { addition, events } = await deps.prepareAddition(pod, container, world.now);
  for (const event of events) tell(deps, pod, event);
  const noted = (what: Addition): void =>
    note(deps, uid, { additions: new Map(deps.notes.get(uid)?.additions).set(container, what) });
  if (addition.is !== "ready") return noted(addition);
  await attempt(deps, uid, "add", async () => {
    const task = refOf(deps, uid, of);
    await deps.lanes.run("cloud", async () => deps.provider.addContainers?.(task, addition.request));
    noted({ is: "sent", sentAt: deps.clock.now() });
  });
}

async function restart(deps: ActDeps, uid: string, action: Doing<"restart">): Promise<void> {
  const task = refOf(deps, uid, action.attempt);
  const { container, instance } = action;
  await attempt(deps, uid, "restart", async () => {
    await deps.lanes.run("cloud", async () => deps.provider.restart?.(task, container, instance));
    const restarts = new Map(deps.notes.get(uid)?.restarts);
    note(deps, uid, { restarts: restarts.set(container, { instance, sentAt: deps.clock.now() }) });
  });
}

async function kill(deps: ActDeps, uid: string, world: World, action: Doing<"kill">): Promise<void> {
  const { unhealthy, killAt, attempt: attemptNumber } = action;
  const { container, instance } = unhealthy;
  const again = world.notes.kills?.get(container)?.killAt === killAt;
  await attempt(deps, uid, "kill", async () => {
    const run = { task: refOf(deps, uid, attemptNumber), container, instance };
    const graceSeconds = Math.max(0, (killAt - deps.clock.now()) / 1000);
    await deps.lanes.run("cloud", async () => deps.provider.kill?.(run, graceSeconds), { priority: 1 });
    if (!again) tellUnhealthy(deps, uid, unhealthy);
    const kills = new Map(deps.notes.get(uid)?.kills);
    note(deps, uid, {
      kills: kills.set(container, { attempt: attemptNumber, instance, killAt, sentAt: deps.clock.now() }),
    });
  });
}

async function passStartup(deps: ActDeps, uid: string, action: Doing<"passStartup">): Promise<void> {
  const { attempt: attemptNumber, container, instance } = action;
  await attempt(deps, uid, "passStartup", async () => {
    const run = { task: refOf(deps, uid, attemptNumber), container, instance };
    await deps.lanes.run("cloud", async () => deps.provider.passStartup?.(run), { priority: 1 });
    const startups = new Map(deps.notes.get(uid)?.startups);
    note(deps, uid, { startups: startups.set(container, attemptNumber) });
  });
}

async function stop(deps: ActDeps, uid: string, world: World, action: Doing<"stop">): Promise<void> {
  const first = !(world.notes.stops?.has(action.attempt) ?? false);
  if (first && action.unhealthy !== undefined) tellUnhealthy(deps, uid, action.unhealthy);
  else if (first) tellKilling(deps, uid, world, action.attempt);
  const graceSeconds = Math.max(0, Math.ceil((action.killAt - deps.clock.now()) / 1000));
  const how = { graceSeconds, discard: action.discard };
  await attempt(deps, uid, "stop", async () => {
    const task = refOf(deps, uid, action.attempt);
    const pod = deps.pods.get(uid);
    const outcome = await deps.lanes.run("cloud", async () => deps.provider.stop(task, how, pod), { priority: 1 });
    const stops = new Map(deps.notes.get(uid)?.stops);
    stops.set(action.attempt, { killAt: action.killAt, sentAt: deps.clock.now(), discard: action.discard });
    note(deps, uid, { stops, ...(outcome === "gone" && { gone: action.attempt }) });
    if (outcome === "gone") deps.tasks.delete(uid, action.attempt);
  });
}

async function report(deps: ActDeps, uid: string, world: World, action: Doing<"report">): Promise<void> {
  const pod = deps.pods.get(uid);
  if (pod === undefined) return;
  const metadata = taskAnnotations(pod, world);
  const after = await patch(deps, pod, { status: action.patch, ...(metadata !== undefined && { metadata }) });
  // What is missing was told by `prepare`, container by container.
  if (after === undefined || world.notes.prepared?.is === "missing") return;
  for (const event of eventsOf(pod, after)) tell(deps, after, event);
}

async function remove(deps: ActDeps, uid: string): Promise<void> {
  const pod = deps.pods.get(uid);
  if (pod === undefined) return;
  await deps.lanes.run("api", async () => deps.cluster.pods.remove(refOfPod(pod)), { priority: 1 });
  deps.vanished(uid);
}

/** One status write; the answer is the newest picture of the pod. */
async function patch(deps: ActDeps, pod: Pod, body: { metadata?: object; status: object }): Promise<Pod | undefined> {
  const after = await deps.lanes.run("api", async () => deps.cluster.pods.patchStatus(refOfPod(pod), body));
  if (after === undefined) deps.vanished(pod.metadata?.uid ?? "");
  else deps.pods.update(after);
  return after;
}

function tellKilling(deps: ActDeps, uid: string, world: World, attemptNumber: number): void {
  const pod = deps.pods.get(uid);
  const task = world.tasks.find((one) => one.identity.attempt === attemptNumber);
  if (pod === undefined || task === undefined) return;
  for (const one of task.containers) {
    if (one.state.is !== "running") continue;
    const message = `Stopping container ${one.name}`;
    tell(deps, pod, { type: "Normal", reason: "Killing", message, container: one.name });
  }
}

function tellUnhealthy(deps: ActDeps, uid: string, unhealthy: Unhealthy): void {
  const pod = deps.pods.get(uid);
  if (pod !== undefined) tell(deps, pod, unhealthyEvent(pod, unhealthy));
}

/** The task's id, size and price, once they are known and where the pod does not show them yet. */
function taskAnnotations(pod: Pod, world: World): object | undefined {
  const attemptNumber = Number(pod.metadata?.annotations?.[annotations.attempt]);
  const task = world.tasks.find((one) => one.identity.attempt === attemptNumber);
  if (task === undefined) return undefined;
  const wanted: Record<string, string> = {
    [annotations.task]: task.id,
    ...(task.provisioned !== undefined && { [annotations.provisioned]: task.provisioned }),
    ...(task.hourlyUsd !== undefined && { [annotations.hourlyUsd]: String(task.hourlyUsd) }),
  };
  const present = pod.metadata?.annotations ?? {};
  const news = Object.entries(wanted).filter(([key, value]) => present[key] !== value);
  return news.length === 0 ? undefined : { annotations: Object.fromEntries(news) };
}
