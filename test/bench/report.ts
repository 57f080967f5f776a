/** What the benchmark prints. Pure. */
import type { Round } from "./drive.ts";
import { median } from "./measure.ts";
import type { SideName } from "./sides/side.ts";

type Figure = (round: Round, pods: number) => number;

const figures: readonly (readonly [string, Figure])[] = [
  ["all created, s", (round) => round.speed.allCreated],
  ["all bound, s", (round) => round.speed.allBound],
  ["all Running, s", (round) => round.speed.allRunning],
  ["all Ready, s", (round) => round.speed.allReady],
  ["pods per second", (round) => round.speed.podsPerSecond],
  ["creation to Ready, p50, s", (round) => round.speed.readyFromCreation.p50],
  ["creation to Ready, p99, s", (round) => round.speed.readyFromCreation.p99],
  ["bind to Ready, p50, s", (round) => round.speed.readyFromBind.p50],
  ["bind to Ready, p99, s", (round) => round.speed.readyFromBind.p99],
  ["CPU per pod to the last Ready, ms", (round, pods) => (round.cpu.ready / pods) * 1000],
  ["CPU per pod to the last write, ms", (round, pods) => (round.cpu.settled / pods) * 1000],
  ["CPU per pod of everybody, ms", (round, pods) => (round.cpu.everybody / pods) * 1000],
  ["RSS before any pod, MB", (round) => megabytes(round.memory.before.now)],
  ["RSS after the last write, MB", (round) => megabytes(round.memory.after.now)],
  ["peak RSS, MB", (round) => megabytes(round.memory.after.peak)],
  ["all deleted, s", (round) => round.allGone],
];

/** Medians of the rounds, one column a side. */
export function table(rounds: ReadonlyMap<SideName, readonly Round[]>, pods: number): string[] {
  const sides = [...rounds.keys()];
  const line = (label: string, cells: readonly string[]) =>
    [label.padEnd(40), ...cells.map((cell) => cell.padStart(17))].join("").trimEnd();
  const lines = [line(`${pods} pods, median of rounds`, sides)];
  for (const [label, figure] of figures) {
    lines.push(
      line(
        label,
        sides.map((side) => number(medianOf(rounds.get(side), (round) => figure(round, pods)))),
      ),
    );
  }
  lines.push(...writeLines("writes per pod, start", rounds, pods, (round) => round.writes.by, line));
  lines.push(...writeLines("writes per pod, deletion", rounds, pods, (round) => round.deletionWrites.by, line));
  return lines;
}

function writeLines(
  label: string,
  rounds: ReadonlyMap<SideName, readonly Round[]>,
  pods: number,
  writes: (round: Round) => Readonly<Record<string, number>>,
  line: (label: string, cells: readonly string[]) => string,
): string[] {
  const kinds = new Set([...rounds.values()].flat().flatMap((round) => Object.keys(writes(round))));
  return [...kinds].toSorted().map((kind) => {
    const cells = [...rounds.values()].map((all) =>
      number(medianOf(all, (round) => (writes(round)[kind] ?? 0) / pods)),
    );
    return line(`${label}: ${kind}`, cells);
  });
}

export interface Target {
  readonly what: string;
  readonly measured: number;
  readonly bound: number;
  readonly is: "at least" | "at most";
}

/** What burstlet promises to reach, as far as this run can tell. */
export function targets(
  rounds: ReadonlyMap<SideName, readonly Round[]>,
  pods: number,
  memory: { readonly pods: number; readonly round: Round } | undefined,
): Target[] {
  const found: Target[] = [];
  const of = (side: SideName, figure: (round: Round) => number) => medianOf(rounds.get(side), figure);
  const speed = (round: Round) => round.speed.podsPerSecond;
  const cpu = (round: Round) => round.cpu.ready;
  const add = (what: string, measured: number, is: Target["is"], bound: number) =>
    found.push({ what, measured, is, bound });
  if (rounds.has("virtual-kubelet")) {
    add(
      "pods per second, times virtual-kubelet's",
      of("burstlet", speed) / of("virtual-kubelet", speed),
      "at least",
      10,
    );
  }
  if (rounds.has("kwok")) {
    add("pods per second, times kwok's", of("burstlet", speed) / of("kwok", speed), "at least", 0.9);
    add("CPU per pod, times kwok's", of("burstlet", cpu) / of("kwok", cpu), "at most", 2);
  }
  const written = (kinds: RegExp) => (round: Round) =>
    Object.entries(round.writes.by).reduce((sum, [kind, count]) => sum + (kinds.test(kind) ? count : 0), 0) / pods;
  add("status patches per pod", of("burstlet", written(/ pods\/status$/)), "at most", 2);
  add("writes of events per pod", of("burstlet", written(/ events$/)), "at most", 2);
  if (memory !== undefined) {
    const { after } = memory.round.memory;
    add(`RSS with ${memory.pods} pods, a minute after Ready, MB`, megabytes(after.now), "at most", 250);
    add(`peak RSS with ${memory.pods} pods, MB`, megabytes(after.peak), "at most", 350);
  }
  return found;
}

export function targetLine({ what, measured, is, bound }: Target): string {
  const good = is === "at least" ? measured >= bound : measured <= bound;
  return `${good ? "ok    " : "MISSED"} ${what}: ${number(measured)} (${is} ${bound})`;
}

/** Said while the benchmark runs. */
export function roundLine(side: SideName, what: string, round: Round, load: number): string {
  const { speed, cpu, memory } = round;
  const words = [
    `all Ready after ${number(speed.allReady)} s (created ${number(speed.allCreated)} s, bound ${number(speed.allBound)} s)`,
    `CPU ${number(cpu.ready)} s`,
    `RSS ${number(megabytes(memory.after.now))} MB, peak ${number(megabytes(memory.after.peak))} MB`,
    `all deleted after ${number(round.allGone)} s`,
    `load before ${number(load)}`,
  ];
  return `${side}, ${what}: ${words.join("; ")}`;
}

function medianOf(rounds: readonly Round[] | undefined, figure: (round: Round) => number): number {
  return median((rounds ?? []).map(figure));
}

/** MB as the kernel's kB times 1024: a binary megabyte. */
export function megabytes(bytes: number): number {
  return bytes / 2 ** 20;
}

/** Three digits that matter. */
export function number(value: number): string {
  if (Number.isNaN(value)) return "-";
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
