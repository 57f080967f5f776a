/**
 * Which changes of a pod's status the API server refuses, written from its validation
 * (k8s.io/kubernetes v1.36 pkg/apis/core/validation: ValidatePodStatusUpdate, ValidateContainerStateTransition,
 * ValidateInitContainerStateTransition) and independently of `src/status`. Pure.
 */
import type { Container, Pod } from "../../src/model/kube.ts";

const phases = new Set(["Pending", "Running", "Succeeded", "Failed", "Unknown"]);

export function transitionErrors(before: Pod, after: Pod): string[] {
  const errors: string[] = [];
  errors.push(
    ...stateErrors("containerStatuses", before, after, after.spec?.containers ?? []),
    ...stateErrors("initContainerStatuses", before, after, after.spec?.initContainers ?? []),
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

/** A terminated container stays so, unless its restart policy lets it run again (podutil.ContainerShouldRestart). */
function stateErrors(
  list: "containerStatuses" | "initContainerStatuses",
  { status: before }: Pod,
  { status: after, spec }: Pod,
  containers: readonly Container[],
): string[] {
  return (before?.[list] ?? []).flatMap((old) => {
    const ended = old.state?.terminated;
    if (ended === undefined || ended === null) return [];
    const container = containers.find(({ name }) => name === old.name);
    if (runsAgain(container, spec?.restartPolicy ?? "Always", ended.exitCode)) return [];
    const now = after?.[list]?.find((one) => one.name === old.name);
    return now !== undefined && (now.state?.terminated ?? null) === null
      ? [`status.${list}[${old.name}].state may not be transitioned to non-terminated state`]
      : [];
  });
}

function runsAgain(container: Container | undefined, ofPod: string, exitCode: number): boolean {
  const { restartPolicy, restartPolicyRules = [] } = container ?? {};
  const fits = ({ exitCodes }: (typeof restartPolicyRules)[number]): boolean =>
    exitCodes !== undefined && (exitCodes.operator === "In") === (exitCodes.values ?? []).includes(exitCode);
  if (restartPolicy !== undefined && restartPolicyRules.some(fits)) return true;
  const policy = restartPolicy ?? ofPod;
  return policy === "Always" || (policy === "OnFailure" && exitCode !== 0);
}
