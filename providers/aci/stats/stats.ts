import type { Provider } from "../../../src/provider.ts";
import type { Get } from "../arm/requests.ts";
import type { AciConfig } from "../config.ts";
import type { Groups } from "../groups/known-groups.ts";
import { type AskOptions, createAsk } from "./extension/ask.ts";
import { hasExtension } from "./extension/extension.ts";
import { createMonitor, type MonitorOptions } from "./monitor/monitor.ts";
import { metricsPathOf } from "./monitor/request.ts";

export interface StatsOptions extends AskOptions, Pick<MonitorOptions, "limiter" | "log"> {
  readonly config: Pick<AciConfig, "subscription" | "resourceGroup">;
  readonly groups: Pick<Groups, "values">;
  readonly get: Get;
  /** New groups have the extension, and their addresses are reached from here. */
  readonly isExtended: boolean;
}

/**
 * As Provider.stats: a group is asked itself where it has the extension, and Azure Monitor is where it has none. Which of them
 * tells of a group never changes while it is there, as their counters are not the same.
 */
export function createStats({
  config,
  groups,
  get,
  isExtended,
  ...more
}: StatsOptions): NonNullable<Provider["stats"]> {
  const byExtension = createAsk(more);
  const byMonitor = createMonitor({ ...more, read: async (group, span) => get(metricsPathOf(config, group, span)) });
  return async () => {
    const running = groups.values().filter(({ state }) => state.phase === "running");
    const itself = running.filter(({ group }) => isExtended && hasExtension(group));
    const others = running.filter(({ group }) => !isExtended || !hasExtension(group));
    const told = byExtension(itself);
    const monitored = byMonitor(others).catch(async (error: unknown) => {
      if ((await told).length === 0) throw error;
      return [];
    });
    return (await Promise.all([told, monitored])).flat();
  };
}
