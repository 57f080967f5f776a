import PQueue from "p-queue";
import type { TaskIdentity, TaskStats } from "../../../../../src/provider.ts";
import type { EngineClient } from "../api/client.ts";
import { engineIsAway } from "../api/errors.ts";
import type { EngineStats } from "../api/shapes.ts";
import type { Task } from "../tasks.ts";

interface RunningTask {
  readonly identity: TaskIdentity;
  /** Holds the network of all runs; `undefined` when it has ended. */
  readonly sandbox: string | undefined;
  readonly runs: readonly { readonly id: string; readonly name: string; readonly startedAt: number }[];
}

/** An engine reads control groups for each of these: more at once only makes it slower. */
const concurrency = 8;

/** One sample of every running container; one that ends meanwhile is left out. */
export async function engineStats(
  client: EngineClient,
  tasks: readonly RunningTask[],
  { now, trafficSwapped }: { readonly now: () => number; readonly trafficSwapped: boolean },
): Promise<readonly TaskStats[]> {
  const queue = new PQueue({ concurrency });
  const ask = (id: string): Promise<EngineStats | undefined> => queue.add(async () => sample(client, id));
  return Promise.all(
    tasks.map(async ({ identity, sandbox, runs }) => {
      const samples = runs.map(async ({ id, name, startedAt }) => {
        const used = usage(await ask(id));
        return used === undefined ? [] : [{ name, startedAt, time: now(), ...used }];
      });
      const network = sandbox === undefined ? undefined : traffic(await ask(sandbox), trafficSwapped);
      const containers = (await Promise.all(samples)).flat();
      return { identity, ...(network === undefined ? {} : { network }), containers };
    }),
  );
}

/** What `engineStats` asks for: every task of which something runs. */
export function runningTasks(tasks: readonly Pick<Task, "identity" | "seen">[]): readonly RunningTask[] {
  return tasks.flatMap(({ identity, seen }) => {
    const running = seen.filter((one) => one.state === "running");
    const runs = running.flatMap(({ id, kind, container: name, startedAt }) =>
      kind === "sandbox" || startedAt === undefined ? [] : [{ id, name, startedAt }],
    );
    const sandbox = running.find(({ kind }) => kind === "sandbox")?.id;
    return runs.length === 0 ? [] : [{ identity, sandbox, runs }];
  });
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

interface Usage {
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
  readonly rssBytes?: number;
}

/**
 * Pure. Working set = usage without the file cache that can go at once, as the kubelet reckons it. Docker answers zeros
 * for a container that has just ended: nothing is known of it then.
 */
export function usage(stats: EngineStats | undefined): Usage | undefined {
  const cpu = stats?.cpu_stats.cpu_usage.total_usage;
  const { usage: used, stats: detail } = stats?.memory_stats ?? {};
  if (!cpu || !used) return undefined;
  // Control groups v2 and v1; podman tells neither, so there the cache is included and the resident part unknown.
  const cache = detail?.["inactive_file"] ?? detail?.["total_inactive_file"] ?? 0;
  const rss = detail?.["anon"] ?? detail?.["total_rss"];
  const known = { cpuSeconds: cpu / 1e9, memoryBytes: Math.max(0, used - cache) };
  return rss === undefined ? known : { ...known, rssBytes: rss };
}

/** Pure. Of all interfaces but loopback, which no engine counts. `swapped`: the engine mixes the directions up. */
export function traffic(stats: EngineStats | undefined, swapped: boolean): TaskStats["network"] {
  const interfaces = Object.values(stats?.networks ?? {});
  if (interfaces.length === 0) return undefined;
  const rx = interfaces.reduce((sum, { rx_bytes: bytes }) => sum + bytes, 0);
  const tx = interfaces.reduce((sum, { tx_bytes: bytes }) => sum + bytes, 0);
  return swapped ? { rxBytes: tx, txBytes: rx } : { rxBytes: rx, txBytes: tx };
}
