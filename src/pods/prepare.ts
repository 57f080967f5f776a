/** Resolve and translate: from a pod to the provider's request, or to every reason why not (yet). */
import type { FilesVolume, Pod, Provider, Refusal, ResolvedVolume } from "../provider.ts";
import { supportFindings } from "../provider.ts";
import { type Fingerprint, type LiveFiles, resolveFiles } from "../resolve/live/live-files.ts";
import { resolve } from "../resolve/resolve.ts";
import type { Resolution, ResolveNode, ResolveProblem, ResolveSources } from "../resolve/resolution.ts";
import type { Notices } from "./notices/notices.ts";
import type { PodEvent } from "./pod-events.ts";
import type { Addition, Prepared } from "./plan/world.ts";

/** A missing object is looked for again this soon; the kubelet's sync takes up to a minute. */
const LOOK_AGAIN_MS = 5_000;

export type Prepare = (
  pod: Pod,
  launch: { readonly attempt: number; readonly omit: readonly string[] },
  now: number,
) => Promise<{ readonly prepared: Prepared; readonly events: readonly PodEvent[] }>;

/** What a pod is resolved from. */
export interface Resolving {
  readonly provider: Provider;
  readonly sources: ResolveSources;
  readonly node: ResolveNode;
  readonly fingerprint: Fingerprint;
  readonly notices: Notices;
}

export function createPrepare({ provider, sources, node, fingerprint, notices }: Resolving): Prepare {
  return async (pod, { attempt, omit }, now) => {
    const key = { generation: pod.metadata?.generation ?? 0, attempt };
    const resolution = await resolve(pod, sources, node);
    const forbidding = await notices.refusals(pod).catch((error: unknown) => policiesUnknown(error, now));
    const forbidden = "is" in forbidding ? [] : forbidding;
    if (!resolution.ok) {
      const outcome = unresolved(pod, resolution.problems, provider, forbidden, now);
      return { prepared: { ...key, ...outcome }, events: problemEvents(resolution, outcome.is) };
    }
    const events = warningEvents(resolution);
    const containers = resolution.pod.containers.filter((container) => !omit.includes(container.name));
    const translation = provider.translate({ ...resolution.pod, containers });
    const refusals = [...translation.refusals, ...forbidden];
    if (translation.request === undefined || refusals.length > 0) {
      return { prepared: { ...key, is: "refused", refusals }, events };
    }
    if ("is" in forbidding) return { prepared: { ...key, ...forbidding }, events };
    const told = await notices.fresh(pod);
    const sent = new Map(resolution.pod.volumes.filter(isFiles).map((volume) => [volume.name, fingerprint(volume)]));
    const files = { sent, refreshAt: resolution.refreshAt, lookedAt: now };
    const { request, memory, trail } = translation;
    return { prepared: { ...key, is: "ready", request, memory, trail, files }, events: [...events, ...told] };
  };
}

/** Whether a policy forbids the pod must be known first where the configuration says so. */
function policiesUnknown(error: unknown, now: number): Missing {
  const message = `NetworkPolicies cannot be read, and one may forbid this pod here: ${String(error)}`;
  return { is: "missing", reason: "NetworkPolicyUnknown", message, retryAt: now + LOOK_AGAIN_MS };
}

function isFiles(volume: ResolvedVolume): volume is FilesVolume {
  return volume.kind === "files";
}

/** What the files of a live pod's volumes should be now. */
export type LookAtFiles = (pod: Pod) => Promise<
  Pick<LiveFiles, "problems" | "refreshAt"> & {
    readonly found: readonly { readonly volume: FilesVolume; readonly fingerprint: string }[];
  }
>;

export function createLookAtFiles({ sources, node, fingerprint }: Resolving): LookAtFiles {
  return async (pod) => {
    const { volumes, ...rest } = await resolveFiles(pod, sources, node);
    return { ...rest, found: volumes.map((volume) => ({ volume, fingerprint: fingerprint(volume) })) };
  };
}

/** An ephemeral container of a pod whose task lives: the provider's request for it alone, or why there is none (yet). */
export type PrepareAddition = (
  pod: Pod,
  container: string,
  now: number,
) => Promise<{
  readonly addition: { readonly is: "ready"; readonly request: unknown } | Exclude<Addition, { is: "sent" }>;
  readonly events: readonly PodEvent[];
}>;

