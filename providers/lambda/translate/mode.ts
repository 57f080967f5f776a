/** How the function is invoked: by the pod's annotation, or by what the node's configuration says of the function. Pure. */
import type { Refusal, ResolvedPod } from "../../../src/provider.ts";
import { bareName, type FunctionName, type Mode, modes, podAnnotations, textOf } from "../request.ts";
import { nameIn, pathOf } from "./function-named.ts";

/** Lambda keeps an ended execution, its name and its result for a day at least (RetentionPeriodInDays is 1 to 90). */
const DURABLE_SECONDS = 86_400;

/** Seconds for which Lambda remembers a launch: it tells nothing of an ordinary invocation afterwards, whatever its type. */
export const memoryOf = (mode: Mode): number => (mode === "durable" ? DURABLE_SECONDS : 0);

/**
 * `trail` of the write-ahead record: an event that was sent is found by nothing else when burstlet dies before it has written
 * Lambda's id of it on the pod.
 */
export const trailOf = (mode: Mode, named: FunctionName): string | undefined =>
  mode === "event" ? `${eventTrail}${textOf(named)}` : undefined;

const eventTrail = "event ";

/** The function that was sent an event; `undefined`: another kind of launch. */
export function eventFunctionOf(trail: string | undefined): FunctionName | undefined {
  return trail?.startsWith(eventTrail) === true ? nameIn(trail.slice(eventTrail.length)) : undefined;
}

/** Names of functions, of the node's configuration. */
export interface ModeSettings {
  readonly durableFunctions: readonly string[];
  readonly eventFunctions: readonly string[];
}

export function modeOf(
  { annotations }: Pick<ResolvedPod, "annotations">,
  { name }: FunctionName,
  { durableFunctions, eventFunctions }: ModeSettings,
): { readonly mode: Mode; readonly refusals: readonly Refusal[] } {
  const path = pathOf(podAnnotations.mode);
  const isDurable = durableFunctions.includes(bareName(name));
  const asked = annotations[podAnnotations.mode];
  if (asked === undefined) return { mode: isDurable ? "durable" : "sync", refusals: [] };
  const mode = modes.find((one) => one === asked);
  if (mode === undefined)
    return { mode: "sync", refusals: [{ path, sentence: `Expected one of ${modes.join(", ")}.` }] };
  if (mode === "event" && !eventFunctions.includes(bareName(name))) {
    const sentence = `The node's configuration does not name ${bareName(name)} in lambda.eventFunctions: add it there if it may be run several times for one pod, for that is what Lambda does with events.`;
    return { mode, refusals: [{ path, sentence }] };
  }
  if (mode !== "durable" || isDurable) return { mode, refusals: [] };
  const sentence = `The node's configuration does not name ${bareName(name)} in lambda.durableFunctions, so its executions would not be found again after a restart of burstlet: add it there.`;
  return { mode, refusals: [{ path, sentence }] };
}
