/** Present status, wanted status → the smallest strategic merge patch, or nothing. Pure. */
import type { ContainerStatus, Pod, PodCondition, PodStatus } from "../model/kube.ts";

/**
 * `undefined` when the API server already shows what we want in every field that is ours. Lists without a merge key
 * (container statuses) are replaced whole; podIPs and hostIPs merge by `ip`, so addresses that are gone are deleted
 * explicitly; conditions merge by `type`, so foreign ones survive.
 */
export function statusPatch(pod: Pod, wanted: PodStatus): Record<string, unknown> | undefined {
  const present: PodStatus = pod.status ?? {};
  const patch: Record<string, unknown> = {};
  for (const key of ["phase", "reason", "message", "startTime", "hostIP", "podIP"] as const) {
    if ((present[key] ?? undefined) !== (wanted[key] ?? undefined)) patch[key] = wanted[key] ?? null;
  }
  for (const key of ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"] as const) {
    const comparable = (wanted[key] ?? []).map((status) => asKept(status, present[key]));
    if (!covers(present[key] ?? [], comparable)) patch[key] = wanted[key] ?? [];
  }
  for (const key of ["podIPs", "hostIPs"] as const) {
    Object.assign(patch, addressPatch(key, present[key], wanted[key]));
  }
  const conditions = conditionPatch(present.conditions ?? [], wanted.conditions ?? []);
  if (conditions.length > 0) patch.conditions = conditions;
  // observedGeneration alone is worth a patch only where the API server keeps it (it drops unknown fields silently).
  const generation = wanted.observedGeneration;
  const stale = present.observedGeneration !== undefined && present.observedGeneration !== generation;
  if (generation !== undefined && (stale || Object.keys(patch).length > 0)) patch.observedGeneration = generation;
  return Object.keys(patch).length === 0 ? undefined : patch;
}

/** Resources alone are worth a patch only where the API server keeps them, as with observedGeneration. */
function asKept(status: ContainerStatus, present: readonly ContainerStatus[] = []): ContainerStatus {
  if (present.find(({ name }) => name === status.name)?.resources !== undefined) return status;
  const { resources: _resources, allocatedResources: _allocated, ...rest } = status;
  return rest;
}

/** Ours that are there only for as long as they are true. */
const passingConditions = ["burstlet.dev/Refused", "PodResizePending", "PodResizeInProgress"];

function conditionPatch(present: readonly PodCondition[], wanted: readonly PodCondition[]): object[] {
  const changed = wanted.flatMap((want): object[] => {
    const have = present.find((one) => one.type === want.type);
    const same =
      have?.status === want.status &&
      (have.reason ?? "") === (want.reason ?? "") &&
      (have.message ?? "") === (want.message ?? "") &&
      // Where the API server keeps it (it drops unknown fields silently), a judgement tells which spec it is about.
      (have.observedGeneration === undefined || have.observedGeneration === want.observedGeneration);
    // A merge keeps what it is not told to drop: yesterday's reason would stand beside today's status.
    const dropped = (["reason", "message"] as const).filter((key) => have?.[key] && !want[key]);
    return same ? [] : [{ ...want, ...Object.fromEntries(dropped.map((key) => [key, null])) }];
  });
  const gone = passingConditions.filter(
    (type) => present.some((one) => one.type === type) && !wanted.some((one) => one.type === type),
  );
  return [...changed, ...gone.map((type) => ({ type, $patch: "delete" }))];
}

/** A merge leaves what is there where it is; the first address is the pod's, so another order has to be said. */
function addressPatch(
  key: "podIPs" | "hostIPs",
  present: readonly { ip: string }[] = [],
  wanted: readonly { ip: string }[] = [],
): Record<string, object[]> {
  const kept = present.filter((one) => wanted.some((want) => want.ip === one.ip));
  const gone = present.filter((one) => !kept.includes(one));
  const fresh = wanted.filter((want) => !kept.some((one) => one.ip === want.ip));
  const isInOrder = [...kept, ...fresh].every((one, index) => one.ip === wanted[index]?.ip);
  if (gone.length === 0 && fresh.length === 0 && isInOrder) return {};
  return {
    [key]: [...wanted, ...gone.map((one) => ({ ip: one.ip, $patch: "delete" }))],
    ...(!isInOrder && { [`$setElementOrder/${key}`]: wanted.map(({ ip }) => ({ ip })) }),
  };
}

/**
 * Does `have` hold everything that `want` says? The API server adds defaults and fields of its own
 * (`resources`, `volumeMounts`, `user` …), so a field that we do not write does not count; null means absent.
 */
function covers(have: unknown, want: unknown): boolean {
  if (want === null || want === undefined) return have === null || have === undefined;
  if (Array.isArray(want)) {
    return Array.isArray(have) && have.length === want.length && want.every((item, index) => covers(have[index], item));
  }
  if (typeof want === "object") {
    const other = (have ?? {}) as Record<string, unknown>;
    const entries = Object.entries(want);
    // `{}` asks for nothing, and yet a last state that is gone must be patched.
    if (entries.length === 0) return stateKinds.every((kind) => (other[kind] ?? undefined) === undefined);
    return entries.every(([key, value]) => covers(other[key], value));
  }
  return have === want;
}

const stateKinds = ["waiting", "running", "terminated"] as const;