export function createPrepareAddition({ provider, sources, node }: Resolving): PrepareAddition {
  return async (pod, name, now) => {
    const { alone, targetContainer } = onlyEphemeral(pod, name);
    const resolution = await resolve(alone, sources, node);
    if (!resolution.ok) {
      const found = unresolved(alone, resolution.problems, provider, [], now);
      const events = problemEvents(resolution, found.is);
      return { addition: found.is === "refused" ? refusedAddition(found.refusals) : found, events };
    }
    const events = warningEvents(resolution);
    const containers = resolution.pod.containers.map((one) => ({
      ...one,
      kind: "ephemeral" as const,
      targetContainer,
    }));
    const { request, refusals } = provider.translate({ ...resolution.pod, containers });
    return { addition: request === undefined ? refusedAddition(refusals) : { is: "ready", request }, events };
  };
}

/** The pod as if this were its one container: every rule for containers holds for it too. */
function onlyEphemeral(pod: Pod, name: string): { readonly alone: Pod; readonly targetContainer: string | undefined } {
  const found = pod.spec?.ephemeralContainers?.find((one) => one.name === name);
  const { targetContainerName: targetContainer, ...container } = found ?? { name };
  const read = (found?.env ?? []).map(({ valueFrom }) => valueFrom?.fileKeyRef?.volumeName ?? "");
  const mounted = new Set([...(found?.volumeMounts ?? []).map((mount) => mount.name), ...read]);
  const { ephemeralContainers: _all, initContainers: _init, volumes = [], ...spec } = pod.spec ?? {};
  const alone = { ...spec, volumes: volumes.filter((volume) => mounted.has(volume.name)), containers: [container] };
  return { alone: { ...pod, spec: alone }, targetContainer };
}

/** kubectl debug asks without being told: its default profile adds a capability, others set users and more. */
const otherProfile = "kubectl debug asks for it by its profile: with --profile=baseline it does not.";

function refusedAddition(refusals: readonly Refusal[]): Extract<Addition, { is: "refused" }> {
  const sentences = refusals.map(
    ({ path, sentence }) => `${path.replace("spec.containers[0]", "spec.ephemeralContainers[]")}: ${sentence}`,
  );
  const isByProfile = refusals.some(({ path }) => path.startsWith("spec.containers[0].securityContext."));
  return { is: "refused", message: [...sentences, ...(isByProfile ? [otherProfile] : [])].join(" ") };
}

interface Missing {
  readonly is: "missing";
  readonly reason: string;
  readonly message: string;
  readonly retryAt: number;
}

/**
 * A refusal wins over what is missing: a pod that can never run should not wait for a ConfigMap, and who mends it should
 * know everything at once. So the provider's table is asked although the pod is not resolved; what its translation
 * alone would find shows once it is.
 */
function unresolved(
  pod: Pod,
  problems: readonly ResolveProblem[],
  { support }: Pick<Provider, "support">,
  forbidden: readonly Refusal[],
  now: number,
): { is: "refused"; refusals: readonly Refusal[] } | Missing {
  const refused = supportFindings(pod, support, "refused");
  const invalid = problems
    .filter(({ kind, path }) => kind === "invalid" && !refused.some((row) => concern(row.path, path)))
    .map(({ path, message }) => ({ path, sentence: message }));
  const refusals = [...refused, ...invalid, ...forbidden];
  if (refusals.length > 0) return { is: "refused", refusals };
  const message = [...new Set(problems.map((problem) => problem.message))].join("; ");
  return { is: "missing", reason: "CreateContainerConfigError", message, retryAt: now + LOOK_AGAIN_MS };
}

/** Are both about one field? The table knows it as a whole, or a part of it. */
function concern(one: string, other: string): boolean {
  const isWithin = (inner: string, outer: string): boolean => inner === outer || inner.startsWith(`${outer}.`);
  return isWithin(one, other) || isWithin(other, one);
}

function warningEvents({ warnings }: Resolution): PodEvent[] {
  return warnings.map(({ reason, message }): PodEvent => ({ type: "Warning", reason, message }));
}

/** What the kubelet's event does not say. */
const lookedForAgain = `it is looked for every ${LOOK_AGAIN_MS / 1000} s, and what waits for it starts once it is there`;

/**
 * Under the kubelet's reason in its words, of the container, and under virtual-kubelet's with what happens next, of the
 * pod: who waits for either finds it. The recorder folds repetitions into one event. Of a refused pod, what
 * it lacks besides is no news.
 */
function problemEvents(resolution: Extract<Resolution, { ok: false }>, outcome: "refused" | "missing"): PodEvent[] {
  const next = outcome === "missing" ? `; ${lookedForAgain}` : "";
  const telling = resolution.problems.filter(({ kind }) => outcome === "missing" || kind === "invalid");
  const problems = telling.flatMap(({ container, message, reason, kubeletEvent }): PodEvent[] => [
    { type: "Warning", ...kubeletEvent, ...(container !== undefined && { container }) },
    ...(reason === undefined ? [] : [{ type: "Warning", reason, message: `${message}${next}` } as const]),
  ]);
  return [...warningEvents(resolution), ...problems];
}
