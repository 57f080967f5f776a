/**
 * Which changes of a pod's status the API server refuses, written from its validation
 * (k8s.io/kubernetes v1.36 pkg/apis/core/validation: ValidatePodStatusUpdate, ValidateContainerStateTransition,
 * ValidateInitContainerStateTransition) and independently of `src/status`. Pure.
 */
import type { ContainerStatus, Pod } from "../../src/model/kube.ts";

const phases = new Set(["Pending", "Running", "Succeeded", "Failed", "Unknown"]);

export function transitionErrors(before: Pod, after: Pod): string[] {
  const errors: string[] = [];
  const restartable = new Set(
    (after.spec?.initContainers ?? []).filter((one) => one.restartPolicy === "Always").map((one) => one.name),
  );
  const policy = after.spec?.restartPolicy ?? "Always";
  errors.push(
    ...stateErrors(
      "containerStatuses",
      before.status?.containerStatuses,
      after.status?.containerStatuses,
      policy,
      new Set(),
    ),
    ...stateErrors(
      "initContainerStatuses",
      before.status?.initContainerStatuses,
      after.status?.initContainerStatuses,
      policy,
      restartable,
    ),
  );
  if (!phases.has(after.status?.phase ?? "")) errors.push(`phase ${after.status?.phase} is none`);
  const ended = before.status?.phase === "Succeeded" || before.status?.phase === "Failed";
  if (ended && after.status?.phase !== before.status?.phase) {
    errors.push(`phase leaves ${before.status?.phase} for ${after.status?.phase}`);
  }
  if (after.status?.startTime !== before.status?.startTime && before.status?.startTime !== undefined) {
    errors.push("startTime changes");
  }
  if (after.status?.podIP !== after.status?.podIPs?.[0]?.ip) errors.push("podIP is not the first of podIPs");
  if (after.status?.hostIP !== after.status?.hostIPs?.[0]?.ip) errors.push("hostIP is not the first of hostIPs");
  for (const status of [...(after.status?.initContainerStatuses ?? []), ...(after.status?.containerStatuses ?? [])]) {
    const kinds = Object.values(status.state ?? {}).filter((one) => one !== undefined && one !== null);
    if (kinds.length !== 1) errors.push(`container ${status.name} has ${kinds.length} states`);
    const known = [...(before.status?.initContainerStatuses ?? []), ...(before.status?.containerStatuses ?? [])];
    const earlier = known.find((one) => one.name === status.name);
    if (earlier !== undefined && status.restartCount < earlier.restartCount) {
      errors.push(`restartCount of ${status.name} falls from ${earlier.restartCount} to ${status.restartCount}`);
    }
  }
  return errors;
}

/** A terminated container stays so, unless the restart policy lets it run again. */
function stateErrors(
  list: string,
  before: readonly ContainerStatus[] = [],
  after: readonly ContainerStatus[] = [],
  policy: string,
  restartable: ReadonlySet<string>,
): string[] {
  if (policy === "Always") return [];
  return before.flatMap((old) => {
    const ended = old.state?.terminated;
    if (ended === undefined || ended === null || restartable.has(old.name)) return [];
    if (policy === "OnFailure" && ended.exitCode !== 0) return [];
    const now = after.find((one) => one.name === old.name);
    return now !== undefined && (now.state?.terminated ?? null) === null
      ? [`status.${list}[${old.name}].state may not be transitioned to non-terminated state`]
      : [];
  });
}
