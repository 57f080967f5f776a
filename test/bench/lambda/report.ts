/** What the benchmark of Lambda prints. Pure. */
import { median } from "../measure.ts";
import type { Memory } from "../process.ts";
import { megabytes, number, type Target } from "../report.ts";
import type { LambdaComparison } from "./compare.ts";
import { held, type JobRound } from "./rounds.ts";

type Figure = (round: JobRound) => number;

const p50: Figure = ({ warm }) => warm.p50;
const p99: Figure = ({ warm }) => warm.p99;

const figures: readonly (readonly [string, Figure])[] = [
  ["warm, bound to Succeeded, p50, ms", p50],
  ["warm, bound to Succeeded, p99, ms", p99],
  ["cold starts", ({ cold }) => cold?.count ?? Number.NaN],
  ["cold, bound to Succeeded, p50, ms", ({ cold }) => cold?.p50 ?? Number.NaN],
  ["cold, bound to Succeeded, p99, ms", ({ cold }) => cold?.p99 ?? Number.NaN],
  ["CPU of the node process per pod, ms", ({ cpu }) => cpu],
];

const of = (rounds: readonly JobRound[], figure: Figure): number => median(rounds.map(figure));

/** Medians of the rounds, one column a side. */
export function lambdaTable({ lambda, scripted, held: memory }: LambdaComparison): string[] {
  const line = (label: string, ...cells: readonly string[]) =>
    [label.padEnd(40), ...cells.map((cell) => cell.padStart(17))].join("").trimEnd();
  return [
    line("jobs of 5 ms, 20 a second, medians", "lambda", "scripted"),
    ...figures.map(([label, figure]) => line(label, number(of(lambda, figure)), number(of(scripted, figure)))),
    line(`RSS with ${held} held invocations, MB`, number(megabytes(median(memory.map(({ now }) => now))))),
    line("peak RSS until then, MB", number(megabytes(median(memory.map(({ peak }) => peak))))),
  ];
}

/** What burstlet promises to reach. */
export function lambdaTargets({ lambda, scripted, held: memory }: LambdaComparison): Target[] {
  const longer = (figure: Figure): number => of(lambda, figure) - of(scripted, figure);
  return [
    {
      what: "ms from bound to Succeeded, p50, longer than on the scripted runtime",
      measured: longer(p50),
      is: "at most",
      bound: 40,
    },
    {
      what: "ms from bound to Succeeded, p99, longer than on the scripted runtime",
      measured: longer(p99),
      is: "at most",
      bound: 200,
    },
    {
      what: `MB of RSS with ${held} held invocations`,
      measured: megabytes(median(memory.map(({ now }) => now))),
      is: "at most",
      bound: 250,
    },
  ];
}

/** Said while the benchmark runs. */
export function jobLine(side: string, { warm, cold, cpu }: JobRound): string {
  const spread = `p50 ${number(warm.p50)} ms, p99 ${number(warm.p99)} ms of ${warm.count} pods`;
  const starts = cold && `${cold.count} cold: p50 ${number(cold.p50)} ms, p99 ${number(cold.p99)} ms`;
  return [`${side}: ${spread}`, ...(starts ? [starts] : []), `CPU ${number(cpu)} ms a pod`].join("; ");
}

export function memoryLine({ now, peak }: Memory): string {
  return `${held} held: RSS ${number(megabytes(now))} MB, peak ${number(megabytes(peak))} MB`;
}
