import type { Runtime } from "../../../providers/local/runtime/runtime.ts";
import { rfc3339Nano } from "../../../src/model/clock.ts";
import type { TaskStats } from "../../../src/model/task-stats.ts";
import type { PacedClock } from "../../clock.ts";
import type { Sample } from "../../follow.ts";
import type { ContainerRecord, TaskRecord } from "../task/record.ts";

export interface UsageOptions {
  readonly sample: Sample;
  readonly runtime: Pick<Runtime, "kind">;
  readonly clock: PacedClock;
}

/** Docker's statistics of a container, or null for one that does not run: it has none yet, or none any more. */
type TellUsage = (container: ContainerRecord) => object | null;

/** What the runtime tells of a task, in the shape that the task metadata endpoint has on Fargate. */
export function createUsage({ sample, runtime, clock }: UsageOptions): (record: TaskRecord) => Promise<TellUsage> {
  const timeOf = (ms: number): number => (runtime.kind === "scripted" ? ms : clock.fromBelow(ms));
  return async (record) => {
    const task = (await sample()).find(({ identity }) => identity.podUid === record.id);
    return ({ name, runtimeId }) => {
      const sample = task?.containers.find((one) => one.name === name);
      if (task === undefined || sample === undefined) return null;
      return { ...statisticsOf(sample, timeOf(sample.time)), name, id: runtimeId, ...trafficOf(task.network) };
    };
  };
}

/** By the id of each, as `<uri>/task/stats` has them. One that has none yet has an id like Fargate's all the same. */
export function ofAll({ id, containers }: TaskRecord, tell: TellUsage): object {
  return Object.fromEntries(containers.map((one, index) => [one.runtimeId ?? `${id}-${index}`, tell(one)]));
}

/** Docker says so of a moment that there was not. */
const never = "0001-01-01T00:00:00Z";

/**
 * With control groups v1, as seen on Fargate. Runtimes tell the working set, which is what is used without the file cache
 * that can go at once; there is no more of that here than they tell.
 */
function statisticsOf({ cpuSeconds, memoryBytes, rssBytes }: TaskStats["containers"][number], time: number): object {
  const cpu = (seconds: number): object => ({
    cpu_usage: { total_usage: Math.round(seconds * 1e9), percpu_usage: [Math.round(seconds * 1e9)] },
    online_cpus: 1,
    throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
  });
  return {
    read: rfc3339Nano(time),
    preread: never,
    pids_stats: {},
    blkio_stats: { io_service_bytes_recursive: null, io_serviced_recursive: [], sectors_recursive: [] },
    num_procs: 0,
    storage_stats: {},
    cpu_stats: cpu(cpuSeconds),
    precpu_stats: cpu(0),
    memory_stats: {
      usage: memoryBytes,
      max_usage: memoryBytes,
      stats: {
        inactive_file: 0,
        total_inactive_file: 0,
        ...(rssBytes !== undefined && { rss: rssBytes, total_rss: rssBytes }),
      },
      limit: Number.MAX_SAFE_INTEGER,
    },
  };
}

/** Every container of a task is told the one interface that all share. */
function trafficOf(network: TaskStats["network"]): object {
  if (network === undefined) return {};
  const { rxBytes, txBytes } = network;
  return {
    networks: { eth1: { rx_bytes: rxBytes, rx_packets: 0, tx_bytes: txBytes, tx_packets: 0 } },
    network_rate_stats: { rx_bytes_per_sec: 0, tx_bytes_per_sec: 0 },
  };
}
