/**
 * THE CONTRACT as tests: what src/provider.ts says in sentences, for any provider over any stand-in of its cloud.
 * A test file of a provider calls `providerContract` and is done.
 */
import { afterAll, afterEach, beforeAll, describe, it } from "vitest";
import { feedTests } from "./tests/feed-tests.ts";
import { hookTests } from "./tests/hook-tests.ts";
import { launchTests } from "./tests/launch-tests.ts";
import { lifeTests } from "./tests/life-tests.ts";
import { runTests } from "./tests/run-tests.ts";
import { stopTests } from "./tests/stop-tests.ts";
import { streamTests } from "./tests/stream-tests.ts";
import type { ContractTarget, Gap } from "./target.ts";
import { translateTests } from "./tests/translate-tests.ts";
import { updateTests } from "./tests/update-tests.ts";
import { createWorkbench, type Workbench } from "./workbench.ts";

export type { Behaviour, ContractTarget, Gap } from "./target.ts";

export interface ContractTest {
  readonly name: string;
  run(bench: Workbench): Promise<void>;
}

export const contractTests: readonly ContractTest[] = [
  ...translateTests,
  ...launchTests,
  ...lifeTests,
  ...stopTests,
  ...feedTests,
  ...runTests,
  ...hookTests,
  ...streamTests,
  ...updateTests,
];

/** Defines the tests. `setup` is called once for all of them; each test's tasks are ended after it. */
export function providerContract(name: string, setup: () => Promise<ContractTarget>, gaps: readonly Gap[] = []): void {
  const reasons = gapReasons(gaps);
  describe(`${name} keeps the contract:`, () => {
    let bench: Workbench | undefined;
    const open = (): Workbench => {
      if (bench === undefined) throw new Error("the setup failed");
      return bench;
    };
    beforeAll(async () => {
      bench = await createWorkbench(await setup());
    });
    afterEach(async () => bench?.clear());
    afterAll(async () => bench?.close());
    for (const { name: title, run } of contractTests) {
      const reason = reasons.get(title);
      if (reason === undefined) it(title, async () => run(open()));
      else it(`GAP, ${reason}: ${title}`, async () => mustFail(run(open().impatient())));
    }
  });
}

async function mustFail(test: Promise<void>): Promise<void> {
  const held = await test.then(
    () => true,
    () => false,
  );
  if (held) throw new Error("this holds now: take it out of the list of gaps");
}

/** By test; throws for a gap that names no test: it would hide nothing. */
function gapReasons(gaps: readonly Gap[]): ReadonlyMap<string, string> {
  const reasons = new Map(gaps.flatMap(({ reason, tests }) => tests.map((test) => [test, reason] as const)));
  const unknown = [...reasons.keys()].filter((test) => !contractTests.some(({ name }) => name === test));
  if (unknown.length > 0) throw new Error(`gaps name tests that do not exist: ${unknown.join("; ")}`);
  return reasons;
}
