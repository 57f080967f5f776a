/** burstlet on Lambda and burstlet on the scripted runtime, in turn, on one control plane. */
import { loadavg } from "node:os";
import { inArena } from "../arena.ts";
import type { BenchOptions } from "../options.ts";
import type { Memory } from "../process.ts";
import { burstletSide } from "../sides/burstlet.ts";
import { jobLine, memoryLine } from "./report.ts";
import { heldRound, type JobRound, jobRound } from "./rounds.ts";
import { lambdaSide } from "./side.ts";

export interface LambdaComparison {
  readonly lambda: readonly JobRound[];
  readonly scripted: readonly JobRound[];
  /** With all invocations held. */
  readonly held: readonly Memory[];
}

export async function compareLambda(
  { nodeFlags, pods, rounds }: BenchOptions,
  address: string | undefined,
): Promise<LambdaComparison> {
  const lambda: JobRound[] = [];
  const scripted: JobRound[] = [];
  const held: Memory[] = [];
  return inArena(address, [], async (arena, audit) => {
    const onLambda = { ...lambdaSide(nodeFlags), name: "burstlet-lambda" as const };
    const local = { ...burstletSide(nodeFlags), name: "burstlet" as const };
    for (const side of [onLambda, local]) await side.prepare(arena);
    for (let number = 1; number <= rounds; number++) {
      const say = (line: string): void => {
        console.log(`round ${number} of ${rounds}: ${line}; load ${(loadavg()[0] ?? Number.NaN).toFixed(1)}`);
      };
      lambda.push(await jobRound(arena, onLambda, audit, pods, onLambda.standIn));
      say(jobLine("lambda", lambda.at(-1) as JobRound));
      scripted.push(await jobRound(arena, local, audit, pods));
      say(jobLine("scripted", scripted.at(-1) as JobRound));
      held.push(await heldRound(arena, onLambda, audit, onLambda.standIn));
      say(memoryLine(held.at(-1) as Memory));
    }
    return { lambda, scripted, held };
  });
}
