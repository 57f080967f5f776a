/** One invocation → TaskState. Pure. */
import type { RunState, TaskIdentity, TaskState, Terminated } from "../../../src/provider.ts";
import type { FunctionInfo } from "../functions/function-info.ts";
import { hourlyUsd, invocationUsd, type pricesOf } from "../outcome/prices.ts";
import type { Report } from "../outcome/report-line.ts";
import type { LambdaRequest } from "../request.ts";

export interface Subject {
  readonly identity: TaskIdentity;
  readonly nodeName: string;
  readonly request: Pick<LambdaRequest, "function" | "container" | "pod">;
  readonly info: FunctionInfo;
  readonly prices: ReturnType<typeof pricesOf>;
}

export type Progress =
  /** `over`: it will not be invoked any more. */
  | { readonly is: "waiting"; readonly reason: string; readonly message?: string; readonly over?: true }
  | { readonly is: "running"; readonly startedAt: number; readonly stopping?: true }
  | { readonly is: "ended"; readonly end: Terminated; readonly requestId?: string | undefined };

export function pictureOf(subject: Subject, progress: Progress): TaskState {
  const { identity, nodeName, request, info, prices } = subject;
  const requestId = progress.is === "ended" ? (progress.requestId ?? "") : "";
  return {
    id: idOf(request.function.name, info.version, requestId),
    identity,
    podName: request.pod.name,
    podNamespace: request.pod.namespace,
    nodeName,
    version: 0,
    phase: phaseOf(progress),
    containers: [
      {
        name: request.container.name,
        kind: "main",
        instance: 0,
        image: request.container.image,
        ...(requestId !== "" && { containerID: `lambda://${requestId}` }),
        state: runState(progress),
      },
    ],
    podIPs: [],
    probedBy: "provider",
    provisioned: `${info.memory}MB`,
    hourlyUsd: hourlyUsd(info.memory, prices),
  };
}

/** `name:version`, and Lambda's id of the invocation once it is known: by it people find its log. */
function idOf(name: string, version: string, requestId: string): string {
  return requestId === "" ? `${name}:${version}` : `${name}:${version}/${requestId}`;
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
