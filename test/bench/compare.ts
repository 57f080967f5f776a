/** All rounds of all sides on one control plane: the sides take turns, so that whatever drifts, drifts for all. */
import { loadavg } from "node:os";
import { inArena } from "./arena.ts";
import type { Audit } from "./audit.ts";
import { type Round, type RoundOptions, round } from "./drive.ts";
import type { BenchOptions } from "./options.ts";
import { roundLine } from "./report.ts";
import type { Arena, Side, SideName } from "./sides/side.ts";

export interface Comparison {
  readonly rounds: ReadonlyMap<SideName, readonly Round[]>;
  /** burstlet with many pods, a minute after Ready. */
  readonly memory: Round | undefined;
}

/** A side that has not come so far by then is not measured, and fails the benchmark. */
const patienceMs = 1_800_000;
const restMs = 60_000;

/** `address`: where servers of the run may listen besides loopback. */
export async function compare(
  sides: readonly Side[],
  options: BenchOptions,
  address: string | undefined,
): Promise<Comparison> {
  return inArena(address, [], async (arena, audit) => compareIn(arena, audit, sides, options));
}

async function compareIn(
  arena: Arena,
  audit: Audit,
  sides: readonly Side[],
  options: BenchOptions,
): Promise<Comparison> {
  const measure = async (side: Side, what: string, how: Pick<RoundOptions, "pods" | "restMs">): Promise<Round> => {
    const load = loadavg()[0] ?? Number.NaN;
    const result = await round(arena, side, audit, { ...how, patienceMs, tokens: options.tokens });
    console.log(roundLine(side.name, what, result, load));
    return result;
  };
  const rounds = new Map<SideName, Round[]>(sides.map(({ name }) => [name, []]));
  for (const side of sides) await side.prepare(arena);
  for (let number = 1; number <= options.rounds; number++) {
    for (const side of sides) {
      const what = `round ${number} of ${options.rounds}`;
      rounds.get(side.name)?.push(await measure(side, what, { pods: options.pods, restMs: 0 }));
    }
  }
  const [ours] = sides;
  const memory =
    options.memory > 0 && ours !== undefined
      ? await measure(ours, `memory of ${options.memory} pods`, { pods: options.memory, restMs })
      : undefined;
  return { rounds, memory };
}
