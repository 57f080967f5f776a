/** Container statuses → phase, by the kubelet's rules. Pure. */
import type { ContainerStatus, PodSpec } from "../model/kube.ts";

export type Phase = "Pending" | "Running" | "Succeeded" | "Failed";

/**
 * `spec` tells which containers count; `previous` keeps a pod that once ran from looking Pending again.
 * A container without a status counts as waiting, so a pod never looks successful by accident.
 */
export function phaseOf(
  spec: PodSpec,
  statuses: { readonly init: readonly ContainerStatus[]; readonly main: readonly ContainerStatus[] },
  previous: string | undefined,
): Phase {
  const policy = spec.restartPolicy ?? "Always";
  const inits = (spec.initContainers ?? []).filter((container) => container.restartPolicy !== "Always");
  const initStatuses = inits.map((container) => statuses.init.find((status) => status.name === container.name));
  if (policy === "Never" && initStatuses.some((status) => exitCode(status) !== undefined && exitCode(status) !== 0)) {
    return "Failed";
  }
  const mains = spec.containers.map((container) => statuses.main.find((status) => status.name === container.name));
  if (initStatuses.some((status) => exitCode(status) !== 0) && !mains.some(hasRun)) return "Pending";
  if (mains.some((status) => exitCode(status) === undefined || inBackOff(status))) {
    return mains.some(hasRun) || previous === "Running" ? "Running" : "Pending";
  }
  const failed = mains.some((status) => exitCode(status) !== 0);
  if (policy === "Always" || (policy === "OnFailure" && failed)) return "Running";
  return failed ? "Failed" : "Succeeded";
}

function exitCode(status: ContainerStatus | undefined): number | undefined {
  return status?.state?.terminated?.exitCode;
}

function inBackOff(status: ContainerStatus | undefined): boolean {
  return status?.state?.waiting !== undefined;
}

function hasRun(status: ContainerStatus | undefined): boolean {
  return (
    status?.state?.running !== undefined ||
    status?.state?.terminated !== undefined ||
    status?.lastState?.terminated !== undefined
  );
}
