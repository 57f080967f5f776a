/** What the helper has written → figures of containers. Pure. */
import { z } from "zod";
import { parseTime, type TaskState, type TaskStats } from "../../../src/provider.ts";

interface Figures extends Omit<TaskStats["containers"][number], "name" | "startedAt"> {
  readonly network: TaskStats["network"];
}

/** By the id that ECS calls `runtimeId`, and the metadata endpoint `DockerId`. */
export type Reading = ReadonlyMap<string, Figures>;

/**
 * Docker's statistics of one container, as far as they are used; those of a container that has not begun are null, and
 * zeros where it has ended. Control groups v1 (seen on Fargate) and v2 have other names for the same; the working set is,
 * as the kubelet reckons it, what is used without the file cache that can go at once, and unknown where that is. A processor time
 * of 0 is one where there is memory: that of a program which has slept so far.
 */
const statistics = z.object({
  read: z.string(),
  cpu_stats: z.object({ cpu_usage: z.object({ total_usage: z.number().min(0) }) }),
  memory_stats: z.object({
    usage: z.number().positive(),
    stats: z.union([
      z.object({ total_inactive_file: z.number(), total_rss: z.number().optional() }),
      z.object({ inactive_file: z.number(), anon: z.number().optional() }),
    ]),
  }),
  networks: z.record(z.string(), z.object({ rx_bytes: z.number(), tx_bytes: z.number() })).optional(),
});

/** Of one line; `undefined` for one that is no reading. A container of which it says too little is left out. */
export function readingOf(line: string): Reading | undefined {
  const all = z.record(z.string(), z.unknown()).safeParse(jsonOf(line));
  if (!all.success) return undefined;
  return new Map(
    Object.entries(all.data).flatMap(([id, told]) => {
      const figures = figuresOf(told);
      return figures === undefined ? [] : [[id, figures] as const];
    }),
  );
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function figuresOf(told: unknown): Figures | undefined {
  const { data } = statistics.safeParse(told);
  const time = parseTime(data?.read);
  if (data === undefined || time === undefined) return undefined;
  const { usage, stats } = data.memory_stats;
  const [cache, rssBytes] =
    "total_inactive_file" in stats ? [stats.total_inactive_file, stats.total_rss] : [stats.inactive_file, stats.anon];
  return {
    time,
    cpuSeconds: data.cpu_stats.cpu_usage.total_usage / 1e9,
    memoryBytes: Math.max(0, usage - cache),
    rssBytes,
    network: trafficOf(data.networks),
  };
}

function trafficOf(networks: z.output<typeof statistics>["networks"]): TaskStats["network"] {
  const all = Object.values(networks ?? {});
  if (all.length === 0) return undefined;
  return {
    rxBytes: all.reduce((sum, { rx_bytes }) => sum + rx_bytes, 0),
    txBytes: all.reduce((sum, { tx_bytes }) => sum + tx_bytes, 0),
  };
}

/** The pod's containers that run and whose figures were read at `since` (1970) or later; `undefined`: of none. */
export function statsOf({ identity, containers }: TaskState, reading: Reading, since: number): TaskStats | undefined {
  const known = containers.flatMap(({ name, containerID = "", state }) => {
    const figures = reading.get(containerID.replace(/^ecs:\/\//, ""));
    if (state.is !== "running" || figures === undefined || figures.time < since) return [];
    const { network, ...own } = figures;
    return [{ network, container: { name, startedAt: state.startedAt, ...own } }];
  });
  if (known.length === 0) return undefined;
  // All containers share the task's one interface.
  const newest = known.reduce((one, other) => (other.container.time > one.container.time ? other : one));
  return { identity, network: newest.network, containers: known.map(({ container }) => container) };
}
