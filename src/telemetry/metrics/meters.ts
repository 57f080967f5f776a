import { Counter, Gauge, Histogram, Registry } from "@prometheus-io/client";
import type { MetricRow } from "./names.ts";

/** The instrument of each row, under its name. */
export type Meters<Rows extends Readonly<Record<string, MetricRow>>> = {
  readonly [Name in keyof Rows]: Meter<Rows[Name]["kind"], Rows[Name]["labels"][number]>;
};

type Meter<Kind extends MetricRow["kind"], Label extends string> = {
  counter: Counter<Label>;
  gauge: Gauge<Label>;
  histogram: Histogram<Label>;
}[Kind];

/** Makes the instruments of some rows, in a registry of their own: never the library's global one. */
export function createMeters<const Rows extends Readonly<Record<string, MetricRow>>>(
  rows: Rows,
): { readonly meters: Meters<Rows>; readonly registry: Registry } {
  const registry = new Registry();
  const meters = Object.entries(rows).map(([name, row]) => [name, createMeter(name, row, registry)]);
  return { meters: Object.fromEntries(meters) as Meters<Rows>, registry };
}

function createMeter(name: string, { kind, help, labels, buckets }: MetricRow, registry: Registry) {
  const shared = { name, help, labelNames: [...labels], registers: [registry] };
  switch (kind) {
    case "counter":
      return new Counter(shared);
    case "gauge":
      return new Gauge(shared);
    case "histogram":
      return new Histogram({ ...shared, ...(buckets !== undefined && { buckets: [...buckets] }) });
  }
}
