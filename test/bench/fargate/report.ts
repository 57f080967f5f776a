/** What the benchmark of Fargate prints. Pure. */
import { median } from "../measure.ts";
import { megabytes, number, type Target } from "../report.ts";
import type { SideName } from "../sides/side.ts";
import type { FargateComparison } from "./compare.ts";
import type { AwsFigures } from "./measure.ts";
import type { DeploymentRound } from "./round.ts";

type Figure = (round: DeploymentRound, pods: number) => number;

const cpuPerPod: Figure = ({ cpu }, pods) => (cpu.ready / pods) * 1000;

const figures: readonly (readonly [string, Figure])[] = [
  ["all created, s", ({ speed }) => speed.allCreated],
  ["all bound, s", ({ speed }) => speed.allBound],
  ["all Running, s", ({ speed }) => speed.allRunning],
  ["CPU per pod to the last Ready, ms", cpuPerPod],
  ["CPU at rest, ms a second", ({ cpu }) => (cpu.rest ?? Number.NaN) * 1000],
  ["status patches per pod", ({ writes }, pods) => (writes.by["patch pods/status"] ?? 0) / pods],
  ["writes of any kind per pod", ({ writes }, pods) => writes.total / pods],
  ["RSS before any pod, MB", ({ memory }) => megabytes(memory.before.now)],
  ["RSS then, on Fargate after a minute, MB", ({ memory }) => megabytes(memory.after.now)],
  ["peak RSS, MB", ({ memory }) => megabytes(memory.after.peak)],
  ["all deleted, s", ({ allGone }) => allGone],
];

const awsFigures: readonly (readonly [string, keyof AwsFigures])[] = [
  ["first launch to last launch, s", "launching"],
  ["first launch to all Running, s", "running"],
  ["calls of RunTask", "runTaskCalls"],
  ["throttle answers to calls of any kind", "throttleAnswers"],
  ["calls of RegisterTaskDefinition", "registerCalls"],
  ["secrets made in Secrets Manager", "secretsMade"],
  ["DescribeTasks a second at rest", "describesPerSecond"],
  ["calls of SQS a second at rest", "queueCallsPerSecond"],
];

/** Medians of the rounds, one column a side. */
export function fargateTable({ fargate, scripted }: FargateComparison, pods: number): string[] {
  const line = (label: string, ...cells: readonly string[]) =>
    [label.padEnd(40), ...cells.map((cell) => cell.padStart(17))].join("").trimEnd();
  return [
    line(`${pods} pods of a Deployment, medians`, "fargate", "scripted"),
    ...figures.map(([label, figure]) => {
      const of = (rounds: readonly DeploymentRound[]) => median(rounds.map((round) => figure(round, pods)));
      return line(label, number(of(fargate)), number(of(scripted)));
    }),
    ...awsFigures.map(([label, figure]) => line(label, number(median(awsOf(fargate, figure))))),
  ];
}

/**
 * RunTask on Fargate: so many calls at once, then so many a second. No other bucket is as tight: the 10,000 secrets that may
 * be read in a second are those of as many tasks with one each.
 */
const runTask = { burst: 20, rate: 20 };

/** What burstlet promises to reach. `isPushed`: changes of tasks come as events. */
export function fargateTargets({ fargate, scripted }: FargateComparison, pods: number, isPushed: boolean): Target[] {
  const cpu = (rounds: readonly DeploymentRound[]) => median(rounds.map((round) => cpuPerPod(round, pods)));
  const quickest = (pods - runTask.burst) / runTask.rate;
  return [
    {
      what: `seconds from the first launch to ${pods} Running, times what RunTask's bucket takes (${number(quickest)} s)`,
      measured: median(awsOf(fargate, "running")) / quickest,
      is: "at most",
      bound: 1.05,
    },
    {
      what: "throttle answers, most of a round",
      measured: worst(awsOf(fargate, "throttleAnswers")),
      is: "at most",
      bound: 0,
    },
    {
      what: "calls of RegisterTaskDefinition, most of a round",
      measured: worst(awsOf(fargate, "registerCalls")),
      is: "at most",
      bound: 1,
    },
    {
      what: "secrets made, the key among them, most of a round",
      measured: worst(awsOf(fargate, "secretsMade")),
      is: "at most",
      bound: 2,
    },
    {
      what: `DescribeTasks a second with ${pods} tasks that run`,
      measured: median(awsOf(fargate, "describesPerSecond")),
      is: "at most",
      bound: isPushed ? 0.5 : 2.5,
    },
    {
      what: "CPU per pod, times the scripted runtime's",
      measured: cpu(fargate) / cpu(scripted),
      is: "at most",
      bound: 2,
    },
  ];
}

/** Said while the benchmark runs. */
export function fargateLine(side: SideName, what: string, round: DeploymentRound, load: number): string {
  const { speed, cpu, memory, aws, allGone } = round;
  const words = [
    `all Running after ${number(speed.allRunning)} s (created ${number(speed.allCreated)} s, bound ${number(speed.allBound)} s)`,
    `CPU ${number(cpu.ready)} s`,
    ...(cpu.rest === undefined ? [] : [`at rest ${number(cpu.rest * 1000)} ms a second`]),
    `RSS ${number(megabytes(memory.after.now))} MB, peak ${number(megabytes(memory.after.peak))} MB`,
    ...(aws === undefined ? [] : awsFigures.map(([label, figure]) => `${label}: ${number(aws[figure])}`)),
    `all deleted after ${number(allGone)} s`,
    `load before ${number(load)}`,
  ];
  return `${side}, ${what}: ${words.join("; ")}`;
}

function awsOf(rounds: readonly DeploymentRound[], figure: keyof AwsFigures): number[] {
  return rounds.map(({ aws }) => aws?.[figure] ?? Number.NaN);
}

/** No number where nothing was measured. */
function worst(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : Math.max(...values);
}
