/** What the pods of one node use, joined from the provider's figures and the pods that are known. */
import { type Clock, type Log, type Pod, parseTime, type Provider, type TaskStats } from "../../provider.ts";
import { type ContainerSample, createCpuAccount, type CpuAccount } from "./account.ts";
import { remembering } from "./remembered.ts";

export interface ContainerUsage extends ContainerSample {
  /** In use between the last two samples. */
  readonly cores: number | undefined;
}

export interface PodUsage {
  readonly pod: Pod;
  readonly containers: readonly ContainerUsage[];
  readonly network: TaskStats["network"];
  /** Core-seconds, also of runs that have ended: it never falls. */
  readonly cpuSeconds: number;
}

export interface Usage {
  /** The provider did not answer: what is here is older, or nothing. */
  readonly failed: boolean;
  readonly pods: readonly PodUsage[];
  readonly node: {
    /** Core-seconds of everything that ever ran here since burstlet started. `undefined` before the first answer. */
    readonly cpuSeconds: number | undefined;
    readonly time: number;
    /** When the counting began. */
    readonly startedAt: number;
  };
}

export interface UsageReader {
  /** `pods`: of this node, as known now. Never rejects. */
  read(pods: readonly Pod[]): Promise<Usage>;
}

/** Scrapers of three endpoints come in one moment, and metrics-server tells samples apart by time: every 15 s, or more. */
const goodForMs = 3_000;
/** Below the 10 s that Prometheus and metrics-server wait. */
const patienceMs = 8_000;
/** A provider that is away: older figures say nothing of the present any more. As long as Prometheus looks back. */
const staleMs = 300_000;

export interface UsageOptions {
  readonly provider: Provider;
  readonly clock: Clock;
  readonly log: Log;
}

export function createUsageReader({ provider, clock, log }: UsageOptions): UsageReader {
  const account = createCpuAccount();
  const ask = remembering({ clock, ask: async () => (await provider.stats?.()) ?? [], goodForMs, patienceMs });
  const startedAt = clock.now();
  let told = false;

  return {
    async read(pods) {
      const { value, at, error } = await ask(latestStart(pods));
      const failed = error !== undefined;
      if (failed && !told) log.warn("The provider tells no usage figures", { err: error });
      told = failed;
      const known = value === undefined || (failed && clock.now() - at > staleMs) ? [] : joined(pods, value);
      account.book(
        known.map(({ task }) => task),
        clock.monotonic(),
      );
      const usages = known.map(({ pod, task }) => usageOf(pod, task, account));
      // Nothing is told of what runs: that it uses nothing, now, would be made up.
      const isUntold = usages.length === 0 && latestStart(pods) > 0;
      const times = usages.flatMap(({ containers }) => containers.map(({ time }) => time));
      return {
        failed,
        pods: usages,
        // Where nothing runs, nothing was used until the moment of the answer.
        node: {
          cpuSeconds: value === undefined || isUntold ? undefined : account.nodeSeconds(),
          time: times.length === 0 ? at : latest(times),
          startedAt,
        },
      };
    },
  };
}

function usageOf(pod: Pod, task: TaskStats, account: CpuAccount): PodUsage {
  const containers = task.containers.map((sample) => ({ ...sample, cores: account.coresOf(task, sample.name) }));
  return { pod, containers, network: task.network, cpuSeconds: account.podSeconds(task.identity.podUid) };
}

/** A provider may tell tasks of other nodes, of pods that are gone, and several attempts of one pod: the newest counts. */
function joined(pods: readonly Pod[], tasks: readonly TaskStats[]): readonly { pod: Pod; task: TaskStats }[] {
  const newest = new Map<string, TaskStats>();
  for (const task of tasks) {
    const { podUid, attempt } = task.identity;
    if (attempt >= (newest.get(podUid)?.identity.attempt ?? 0)) newest.set(podUid, task);
  }
  return pods.flatMap((pod) => {
    const task = newest.get(pod.metadata?.uid ?? "");
    return task === undefined ? [] : [{ pod, task }];
  });
}

/** When the last container has started, for certain: status tells whole seconds. An older answer does not know it. */
function latestStart(pods: readonly Pod[]): number {
  const containers = pods.flatMap(({ status }) => status?.containerStatuses ?? []);
  return latest(containers.map(({ state }) => (parseTime(state?.running?.startedAt) ?? -1000) + 1000));
}

/** Not by spreading into Math.max: thousands of arguments overflow the stack. */
export function latest(times: readonly number[]): number {
  return times.reduce((last, time) => Math.max(last, time), 0);
}
