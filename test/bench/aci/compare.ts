/** The rounds of the benchmark of ACI, in turn. */
import { loadavg } from "node:os";
import type { BenchOptions } from "../options.ts";
import { number } from "../report.ts";
import { type AciComparison, readLine, writeLine } from "./report.ts";
import { type ReadRound, readRound, type WriteRound, writeRound } from "./rounds.ts";

/** As many as Azure lets a subscription create at once, and four times as many. */
const burstGroups = 100;
const manyGroups = 400;
const runningGroups = 500;

export async function measureAci({ rounds }: Pick<BenchOptions, "rounds">): Promise<AciComparison> {
  const burst: WriteRound[] = [];
  const many: WriteRound[] = [];
  const reads: ReadRound[] = [];
  for (let round = 1; round <= rounds; round++) {
    const say = (line: string): void => {
      console.log(`round ${round} of ${rounds}: ${line}; load ${number(loadavg()[0] ?? Number.NaN)}`);
    };
    burst.push(await writeRound(burstGroups, 1));
    say(writeLine(burst.at(-1) as WriteRound));
    many.push(await writeRound(manyGroups, 60));
    say(writeLine(many.at(-1) as WriteRound));
    reads.push(await readRound(runningGroups));
    say(readLine(reads.at(-1) as ReadRound));
  }
  return { burst, many, reads };
}
