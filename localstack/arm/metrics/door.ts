import type { TaskStats } from "../../../src/model/task-stats.ts";
import type { PacedClock } from "../../clock.ts";
import type { Sample } from "../../follow.ts";
import { type Door, jsonAnswer } from "../../server/server.ts";

/** Where the extension of a group asks, by the group's uid. */
export const metricsPath = "/azure-metrics";

export interface MetricsOptions {
  readonly sample: Sample;
  readonly clock: PacedClock;
}

/** What the runtime tells of a group, in the extension's shape. */
export function metricsDoor({ sample, clock }: MetricsOptions): Door {
  return async (method, url) => {
    const [, uid] = /^\/azure-metrics\/([0-9a-f]{32})$/.exec(url.pathname) ?? [];
    if (uid === undefined || method !== "GET") return undefined;
    const tasks = (await sample()).filter(({ identity }) => identity.podUid === uid);
    const present = tasks.toSorted((a, b) => a.identity.attempt - b.identity.attempt).at(-1);
    return present === undefined ? jsonAnswer(404, {}) : jsonAnswer(200, pictureOf(present, clock));
  };
}

type Figures = TaskStats["containers"][number];

function pictureOf({ containers, network }: TaskStats, clock: PacedClock): object {
  const times = containers.map(({ time }) => clock.fromBelow(time));
  const sum = (of: (one: Figures) => number): number => containers.reduce((all, one) => all + of(one), 0);
  const whole = {
    cpuSeconds: sum(({ cpuSeconds }) => cpuSeconds),
    memoryBytes: sum(({ memoryBytes }) => memoryBytes),
    rssBytes: sum(({ rssBytes = 0 }) => rssBytes),
  };
  const eth0 = { name: "eth0", rxBytes: network?.rxBytes, rxErrors: 0, txBytes: network?.txBytes, txErrors: 0 };
  return {
    timestamp: Math.min(...times, clock.now()) * 1e6,
    ...usageOf(whole),
    network: { ...eth0, interfaces: [eth0] },
    containers: containers.map((one) => ({ name: one.name, ...usageOf(one) })),
  };
}

/** Runtimes tell no more memory than the working set. */
function usageOf({
  cpuSeconds,
  memoryBytes,
  rssBytes,
}: Pick<Figures, "cpuSeconds" | "memoryBytes" | "rssBytes">): object {
  return {
    cpu: { usageCoreNanoSeconds: Math.round(cpuSeconds * 1e9) },
    memory: { usageBytes: memoryBytes, workingSetBytes: memoryBytes, rssBytes },
  };
}
