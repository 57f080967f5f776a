import { randomUUID } from "node:crypto";
import type { Container, Volume } from "../../src/model/kube.ts";
import {
  type ContainerState,
  idempotencyToken,
  type Launch,
  type LogRecord,
  type LogRequest,
  type Provider,
  type ProviderError,
  type ResolvedPod,
  type Pod,
  type TaskIdentity,
  type TaskState,
} from "../../src/provider.ts";
import { podOf, resolvedPod, type World } from "../support/resolve-sources.ts";
import type { Behaviour, ContractTarget } from "./target.ts";

/** How long a condition may take to come true, milliseconds of the target's time. */
const usualPatience = 30_000;
/** And where it is known not to. */
const gapPatience = 4_000;
/** How often it is looked at. */
const look = 50;
/** Seconds that a pod has to end in, where a cloud is told so with the launch. */
const usualGrace = 5;

export interface Plan {
  readonly name: string;
  readonly kind?: "init" | "sidecar" | "main";
  readonly does: Behaviour;
  /** Seconds that its pod has to end in; default 5. */
  readonly grace?: number;
  /** Files of a volume `live`, by path: it is mounted at /live, and its file `pinned` at /pinned by subPath. */
  readonly reads?: Readonly<Record<string, string>>;
}

/** One task of a test. */
export interface BenchTask {
  readonly identity: TaskIdentity;
  readonly launch: Launch<unknown>;
  /** Every picture that the feed told of it, oldest first. */
  readonly told: readonly TaskState[];
  /** The first told picture for which this holds, from now on or before. */
  until(what: string, holds: (state: TaskState) => boolean): Promise<TaskState>;
  /** One call of `stop`, with the pod as the API server has it. */
  stop(graceSeconds: number): Promise<"stopping" | "stopped" | "gone">;
  /** Calls `stop` until it answers so. */
  stopUntil(outcome: "stopped" | "gone", graceSeconds?: number): Promise<void>;
}

