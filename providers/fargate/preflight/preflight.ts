import { type Finding, type Log, once, type Unknown } from "../../../src/provider.ts";
import type { FargateConfig } from "../config.ts";
import { type AskOptions, askFacts } from "./ask.ts";
import { findingsOf, unknownsOf } from "./findings.ts";

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
  const tell = once(({ what, trouble: { reason, message } }: Unknown) =>
    options.log.info("preflight could not look at part of the set-up", { what, reason, message }),
  );
  return async () => {
    const facts = await askFacts(options);
    tell(unknownsOf(facts));
    return findingsOf(facts, options.config, options.mayNameRoles);
  };
}
