import type { SupportRow } from "../../../src/provider.ts";

/** Honoured differently in every pod, so that only the table tells of it: Kubernetes itself sets the field. */
export const quietly = (path: string, sentence: string): SupportRow => ({
  path,
  effect: "changed",
  sentence,
  find: () => [],
});
