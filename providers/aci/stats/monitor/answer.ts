/** What Azure Monitor answers for a group → the minutes of its containers. Shapes: Azure's page on Metrics - List. Pure. */
import { z } from "zod";
import { parseTime } from "../../../../src/provider.ts";

/** What a container used in one minute: averages. */
export interface Minute {
  /** Its begin, milliseconds since 1970. */
  readonly at: number;
  readonly milliCores: number;
  readonly bytes: number;
}

export const metricNames = ["CpuUsage", "MemoryUsage"] as const;

/** A minute without a value is one that nothing is known of. */
const point = z.object({ timeStamp: z.string(), average: z.number().min(0) });

const answer = z.object({
  value: z.array(
    z.object({
      name: z.object({ value: z.string() }),
      timeseries: z.array(
        z.object({
          metadatavalues: z.array(z.object({ name: z.object({ value: z.string() }), value: z.string() })),
          data: z.array(z.unknown()),
        }),
      ),
    }),
  ),
});

/** By container, the oldest first; those of which both processor and memory are told. */
export function minutesOf(body: unknown): ReadonlyMap<string, readonly Minute[]> {
  const { data } = answer.safeParse(body);
  const [cpu, memory] = metricNames.map((metric) => seriesOf(data, metric));
  const all = [...(cpu ?? [])].map(([container, points]) => {
    const bytesAt = memory?.get(container);
    const minutes = [...points].flatMap(([at, milliCores]) => {
      const bytes = bytesAt?.get(at);
      return bytes === undefined ? [] : [{ at, milliCores, bytes }];
    });
    return [container, minutes.toSorted((a, b) => a.at - b.at)] as const;
  });
  return new Map(all);
}

type Values = ReadonlyMap<number, number>;

function seriesOf(data: z.output<typeof answer> | undefined, metric: string): ReadonlyMap<string, Values> {
  const found = data?.value.find(({ name }) => name.value === metric);
  const all = (found?.timeseries ?? []).flatMap((series) => {
    // Azure writes the names of dimensions in small letters.
    const container = series.metadatavalues.find(({ name }) => name.value.toLowerCase() === "containername")?.value;
    return container === undefined ? [] : [[container, valuesOf(series.data)] as const];
  });
  return new Map(all);
}

function valuesOf(points: readonly unknown[]): Values {
  const told = points.flatMap((one) => {
    const { data } = point.safeParse(one);
    const at = parseTime(data?.timeStamp);
    return data === undefined || at === undefined ? [] : [[at, data.average] as const];
  });
  return new Map(told);
}
