import PQueue from "p-queue";
import type { TaskIdentity, TaskStats } from "../../../../../src/provider.ts";
import type { EngineClient } from "../api/client.ts";
import { engineIsAway } from "../api/errors.ts";
import type { EngineStats } from "../api/shapes.ts";

export interface RunningTask {
  readonly identity: TaskIdentity;
  readonly runs: readonly { readonly id: string; readonly name: string; readonly startedAt: number }[];
}

/** An engine reads control groups for each of these: more at once only makes it slower. */
const concurrency = 8;

/** One sample of every running container; one that ends meanwhile is left out. */
export async function engineStats(
  client: EngineClient,
  tasks: readonly RunningTask[],
  now: () => number,
): Promise<readonly TaskStats[]> {
  const queue = new PQueue({ concurrency });
  return Promise.all(
    tasks.map(async ({ identity, runs }) => {
      const samples = await Promise.all(
        runs.map(async ({ id, name, startedAt }) => {
          const stats = await queue.add(async () => sample(client, id));
          return stats === undefined ? [] : [{ name, startedAt, time: now(), ...usage(stats) }];
        }),
      );
      return { identity, containers: samples.flat() };
    }),
  );
}

async function sample(client: EngineClient, id: string): Promise<EngineStats | undefined> {
  try {
    return await client.stats(id);
  } catch (error) {
    // It ended between the list and the question: Docker answers zeros, podman an error.
    if (engineIsAway(error)) throw error;
    return undefined;
  }
}

/** Pure. Working set = usage without the file cache that can go at once, as the kubelet reckons it. */
export function usage(stats: EngineStats): { readonly cpuSeconds: number; readonly memoryBytes: number } {
  const memory = stats.memory_stats;
  // Control groups v2 and v1; podman tells neither, so there the cache is included.
  const cache = memory.stats?.["inactive_file"] ?? memory.stats?.["total_inactive_file"] ?? 0;
  return {
    cpuSeconds: stats.cpu_stats.cpu_usage.total_usage / 1e9,
    memoryBytes: Math.max(0, (memory.usage ?? 0) - cache),
  };
}
