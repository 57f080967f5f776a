import type { UnknownEnd } from "../../../src/provider.ts";

/** Nobody knows how it ended. Never 0, and no code that a program is likely to have. */
export const unknownCode = 255;
export const unknownReason = "LambdaOutcomeUnknown";

/** What an owner can do then: the handlers of deploy/lambda end their log with the command's exit status. */
export const askTheLog = "kubectl logs may still show how it ended (exit status)";

/** Of what an earlier burstlet has invoked. */
export const unknownEnd: UnknownEnd = {
  exitCode: unknownCode,
  reason: unknownReason,
  message: `burstlet was started anew since, or Lambda has forgotten it, and nobody tells of this invocation any more: nobody knows whether the function has run to its end, so it is not invoked again; ${askTheLog}`,
};
