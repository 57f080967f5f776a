/** What the benchmark of streams prints. Pure. */
import { median } from "../measure.ts";
import { megabytes, number, type Target } from "../report.ts";
import type { LogReading, StreamComparison, Transfer } from "./compare.ts";
import type { StreamSideName } from "./side.ts";

const kinds = ["exec", "port-forward"] as const;
const dialects = ["websocket", "spdy"] as const;

/** Medians, one line a kind of transfer. */
export function streamTable({ megabytes: size, transfers, logs, memory }: StreamComparison): string[] {
  const line = (...cells: readonly string[]) =>
    cells
      .map((cell, index) => (index === 0 ? cell.padEnd(40) : cell.padStart(16)))
      .join("")
      .trimEnd();
  const lines = [line(`${size} MB, median of rounds`, "burstlet", "cri-streaming", "ratio", "loop p99, ms")];
  for (const kind of kinds) {
    for (const dialect of dialects) {
      const of = (side: StreamSideName) => speedOf(transfers, kind, dialect, side);
      const loop = median(chosen(transfers, kind, dialect, "burstlet").flatMap((one) => one.loop?.p99 ?? []));
      const cells = [of("burstlet"), of("cri-streaming"), of("burstlet") / of("cri-streaming"), loop];
      lines.push(line(`${kind}, kubectl with ${dialect}, MB/s`, ...cells.map(number)));
    }
  }
  const log = (what: (reading: LogReading) => number) => number(median(logs.map(what)));
  lines.push(
    line("RSS before the transfers, MB", number(megabytes(memory.before))),
    line("RSS at its peak meanwhile, MB", number(megabytes(memory.peak))),
    line(
      "log: MB read",
      log(({ bytes }) => megabytes(bytes)),
    ),
    line(
      "log: first byte after, ms",
      log(({ firstByte }) => firstByte),
    ),
    line(
      "log: MB/s",
      log(({ bytes, end }) => (megabytes(bytes) / end) * 1000),
    ),
    line(
      "log: RSS grows by, MB",
      log(({ growth }) => megabytes(growth)),
    ),
    line(
      "log: loop p99, ms",
      log(({ loop }) => loop.p99),
    ),
  );
  return lines;
}

/** What burstlet promises to reach. */
export function streamTargets({ transfers, logs }: StreamComparison): Target[] {
  const found: Target[] = [];
  for (const kind of kinds) {
    for (const dialect of dialects) {
      const of = (side: StreamSideName) => speedOf(transfers, kind, dialect, side);
      const measured = of("burstlet") / of("cri-streaming");
      found.push({ what: `${kind} by ${dialect}, times cri-streaming's`, measured, is: "at least", bound: 0.5 });
    }
  }
  const loops = kinds.flatMap((kind) =>
    dialects.map((dialect) =>
      median(chosen(transfers, kind, dialect, "burstlet").flatMap(({ loop }) => loop?.p99 ?? [])),
    ),
  );
  found.push(
    {
      what: "event loop delay p99, worst kind of transfer, ms",
      measured: Math.max(...loops),
      is: "at most",
      bound: 50,
    },
    {
      what: "first byte of a big log, ms",
      measured: median(logs.map(({ firstByte }) => firstByte)),
      is: "at most",
      bound: 200,
    },
  );
  return found;
}

/** Said while the benchmark runs. */
export function transferLine({ kind, dialect, side, speed, loop }: Transfer, what: string, load: number): string {
  const late = loop === undefined ? "" : `, event loop p99 ${number(loop.p99)} ms, max ${number(loop.max)} ms`;
  return `${side}, ${what}: ${kind} by ${dialect} ${number(speed)} MB/s${late}; load before ${number(load)}`;
}

function speedOf(
  transfers: readonly Transfer[],
  kind: Transfer["kind"],
  dialect: Transfer["dialect"],
  side: StreamSideName,
): number {
  return median(chosen(transfers, kind, dialect, side).map(({ speed }) => speed));
}

function chosen(
  transfers: readonly Transfer[],
  kind: Transfer["kind"],
  dialect: Transfer["dialect"],
  side: StreamSideName,
): readonly Transfer[] {
  return transfers.filter((one) => one.kind === kind && one.dialect === dialect && one.side === side);
}
