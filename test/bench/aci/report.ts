/** What the benchmark of ACI prints. Pure. */
import { median } from "../measure.ts";
import { number, type Target } from "../report.ts";
import type { ReadRound, WriteRound } from "./rounds.ts";

export interface AciComparison {
  /** In real time, as many as the windows let through at once. */
  readonly burst: readonly WriteRound[];
  /** Far more than that, on a quick clock. */
  readonly many: readonly WriteRound[];
  readonly reads: readonly ReadRound[];
}

export function writeLine({ groups, rate, allowed, created, deleted, throttled }: WriteRound): string {
  const clock = rate === 1 ? "in real time" : `on a ${rate}× clock`;
  return `${groups} groups ${clock}: created in ${number(created)} s, deleted in ${number(deleted)} s (the windows need ${number(allowed)} s); throttle answers ${throttled}`;
}

export function readLine({
  groups,
  getsPerSecond,
  readsPerSecond,
  withUsagePerSecond,
  startSeen,
  changeSeen,
  throttled,
}: ReadRound): string {
  return [
    `${groups} groups that run: ${number(getsPerSecond)} GETs of groups a second, ${number(readsPerSecond)} reads of any kind, ${number(withUsagePerSecond)} while their usage is asked for`,
    `a start is seen after ${number(startSeen.p50)} s (p50), ${number(startSeen.most)} s (most)`,
    `a restart after ${number(changeSeen.p50)} s (p50), ${number(changeSeen.most)} s (most)`,
    `throttle answers ${throttled}`,
  ].join("; ");
}

/** What burstlet promises to reach. */
export function aciTargets({ many, reads }: AciComparison): Target[] {
  const worst = (values: readonly number[]): number => (values.length === 0 ? Number.NaN : Math.max(...values));
  const most = "at most" as const;
  const ofWrites = (what: "created" | "deleted"): Target => ({
    what: `seconds until all of ${many[0]?.groups ?? 0} are ${what}, times what the windows need`,
    measured: median(many.map((round) => round[what] / round.allowed)),
    is: most,
    bound: 1.05,
  });
  return [
    ofWrites("created"),
    ofWrites("deleted"),
    {
      what: `reads of any kind a second with ${reads[0]?.groups ?? 0} groups that run`,
      measured: median(reads.map(({ readsPerSecond }) => readsPerSecond)),
      is: most,
      bound: 20,
    },
    {
      what: "the same, while their usage is asked for",
      measured: median(reads.map(({ withUsagePerSecond }) => withUsagePerSecond)),
      is: most,
      bound: 20,
    },
    {
      what: "seconds until the start of a container is seen, longest",
      measured: worst(reads.map(({ startSeen }) => startSeen.most)),
      is: most,
      bound: 10,
    },
    {
      what: "seconds until a change of a steady group is seen, longest",
      measured: worst(reads.map(({ changeSeen }) => changeSeen.most)),
      is: most,
      bound: 60,
    },
  ];
}
