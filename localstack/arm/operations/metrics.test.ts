import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type AzureWorld, groupBody, openAzure, stateOf, containerBody } from "../testing.ts";

interface Series {
  readonly metadatavalues: readonly { readonly value: string }[];
  readonly data: readonly { readonly timeStamp: string; readonly average?: number }[];
}

describe("Azure Monitor", () => {
  let azure: AzureWorld;
  beforeEach(async () => {
    azure = await openAzure({ azure: { times: { metrics: 90 } } });
    const containers = ["app", "b"].map((name) => containerBody({ name, cpu: 0.5 }));
    await azure.group("PUT", "one", groupBody({ containers }));
    await azure.until("one", (group) => stateOf(group) === "Running");
    // A look at what runs every ten seconds, for five minutes.
    for (let nth = 0; nth < 30; nth++) {
      azure.cloud.clock.advance(10_000);
      await setImmediate();
    }
  });
  afterEach(() => azure[Symbol.asyncDispose]());

  const usual = { interval: "PT1M", aggregation: "average", $filter: "containerName eq '*'" };
  const ask = async (metricnames: string, change: Readonly<Record<string, string>> = {}, group = "one") => {
    const now = azure.cloud.clock.now();
    const timespan = [now - 600_000, now].map((time) => new Date(time).toISOString()).join("/");
    const query = new URLSearchParams({ metricnames, timespan, ...usual, ...change });
    const answer = await azure.group("GET", `${group}/providers/Microsoft.Insights/metrics?${query.toString()}`);
    const [metric] = (answer.body.value ?? []) as unknown as readonly { readonly timeseries: readonly Series[] }[];
    return { ...answer, series: metric?.timeseries ?? [] };
  };

  test("tells averages of each minute and container, but of the last minutes nothing yet", async () => {
    const { status, series } = await ask("MemoryUsage,CpuUsage");
    expect([status, series.map(({ metadatavalues: [of] }) => of?.value)]).toEqual([200, ["app", "b"]]);
    for (const { data } of series) {
      expect(data).toHaveLength(11);
      const values = data.map(({ average }) => average);
      // Ten minutes were asked for: it has run in the last five, and a minute and a half are not told yet.
      expect(values.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => undefined));
      expect(values.slice(6, 8)).toEqual([2 ** 20, 2 ** 20]);
      expect(values.slice(9)).toEqual([undefined, undefined]);
    }
    expect((await ask("CpuUsage")).series[0]?.data[7]?.average).toBeCloseTo(10, 5);
    expect((await ask("CpuUsage", { top: "1" })).series).toHaveLength(1);
  });

  test("refuses a metric that Azure has not, a time that is none, and what is not simulated", async () => {
    const codeOf = async (...how: Parameters<typeof ask>) => (await ask(...how)).body.error?.code;
    expect(await codeOf("CpuUsage,Nonsense")).toBe("BadRequest");
    expect(await codeOf("CpuUsage", { timespan: "now" })).toBe("BadRequest");
    expect(await codeOf("CpuUsage", {}, "nobody")).toBe("ResourceNotFound");
    expect((await ask("NetworkBytesReceivedPerSecond")).status).toBe(501);
    for (const change of [{ $filter: "" }, { interval: "PT5M" }, { aggregation: "maximum" }])
      expect((await ask("CpuUsage", change)).status).toBe(501);
  });
});
