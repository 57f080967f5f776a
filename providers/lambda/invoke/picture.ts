/** One invocation, or one execution → TaskState. Pure. */
import type { RunState, TaskIdentity, TaskState, Terminated } from "../../../src/provider.ts";
import type { FunctionInfo } from "../functions/function-info.ts";
import { hourlyUsd, invocationUsd, type pricesOf } from "../outcome/prices.ts";
import type { Report } from "../outcome/report-line.ts";
import type { LambdaRequest } from "../request.ts";
import { containerIDOf, idOf, partsOf } from "./task-id.ts";

export interface Subject {
  readonly identity: TaskIdentity;
  readonly nodeName: string;
  readonly request: Pick<LambdaRequest, "function" | "container" | "pod">;
  readonly info: FunctionInfo;
  readonly prices: ReturnType<typeof pricesOf>;
}

export type Progress = (
  | { readonly is: "waiting"; readonly reason: string; readonly message?: string; readonly over?: true }
  | { readonly is: "running"; readonly startedAt: number; readonly stopping?: true }
  | {
      readonly is: "ended";
      readonly end: Terminated;
      readonly requestId?: string | undefined;
      /** Nobody knows whether it has run to its end. */
      readonly final?: true;
    }
) & { readonly warning?: TaskState["warning"] };

/** What was asked for, and what is known of its size. */
export interface Shown {
  readonly identity: TaskIdentity;
  readonly nodeName: string;
  readonly pod: { readonly namespace: string; readonly name: string };
  readonly container: { readonly name: string; readonly image: string };
  /** Lambda's, as far as it is known. */
  readonly id: string;
  readonly provisioned?: string | undefined;
  readonly hourlyUsd?: number | undefined;
}

export function pictureOf(subject: Subject, progress: Progress): TaskState {
  const { identity, nodeName, request, info } = subject;
  const requestId = progress.is === "ended" ? (progress.requestId ?? "") : "";
  const { pod, container } = request;
  const id = idOf(request.function.name, info.version, requestId);
  return taskOf({ identity, nodeName, pod, container, id, ...sizeOf(subject) }, progress);
}

export function sizeOf({ info, prices }: Pick<Subject, "info" | "prices">): Pick<Shown, "provisioned" | "hourlyUsd"> {
  return { provisioned: `${info.memory}MB`, hourlyUsd: hourlyUsd(info.memory, prices) };
}

export function taskOf(shown: Shown, progress: Progress): TaskState {
  const { identity, nodeName, pod, container, id, provisioned, hourlyUsd: usd } = shown;
  return {
    id,
    identity,
    podName: pod.name,
    podNamespace: pod.namespace,
    nodeName,
    version: 0,
    phase: phaseOf(progress),
    containers: [
      {
        name: container.name,
        kind: "main",
        instance: 0,
        image: container.image,
        containerID: containerIDOf(id),
        state: runState(progress),
      },
    ],
    podIPs: [],
    probedBy: "provider",
    ...(provisioned !== undefined && { provisioned }),
    ...(usd !== undefined && { hourlyUsd: usd }),
    ...(progress.is === "ended" && progress.final && { final: true }),
    ...(progress.warning !== undefined && { warning: progress.warning }),
  };
}

/** Is this one held call, of which nobody else will hear the answer? */
export function isHeldCall({ id, containers }: TaskState): boolean {
  const { execution, event } = partsOf(id);
  return execution === undefined && event === undefined && containers.some(({ state }) => state.is === "running");
}

function phaseOf(progress: Progress): TaskState["phase"] {
  switch (progress.is) {
    case "waiting":
      return progress.over === true ? "stopped" : "starting";
    case "running":
      return progress.stopping === true ? "stopping" : "running";
    case "ended":
      return "stopped";
  }
}

function runState(progress: Progress): RunState {
  switch (progress.is) {
    case "waiting":
      return { is: "waiting", reason: progress.reason, message: progress.message };
    case "running":
      return { is: "running", startedAt: progress.startedAt };
    case "ended":
      return progress.end;
  }
}

/** What Lambda reports of an end, in words: beside the function's own error, or alone. */
export function withReport(
  message: string | undefined,
  report: Report | undefined,
  prices: Subject["prices"],
): string | undefined {
  if (report === undefined) return message;
  const { duration, billed, memorySize, maxMemory } = report;
  const usd = invocationUsd(report, prices).toFixed(9);
  const told = `took ${duration} ms, billed ${billed} ms, at most ${maxMemory} of ${memorySize} MB, about $${usd}`;
  return message === undefined ? told : `${message} (${told})`;
}

/** The owner hears by an event that what was deleted may go on. */
export const mayStillRun = (message: string) => ({ reason: "InvocationMayStillRun", message }) as const;