export interface Workbench {
  readonly target: ContractTarget;
  readonly provider: Provider;
  /** The feed of a watch that runs through all tests. */
  readonly feed: {
    readonly gone: readonly TaskIdentity[];
    readonly health: readonly (ProviderError | undefined)[];
    readonly tellings: readonly TaskState[];
  };
  pod(plans: readonly Plan[], uid?: string, world?: World): Promise<ResolvedPod>;
  /** Translated and given an identity, not yet launched. */
  prepare(plans: readonly Plan[], uid?: string, attempt?: number): Promise<BenchTask>;
  launch(...plans: readonly Plan[]): Promise<BenchTask>;
  /** As `launch`; resolves when `main` of it heeds SIGTERM. */
  launchHeeding(...plans: readonly Plan[]): Promise<BenchTask>;
  /** Lets time pass until this holds; fails with `what` when it does not come true. */
  until(what: string | (() => string), holds: () => boolean | Promise<boolean>): Promise<void>;
  signal(): AbortSignal;
  /** The same one for a test that is a gap: it waits for little of what does not happen. */
  impatient(): Workbench;
  /** Ends what the test has left. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

export const oneMain = (does: Behaviour): Plan => ({ name: "main", does });
export const forever: Behaviour = { run: "forever" };

export const containerOf = (state: TaskState, name = "main"): ContainerState => {
  const found = state.containers.find((container) => container.name === name);
  if (found === undefined) throw new Error(`task ${state.id} has no container ${name}`);
  return found;
};

export const isRunning =
  (name = "main", instance = 0) =>
  (state: TaskState): boolean => {
    const container = containerOf(state, name);
    return container.instance === instance && container.state.is === "running";
  };

export const hasEnded =
  (name = "main", instance = 0) =>
  (state: TaskState): boolean => {
    const container = containerOf(state, name);
    return container.instance === instance && container.state.is === "terminated";
  };

/** Who knows that the provider is broken waits for less: `patience` in milliseconds of the target's time. */
export async function createWorkbench(target: ContractTarget, patience = usualPatience): Promise<Workbench> {
  const { provider } = target;
  const stop = new AbortController();
  const tellings: TaskState[] = [];
  const gone: TaskIdentity[] = [];
  const health: (ProviderError | undefined)[] = [];
  const launched = new Map<string, Launch<unknown>>();
  let synced = false;
  const watching = provider.watch(
    {
      task: (state) => void tellings.push(state),
      gone: (identity) => void gone.push(identity),
      synced: () => (synced = true),
      health: (trouble) => void health.push(trouble),
    },
    stop.signal,
  );

  const untilWithin =
    (longest: number): Workbench["until"] =>
    async (what, holds) => {
      for (let waited = 0; !(await holds()); waited += look) {
        if (waited >= longest) {
          const missed = typeof what === "string" ? what : what();
          throw new Error(`within ${longest / 1000} s it did not happen that ${missed}`);
        }
        await target.pass(look);
      }
    };
  const patiently = untilWithin(patience);
  await patiently("the feed told synced", () => synced);

  const bench = (until: Workbench["until"]): Workbench => {
    const prepare: Workbench["prepare"] = async (plans, uid = randomUUID(), attempt = 1) => {
      const resolved = await podFor(target, plans, uid);
      const { request, refusals } = provider.translate(resolved);
      if (request === undefined) throw new Error(`refused: ${JSON.stringify(refusals)}`);
      const identity = { clusterUid: target.clusterUid, podUid: uid, attempt };
      const launch = { identity, token: idempotencyToken(identity, 1), tryNumber: 1, request };
      launched.set(`${uid}/${attempt}`, launch);
      return benchTask(launch, resolved.pod, provider, tellings, until);
    };
    const launch: Workbench["launch"] = async (...plans) => {
      const task = await prepare(plans);
      await provider.launch(task.launch, stop.signal);
      return task;
    };
    return {
      target,
      provider,
      feed: { gone, health, tellings },
      pod: (plans, uid, world) => podFor(target, plans, uid, world),
      prepare,
      until,
      signal: () => stop.signal,
      impatient: () => bench(untilWithin(Math.min(patience, gapPatience))),
      launch,
      async launchHeeding(...plans) {
        const { heeds } = target;
        if (heeds === undefined) return launch(...plans);
        const task = await launch(...plans.map((plan) => ({ ...plan, does: { ...plan.does, print: [heeds] } })));
        await task.until("it runs", isRunning());
        const read = { provider, signal: () => stop.signal };
        // Its log may not be there yet.
        const lines = async (): Promise<string[]> => linesOf(await logs(read, task, {}).catch(() => []));
        await until("it heeds SIGTERM", async () => (await lines()).includes(heeds));
        return task;
      },
      async clear() {
        const left = [...launched.values()].map((launch) =>
          benchTask(launch, undefined, provider, tellings, patiently),
        );
        await Promise.all(left.map(async (task) => task.stopUntil("gone", 0)));
        launched.clear();
        tellings.length = 0;
      },
      async close() {
        stop.abort();
        await watching;
        await provider.close?.();
        await target.close();
      },
    };
  };
  return bench(patiently);
}

/** What `main` of a task has printed in one of its runs. */
export async function logs(
  { provider, signal }: Pick<Workbench, "provider" | "signal">,
  task: BenchTask,
  want: Partial<LogRequest>,
  instance = 0,
  until: AbortSignal = signal(),
): Promise<LogRecord[]> {
  if (provider.logs === undefined) throw new Error("this provider has no logs");
  const records: LogRecord[] = [];
  const request = { follow: false, tailLines: undefined, ...want };
  for await (const batch of provider.logs({ task, container: "main", instance }, request, until))
    records.push(...batch);
  return records;
}

export const linesOf = (records: readonly LogRecord[]): string[] => records.map(({ bytes }) => bytes.toString());

async function podFor(
  target: ContractTarget,
  plans: readonly Plan[],
  uid: string = randomUUID(),
  world: World = {},
): Promise<ResolvedPod> {
  const { volumes, configMaps } = liveVolume(plans);
  const terminationGracePeriodSeconds = Math.max(...plans.map(({ grace = usualGrace }) => grace));
  // A cloud that restarts by itself would hide every end. It may know no sidecars, which never end by themselves.
  const hides = target.provider.restarts === "cloud" && plans.every(({ kind }) => kind !== "sidecar");
  const restartPolicy = target.restartPolicy ?? (hides ? "Never" : "Always");
  const spec = { ...specOf(target, plans), volumes, terminationGracePeriodSeconds, restartPolicy };
  const { annotations = {} } = target;
  const pod = podOf(spec, { uid, name: `pod-${uid.slice(0, 8)}`, annotations });
  return resolvedPod(pod, { configMaps, ...world }, { name: target.nodeName });
}

function specOf(
  target: ContractTarget,
  plans: readonly Plan[],
): { initContainers: Container[]; containers: Container[] } {
  const containers = (...kinds: readonly string[]): Container[] =>
    plans
      .filter(({ kind = "main" }) => kinds.includes(kind))
      .map(({ name, kind, does, reads }) => ({
        ...target.container(does),
        name,
        ...(reads !== undefined && { volumeMounts: liveMounts }),
        ...(kind === "sidecar" && { restartPolicy: "Always" }),
      }));
  return { initContainers: containers("init", "sidecar"), containers: containers("main") };
}

const liveMounts = [
  { name: "live", mountPath: "/live" },
  { name: "live", mountPath: "/pinned", subPath: "pinned" },
];

function liveVolume(plans: readonly Plan[]): { volumes: Volume[]; configMaps: NonNullable<World["configMaps"]> } {
  const files = plans.find(({ reads }) => reads !== undefined)?.reads;
  if (files === undefined) return { volumes: [], configMaps: {} };
  const items = Object.keys(files).map((path) => ({ key: path.replaceAll("/", "."), path }));
  const data = Object.fromEntries(items.map(({ key, path }) => [key, files[path] ?? ""]));
  return { volumes: [{ name: "live", configMap: { name: "live", items } }], configMaps: { live: { data } } };
}

function benchTask(
  launch: Launch<unknown>,
  pod: Pod | undefined,
  provider: Provider,
  tellings: readonly TaskState[],
  until: Workbench["until"],
): BenchTask {
  const { identity } = launch;
  const told = (): TaskState[] =>
    tellings.filter(
      (state) => state.identity.podUid === identity.podUid && state.identity.attempt === identity.attempt,
    );
  return {
    identity,
    launch,
    get told() {
      return told();
    },
    async until(what, holds) {
      let found: TaskState | undefined;
      const missed = (): string => `${what}; the last picture: ${JSON.stringify(told().at(-1))}`;
      await until(missed, () => (found = told().find(holds)) !== undefined);
      if (found === undefined) throw new Error(what);
      return found;
    },
    stop: async (graceSeconds) => provider.stop({ identity }, { graceSeconds, discard: false }, pod),
    stopUntil: async (outcome, graceSeconds = 0) =>
      until(`stop answered ${outcome}`, async () => {
        const how = { graceSeconds, discard: outcome === "gone" };
        return (await provider.stop({ identity }, how, pod)) === outcome;
      }),
  };
}
