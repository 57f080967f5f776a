/** What the extension of a group answers → figures of its pod's containers. Pure. */
import { z } from "zod";
import type { TaskState, TaskStats } from "../../../../src/provider.ts";

/**
 * Azure's own programs are among the containers. Where a number is missing, or a container has no memory, nothing is known: none is ever
 * made up. A processor time of 0 beside memory is that of a program which has slept so far.
 */
const container = z.object({
  name: z.string(),
  cpu: z.object({ usageCoreNanoSeconds: z.number().min(0) }),
  memory: z.object({ workingSetBytes: z.number().positive(), rssBytes: z.number().positive().optional() }),
});

const answer = z.object({
  /** Nanoseconds since 1970. */
  timestamp: z.number().positive(),
  containers: z.array(z.unknown()),
  network: z.object({ rxBytes: z.number(), txBytes: z.number() }).optional().catch(undefined),
});

/** The containers that run, as read at `since` (1970, milliseconds) or later; `undefined`: of none. */
export function statsOf({ identity, containers }: TaskState, told: string, since: number): TaskStats | undefined {
  const { data } = answer.safeParse(jsonOf(told));
  const time = (data?.timestamp ?? 0) / 1e6;
  if (data === undefined || time < since) return undefined;
  const all = data.containers.flatMap((one) => container.safeParse(one).data ?? []);
  const known = containers.flatMap(({ name, state }) => {
    const found = all.find((one) => one.name === name);
    if (state.is !== "running" || found === undefined) return [];
    const { cpu, memory } = found;
    return [
      {
        name,
        time,
        startedAt: state.startedAt,
        cpuSeconds: cpu.usageCoreNanoSeconds / 1e9,
        memoryBytes: memory.workingSetBytes,
        rssBytes: memory.rssBytes,
      },
    ];
  });
  if (known.length === 0) return undefined;
  const { rxBytes = 0, txBytes = 0 } = data.network ?? {};
  return { identity, containers: known, ...(rxBytes + txBytes > 0 && { network: { rxBytes, txBytes } }) };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
