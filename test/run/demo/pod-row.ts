/** One line of the table for one pod. Pure. */
import { parseTime } from "../../../src/model/clock.ts";
import type { ContainerStatus, Pod } from "../../../src/model/kube.ts";
import { age } from "./table.ts";

export interface PodRow {
  readonly name: string;
  readonly ready: string;
  /** `Terminating` from the deletion on; otherwise the phase. */
  readonly phase: string;
  /** Why it waits, or how its containers ended: `ContainerCreating`, `exit 3`. */
  readonly reason: string;
  readonly restarts: string;
  readonly age: string;
  readonly address: string;
  readonly node: string;
}

export const podHead = ["NAME", "READY", "PHASE", "REASON", "RESTARTS", "AGE", "IP"] as const;

export function podRow(pod: Pod, now: number): PodRow {
  const { metadata, status } = pod;
  const containers = status?.containerStatuses ?? [];
  const total = pod.spec?.containers.length ?? 0;
  return {
    name: metadata?.name ?? "",
    ready: `${containers.filter((container) => container.ready).length}/${total}`,
    phase: metadata?.deletionTimestamp === undefined ? (status?.phase ?? "Pending") : "Terminating",
    reason: reasonOf(pod),
    restarts: String(containers.reduce((sum, { restartCount }) => sum + restartCount, 0)),
    age: age((now - (parseTime(metadata?.creationTimestamp) ?? now)) / 1000),
    address: status?.podIP ?? "",
    node: pod.spec?.nodeName ?? "",
  };
}

function reasonOf({ status }: Pod): string {
  if (status?.reason !== undefined && status.reason !== "") return status.reason;
  const ended = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const running = status?.containerStatuses?.some(({ state }) => state?.running !== undefined) === true;
  if (running && status?.phase === "Running") return "";
  const waiting = ended.find(({ state }) => state?.waiting?.reason !== undefined)?.state?.waiting?.reason;
  if (status?.phase !== "Succeeded" && status?.phase !== "Failed") return waiting ?? unscheduled(status?.conditions);
  const codes = (status.containerStatuses ?? []).map(exitOf).filter((code) => code !== undefined);
  return codes.length === 0 ? "" : `exit ${codes.join(", ")}`;
}

function exitOf({ state }: ContainerStatus): number | undefined {
  return state?.terminated?.exitCode;
}

function unscheduled(conditions: NonNullable<Pod["status"]>["conditions"]): string {
  const found = conditions?.find(({ type, status }) => type === "PodScheduled" && status === "False");
  return found?.reason ?? "";
}
