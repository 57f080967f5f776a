/** How the function is invoked: by the pod's annotation, or by what the node's configuration says of the function. Pure. */
import type { Refusal, ResolvedPod } from "../../../src/provider.ts";
import { bareName, type FunctionName, type Mode, modes, podAnnotations } from "../request.ts";
import { pathOf } from "./function-named.ts";

/** Lambda keeps an ended execution, its name and its result for a day at least (RetentionPeriodInDays is 1 to 90). */
const DURABLE_SECONDS = 86_400;

/** Seconds for which Lambda remembers a launch: it tells nothing of an ordinary invocation afterwards, whatever its type. */
export const memoryOf = (mode: Mode): number => (mode === "durable" ? DURABLE_SECONDS : 0);

export function modeOf(
  { annotations }: Pick<ResolvedPod, "annotations">,
  { name }: FunctionName,
  durableFunctions: readonly string[],
): { readonly mode: Mode; readonly refusals: readonly Refusal[] } {
  const path = pathOf(podAnnotations.mode);
  const isDurable = durableFunctions.includes(bareName(name));
  const asked = annotations[podAnnotations.mode];
  if (asked === undefined) return { mode: isDurable ? "durable" : "sync", refusals: [] };
  const mode = modes.find((one) => one === asked);
  if (mode === undefined)
    return { mode: "sync", refusals: [{ path, sentence: `Expected one of ${modes.join(", ")}.` }] };
  if (mode === "event") return { mode, refusals: [{ path, sentence: "Not available yet: use sync or durable." }] };
  if (mode !== "durable" || isDurable) return { mode, refusals: [] };
  const sentence = `The node's configuration does not name ${bareName(name)} in lambda.durableFunctions, so its executions would not be found again after a restart of burstlet: add it there.`;
  return { mode, refusals: [{ path, sentence }] };
}
