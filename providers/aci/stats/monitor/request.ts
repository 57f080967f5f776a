import { rfc3339 } from "../../../../src/provider.ts";
import { groupsPath } from "../../arm/groups.ts";
import type { AciConfig } from "../../config.ts";
import { metricNames } from "./answer.ts";
import type { Span } from "./meter.ts";

/** Containers of a group, and those that Azure may have in it: without this number an answer has ten. */
const mostSeries = 100;

/**
 * Averages of each minute and container of one group, by Azure's page on Metrics - List. One call for many groups needs rights on the
 * whole subscription, at another address and with another token: this one needs a right on the resource group alone.
 */
export function metricsPathOf(
  config: Pick<AciConfig, "subscription" | "resourceGroup">,
  group: string,
  { from, to }: Span,
): string {
  const query = new URLSearchParams({
    "api-version": "2023-10-01",
    metricnamespace: "Microsoft.ContainerInstance/containerGroups",
    metricnames: metricNames.join(","),
    aggregation: "average",
    interval: "PT1M",
    timespan: `${rfc3339(from)}/${rfc3339(to)}`,
    top: String(mostSeries),
    $filter: "containerName eq '*'",
  });
  return `${groupsPath(config)}/${group}/providers/Microsoft.Insights/metrics?${query.toString().replaceAll("+", "%20")}`;
}
