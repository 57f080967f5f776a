import { parseTime, rfc3339 } from "../../../src/model/clock.ts";
import { notSimulated } from "../../server/service.ts";
import type { Work } from "../account.ts";
import { invalid } from "../errors.ts";
import { type MinuteOfUse, minuteMs } from "../metrics/monitor.ts";
import { groupOf } from "./place.ts";

/** Series that an answer has where nobody asks for more. */
const usualTop = 10;

const metrics = {
  CpuUsage: { shown: "CPU Usage", unit: "Count", of: ({ milliCores }: MinuteOfUse) => milliCores },
  MemoryUsage: { shown: "Memory Usage", unit: "Bytes", of: ({ bytes }: MinuteOfUse) => bytes },
} as const;
type Metric = keyof typeof metrics;

const names = [...Object.keys(metrics), "NetworkBytesReceivedPerSecond", "NetworkBytesTransmittedPerSecond"];
const namespace = "Microsoft.ContainerInstance/containerGroups";

/** Azure Monitor: a minute is told some time after its end, and until then it is there without a value. */
export const getMetrics: Work = (account, request) => {
  const { monitor, scenario, clock } = account;
  const { record } = groupOf(account, request);
  const { query } = request;
  const asked = (query.get("metricnames") ?? "").split(",");
  for (const name of asked) checkMetric(name);
  checkForm(query);
  const { from, to } = timespanOf(query.get("timespan") ?? "");
  const told = clock.now() - scenario.now.azure.times.metrics * 1000;
  const series = [...monitor.minutesOf(record.uid)].slice(0, Number(query.get("top") ?? usualTop));
  const value = asked.map((name) => {
    const { shown, unit, of } = metrics[name as Metric];
    return {
      id: `${record.id}/providers/Microsoft.Insights/metrics/${name}`,
      type: "Microsoft.Insights/metrics",
      name: { value: name, localizedValue: shown },
      unit,
      timeseries: series.map(([container, minutes]) => ({
        metadatavalues: [{ name: { value: "containername", localizedValue: "containername" }, value: container }],
        data: pointsOf(minutes, of, { from, to, told }),
      })),
      errorCode: "Success",
    };
  });
  const timespan = `${rfc3339(from)}/${rfc3339(to)}`;
  const head = { cost: 0, timespan, interval: "PT1M", namespace, resourceregion: record.location };
  return { status: 200, body: { ...head, value } };
};

function pointsOf(
  minutes: readonly MinuteOfUse[],
  of: (minute: MinuteOfUse) => number,
  { from, to, told }: { readonly from: number; readonly to: number; readonly told: number },
): object[] {
  const points = [];
  for (let at = Math.floor(from / minuteMs) * minuteMs; at < to; at += minuteMs) {
    const found = at + minuteMs <= told ? minutes.find((one) => one.at === at) : undefined;
    points.push({ timeStamp: rfc3339(at), ...(found !== undefined && { average: of(found) }) });
  }
  return points;
}

function checkMetric(name: string): void {
  if (Object.hasOwn(metrics, name)) return;
  if (names.includes(name)) throw notSimulated(`metric ${name}`);
  throw invalid(
    "BadRequest",
    `Failed to find metric configuration for provider: Microsoft.ContainerInstance, resource Type: containerGroups, metric: ${name}, Valid metrics: ${names.join(",")}`,
  );
}

/** Averages of each minute and container are all that there is here. */
function checkForm(query: URLSearchParams): void {
  const filter = query.get("$filter")?.replaceAll(/\s+/g, " ") ?? "";
  if (!/^containerName eq '\*'$/i.test(filter)) throw notSimulated(`metrics with $filter=${filter}`);
  for (const [name, only] of [
    ["interval", "PT1M"],
    ["aggregation", "average"],
  ] as const) {
    const value = query.get(name);
    if (value?.toLowerCase() !== only.toLowerCase()) throw notSimulated(`metrics with ${name}=${value ?? ""}`);
  }
}

function timespanOf(text: string): { readonly from: number; readonly to: number } {
  const [from = Infinity, to = 0] = text.split("/").map((part) => parseTime(part));
  if (from < to) return { from, to };
  throw invalid("BadRequest", `Invalid time interval: '${text}'`);
}
