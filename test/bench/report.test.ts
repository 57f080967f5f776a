import { describe, expect, it } from "vitest";
import type { Round } from "./drive.ts";
import { table, targetLine, targets } from "./report.ts";
import type { SideName } from "./sides/side.ts";

const mb = 2 ** 20;

function round(podsPerSecond: number, cpu: number, writes: Record<string, number>, rss = 100, peak = 120): Round {
  const spread = { p50: 1, p99: 2 };
  const [allCreated, allBound, allRunning, allReady] = [1, 2, 3, 4];
  const counted = { total: Object.values(writes).reduce((sum, count) => sum + count, 0), by: writes };
  return {
    speed: {
      allCreated,
      allBound,
      allRunning,
      allReady,
      podsPerSecond,
      readyFromCreation: spread,
      readyFromBind: spread,
    },
    writes: counted,
    deletionWrites: counted,
    cpu: { ready: cpu, settled: cpu, everybody: 4 * cpu },
    memory: { before: { now: 90 * mb, peak: 95 * mb }, after: { now: rss * mb, peak: peak * mb } },
    allGone: 5,
  };
}

const ours = { "patch pods/status": 200, "create events": 190, "patch events": 10 };

describe("targets", () => {
  const all = new Map<SideName, Round[]>([
    ["burstlet", [round(100, 3, ours), round(80, 1, ours), round(90, 2, ours)]],
    ["virtual-kubelet", [round(5, 1, {})]],
    ["kwok", [round(120, 1.5, {})]],
  ]);

  it("compare medians, and count every write of events", () => {
    const many = { pods: 5000, round: round(100, 3, ours, 260, 340) };
    expect(targets(all, 100, many).map(targetLine)).toEqual([
      "ok     pods per second, times virtual-kubelet's: 18 (at least 10)",
      "MISSED pods per second, times kwok's: 0.75 (at least 0.9)",
      "ok     CPU per pod, times kwok's: 1.33 (at most 2)",
      "ok     status patches per pod: 2 (at most 2)",
      "ok     writes of events per pod: 2 (at most 2)",
      "MISSED RSS with 5000 pods, a minute after Ready, MB: 260 (at most 250)",
      "ok     peak RSS with 5000 pods, MB: 340 (at most 350)",
    ]);
  });

  it("leave out what was not measured", () => {
    const alone = new Map([...all].filter(([side]) => side === "burstlet"));
    expect(targets(alone, 100, undefined).map(({ what }) => what)).toEqual([
      "status patches per pod",
      "writes of events per pod",
    ]);
  });

  it("miss a figure that is no number", () => {
    expect(targetLine({ what: "x", measured: Number.NaN, is: "at most", bound: 2 })).toMatch(/^MISSED x: -/);
  });
});

describe("table", () => {
  it("has one column a side and one line for each kind of write", () => {
    const lines = table(
      new Map<SideName, Round[]>([
        ["burstlet", [round(100, 3, { "create events": 200 })]],
        ["kwok", [round(100, 3, { "patch pods/status": 100 })]],
      ]),
      100,
    );
    expect(lines[0]).toMatch(/^100 pods, median of rounds +burstlet +kwok$/);
    expect(lines).toContainEqual(expect.stringMatching(/^writes per pod, start: create events +2 +0$/));
    expect(lines).toContainEqual(expect.stringMatching(/^writes per pod, start: patch pods\/status +0 +1$/));
  });
});
