import { type Finding, type Log, once, type Provider, type Unknown } from "../../../src/provider.ts";
import { type AskOptions, askFacts } from "./ask.ts";
import { findingsOf, notesOf, unknownsOf } from "./findings.ts";

export interface PreflightOptions extends AskOptions {
  readonly log: Log;
}

/**
 * As Provider.preflight: what is certainly wrong. What keeps no pod from running, and what may not be looked at, is told in
 * the log, once; an Azure that does not answer at all makes it reject, so that it is asked again.
 */
export function createPreflight(options: PreflightOptions): NonNullable<Provider["preflight"]> {
  const { config, log } = options;
  const tellUnknown = once(({ what, trouble: { reason, message } }: Unknown) =>
    log.info("preflight could not look at part of the set-up", { what, reason, message }),
  );
  const tellNote = once(({ message, fix }: Finding & { readonly what: string }) =>
    log.warn("part of the set-up in Azure limits what works", { message, fix }),
  );
  return async () => {
    const facts = await askFacts(options);
    tellUnknown(unknownsOf(facts, config));
    tellNote(notesOf(facts, config).map((note) => ({ ...note, what: note.message })));
    return findingsOf(facts, config);
  };
}
