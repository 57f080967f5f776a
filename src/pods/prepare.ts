/** Resolve and translate: from a pod to the provider's request, or to every reason why not (yet). */
import type { Pod, Provider, Refusal } from "../provider.ts";
import { resolve } from "../resolve/resolve.ts";
import type { Resolution, ResolveNode, ResolveProblem, ResolveSources } from "../resolve/resolution.ts";
import type { PodEvent } from "./pod-events.ts";
import type { Prepared } from "./plan/world.ts";

/** A missing object is looked for again this soon; the kubelet's sync takes up to a minute. */
const LOOK_AGAIN_MS = 5_000;

export type Prepare = (
  pod: Pod,
  launch: { readonly attempt: number; readonly omit: readonly string[] },
  now: number,
) => Promise<{ readonly prepared: Prepared; readonly events: readonly PodEvent[] }>;

export function createPrepare(provider: Provider, sources: ResolveSources, node: ResolveNode): Prepare {
  return async (pod, { attempt, omit }, now) => {
    const key = { generation: pod.metadata?.generation ?? 0, attempt };
    const resolution = await resolve(pod, sources, node);
    const events = problemEvents(resolution);
    if (!resolution.ok) return { prepared: { ...key, ...unresolved(resolution.problems, now) }, events };
    const containers = resolution.pod.containers.filter((container) => !omit.includes(container.name));
    const translation = provider.translate({ ...resolution.pod, containers });
    if (translation.request === undefined) {
      return { prepared: { ...key, is: "refused", refusals: translation.refusals }, events };
    }
    return { prepared: { ...key, is: "ready", request: translation.request }, events };
  };
}

/** Invalid wins over missing: a pod that can never run should not wait for a ConfigMap. */
function unresolved(
  problems: readonly ResolveProblem[],
  now: number,
):
  | { is: "refused"; refusals: readonly Refusal[] }
  | { is: "missing"; reason: string; message: string; retryAt: number } {
  const invalid = problems.filter((problem) => problem.kind === "invalid");
  if (invalid.length > 0) {
    return { is: "refused", refusals: invalid.map(({ path, message }) => ({ path, sentence: message })) };
  }
  const message = [...new Set(problems.map((problem) => problem.message))].join("; ");
  return { is: "missing", reason: "CreateContainerConfigError", message, retryAt: now + LOOK_AGAIN_MS };
}

/** The kubelet's and virtual-kubelet's names both; the recorder folds repetitions into one event. */
function problemEvents(resolution: Resolution): PodEvent[] {
  const warnings = resolution.warnings.map(({ reason, message }): PodEvent => ({ type: "Warning", reason, message }));
  if (resolution.ok) return warnings;
  const problems = resolution.problems.flatMap(({ container, message, reason, kubeletEvent }): PodEvent[] => [
    { type: "Warning", ...kubeletEvent, ...(container !== undefined && { container }) },
    ...(reason === undefined ? [] : [{ type: "Warning", reason, message } as const]),
  ]);
  return [...warnings, ...problems];
}
