import {
  type ProviderContext,
  type Refusal,
  type ResolvedPod,
  supportFindings,
  type SupportRow,
  type Translation,
} from "../../src/provider.ts";
import type { LambdaRequest, Need } from "./request.ts";
import { annotationRefusals, functionNamed } from "./translate/function-named.ts";
import { memoryOf, type ModeSettings, modeOf, trailOf } from "./translate/mode.ts";
import { payloadOf, valuesPath } from "./translate/payload.ts";

const MiB = 2 ** 20;

export interface TranslateSettings extends ModeSettings {
  readonly grants: ProviderContext["grants"];
}

/** The invocation that this pod is, or every reason why there can be none. What the function itself lacks is told at launch. */
export function translate(
  pod: ResolvedPod,
  rows: readonly SupportRow[],
  settings: TranslateSettings,
): Translation<LambdaRequest> {
  const named = functionNamed(pod, settings.grants);
  const { mode, refusals: ofMode } = modeOf(pod, named.function, settings);
  const { payload, refusals: ofPayload } = payloadOf(pod, mode);
  const found = supportFindings(pod.pod, rows, "refused");
  const ofNames = [...annotationRefusals(pod), ...named.refusals, ...ofMode];
  const refusals = [...found, ...ofNames, ...newOnes(ofPayload, found)];
  if (refusals.length > 0) return { refusals };
  const { uid, namespace, name } = pod;
  const { name: container = "", image = "" } = pod.containers[0] ?? {};
  return {
    refusals: [],
    memory: memoryOf(mode),
    trail: trailOf(mode, named.function),
    request: {
      mode,
      function: named.function,
      payload,
      container: { name: container, image },
      pod: { uid, namespace, name },
      need: needOf(pod),
    },
  };
}

/** Values are looked at once more, behind the table; what it has told of by its own field is not told again. */
function newOnes(ofPayload: readonly Refusal[], found: readonly Refusal[]): readonly Refusal[] {
  const isTold = found.some(({ path }) => /\.env(From)?\[|^spec\.volumes\[/.test(path));
  return ofPayload.filter(({ path }) => !isTold || path !== valuesPath);
}

/** Requests of the container, or of the pod as a whole where those are more; limits where there is no request. */
function needOf({ containers: [container], resources = {}, pod }: ResolvedPod): Need {
  const own = container?.resources ?? {};
  const memory = Math.max(own.memoryRequest ?? own.memoryLimit ?? 0, resources.memoryRequest ?? 0);
  return {
    memory: Math.ceil(memory / MiB),
    storage: Math.ceil((own.storageRequest ?? own.storageLimit ?? 0) / MiB),
    cpu: Math.max(own.cpuRequest ?? 0, resources.cpuRequest ?? 0),
    deadline: pod.spec?.activeDeadlineSeconds ?? undefined,
  };
}
