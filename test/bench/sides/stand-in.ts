/** The stand-in for AWS in a process of its own, so that what it costs is not counted as burstlet's. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CallCounts } from "../../../localstack/calls.ts";
import type { LedgerEntry } from "../../../localstack/ledger.ts";
import type { ScenarioInput } from "../../../localstack/scenario/schema.ts";
import { eventually } from "../../support/eventually.ts";
import { startProcess } from "./side.ts";

export type Calls = CallCounts["all"];

export interface StandIn {
  readonly url: string;
  calls(): Promise<Calls>;
  ledger(): Promise<readonly LedgerEntry[]>;
  stop(): Promise<void>;
}

const program = join(import.meta.dirname, "../../run/localstack.ts");

/** `name`: path of its files, without their endings. `runtime`: of its tasks. */
export async function startStandIn(
  name: string,
  scenario: ScenarioInput,
  runtime: "scripted" | "process" = "scripted",
): Promise<StandIn> {
  writeFileSync(`${name}.json`, JSON.stringify(scenario));
  const words = [program, "--port", "0", "--scenario", `${name}.json`, "--runtime", runtime];
  const { log, stop } = startProcess([process.execPath, ...words], `${name}.log`);
  const url = await eventually(
    `the stand-in for AWS is up (its log: ${log})`,
    () => /is up at (http:\S+);/.exec(readFileSync(log, "utf8"))?.[1],
  );
  const ask = async (what: string): Promise<unknown> => (await fetch(`${url}/_burstlet/${what}`)).json();
  return {
    url,
    calls: async () => (await ask("calls")) as Calls,
    ledger: async () => (await ask("ledger")) as readonly LedgerEntry[],
    stop,
  };
}
