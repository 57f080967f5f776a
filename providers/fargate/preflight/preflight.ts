import type { Log } from "../../../src/provider.ts";
import type { FargateConfig } from "../config.ts";
import { type AskOptions, askFacts } from "./ask.ts";
import { type Finding, findingsOf, unknownsOf } from "./findings.ts";

export interface PreflightOptions extends AskOptions {
  readonly config: FargateConfig;
  /** May pods name an execution role of their own? */
  readonly mayNameRoles: boolean;
  readonly log: Log;
}

/**
 * As Provider.preflight: what is certainly wrong. What may not be looked at is told in the log, once; a cloud that does not
 * answer at all makes it reject, so that it is asked again.
 */
export function createPreflight(options: PreflightOptions): () => Promise<readonly Finding[]> {
  const told = new Set<string>();
  return async () => {
    const facts = await askFacts(options);
    for (const { what, trouble } of unknownsOf(facts)) {
      if (told.has(what)) continue;
      told.add(what);
      const { reason, message } = trouble;
      options.log.info("preflight could not look at part of the set-up", { what, reason, message });
    }
    return findingsOf(facts, options.config, options.mayNameRoles);
  };
}
