/** Container statuses → phase, by the kubelet's rules (pkg/kubelet/kubelet_pods.go, getPhase). Pure. */
import type { ContainerStatus, PodSpec } from "../model/kube.ts";
import { mayRunAgain, restartPolicyOf } from "./may-run-again.ts";

export type Phase = "Pending" | "Running" | "Succeeded" | "Failed";

export function isTerminal(phase: string | undefined): phase is "Succeeded" | "Failed" {
  return phase === "Succeeded" || phase === "Failed";
}

/**
 * `spec` tells which containers count; `previous` keeps a pod that once ran from looking Pending again.
 * A container without a status counts as waiting, so a pod never looks successful by accident.
 */
export function phaseOf(
  spec: PodSpec,
  statuses: { readonly init: readonly ContainerStatus[]; readonly main: readonly ContainerStatus[] },
  previous: string | undefined,
): Phase {
  const inits = (spec.initContainers ?? []).map((container) => ({
    sidecar: container.restartPolicy === "Always",
    status: statuses.init.find((status) => status.name === container.name),
  }));
  const regular = inits.filter((one) => !one.sidecar);
  const initCodes = regular.map((one) => exitCode(one.status));
  if (regular.some(({ status }) => failed(status) && !runsAgain(spec, "init", status))) return "Failed";
  const mains = spec.containers.map((container) => statuses.main.find((status) => status.name === container.name));
  if (initCodes.some((code) => code !== 0) && !mains.some(hasRun)) return "Pending";
  // One container that never ran holds the whole pod at Pending, whatever the others do.
  if (!mains.every(hasRun)) return previous === "Running" ? "Running" : "Pending";
  const sidecarRuns = inits.some((one) => one.sidecar && one.status?.state?.running !== undefined);
  if (sidecarRuns || mains.some((status) => exitCode(status) === undefined)) return "Running";
  if (mains.some((status) => runsAgain(spec, "main", status))) return "Running";
  return mains.some(failed) ? "Failed" : "Succeeded";
}

function runsAgain(spec: PodSpec, kind: "init" | "main", status: ContainerStatus | undefined): boolean {
  return mayRunAgain(kind, restartPolicyOf(spec, status?.name ?? ""), exitCode(status));
}

function failed(status: ContainerStatus | undefined): boolean {
  const code = exitCode(status);
  return code !== undefined && code !== 0;
}

function exitCode(status: ContainerStatus | undefined): number | undefined {
  return status?.state?.terminated?.exitCode;
}

function hasRun(status: ContainerStatus | undefined): boolean {
  return (
    status?.state?.running !== undefined ||
    status?.state?.terminated !== undefined ||
    status?.lastState?.terminated !== undefined
  );
}
