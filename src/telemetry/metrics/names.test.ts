import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createMeters } from "./meters.ts";
import { metricNames, type MetricRow } from "./names.ts";

const page = await readFile(join(import.meta.dirname, "../../../docs/metrics.md"), "utf8");
const headings = {
  process: "## `/metrics`, of the process",
  node: "## `/metrics`, of one node",
  resource: "## `/metrics/resource`",
  cadvisor: "## `/metrics/cadvisor`",
  probes: "## `/metrics/probes`",
} as const satisfies Record<keyof typeof metricNames, string>;
const groups = Object.entries(metricNames) as [keyof typeof metricNames, Record<string, MetricRow>][];

describe("the table of metrics", () => {
  it.for(groups)("is, for %s, what docs/metrics.md lists, no row more or less", ([group, rows]) => {
    const section = page.split(`\n${headings[group]}\n`)[1]?.split("\n## ")[0] ?? "";
    const listed = [...section.matchAll(/^\| `(\w+)` \| (\w+) \| (.*?) \| .+ \|$/gm)].map(
      ([, name = "", kind, labels = ""]) => [name, kind, [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label)],
    );
    expect(listed).toEqual(Object.entries(rows).map(([name, { kind, labels }]) => [name, kind, labels]));
  });

  it("has a name in one answer once: Prometheus refuses a second header", () => {
    const names = [...Object.keys(metricNames.process), ...Object.keys(metricNames.node)];
    expect(new Set(names).size).toBe(names.length);
  });

  it.for(groups)("makes a valid instrument of each row of %s", async ([, rows]) => {
    const text = await createMeters(rows).registry.metrics();
    for (const [name, { kind }] of Object.entries(rows)) expect(text).toContain(`# TYPE ${name} ${kind}\n`);
  });
});
