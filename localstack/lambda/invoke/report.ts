/** Lambda's own lines in the log of a function, and its words for what went wrong. Pure. */
import type { FunctionVersion } from "../functions.ts";
import { isoTime } from "../names.ts";

export interface Reported {
  readonly requestId: string;
  /** Milliseconds. */
  readonly duration: number;
  /** Of a cold start; `undefined`: the environment was warm. */
  readonly init: number | undefined;
  /** MB. */
  readonly maxMemory: number;
  /** `success`, `error` or `timeout`. */
  readonly status: string;
  readonly errorType: string | undefined;
}

type Of = Pick<FunctionVersion, "logFormat" | "version" | "memory">;

export function startLine({ logFormat, version }: Of, requestId: string, time: number): string {
  if (logFormat === "JSON") return record("platform.start", time, { requestId, version });
  return `START RequestId: ${requestId} Version: ${version}`;
}

export function endLines(version: Of, time: number, reported: Reported): readonly string[] {
  const { requestId, status } = reported;
  if (version.logFormat === "JSON")
    return [
      record("platform.runtimeDone", time, { requestId, status }),
      record("platform.report", time, jsonReport(version, reported)),
    ];
  return [`END RequestId: ${requestId}`, reportLine(version, reported)];
}

/** Milliseconds are billed from the start of loading (since August 2025, from memory), rounded up. */
const billedOf = ({ duration, init = 0 }: Reported): number => Math.ceil(duration + init);

/** Fields have a tab behind them; those of an error are as newer logs have them (from memory). */
function reportLine({ memory }: Of, reported: Reported): string {
  const { requestId, duration, init, maxMemory, status, errorType } = reported;
  const fields = [
    `REPORT RequestId: ${requestId}`,
    `Duration: ${duration.toFixed(2)} ms`,
    `Billed Duration: ${billedOf(reported)} ms`,
    `Memory Size: ${memory} MB`,
    `Max Memory Used: ${maxMemory} MB`,
    ...(init === undefined ? [] : [`Init Duration: ${init.toFixed(2)} ms`]),
    ...(status === "success" ? [] : [`Status: ${status}`]),
    ...(errorType === undefined ? [] : [`Error Type: ${errorType}`]),
  ];
  return `${fields.join("\t")}\t`;
}

function jsonReport({ memory }: Of, reported: Reported): object {
  const { requestId, duration, init, maxMemory, status, errorType } = reported;
  const metrics = {
    durationMs: Number(duration.toFixed(3)),
    billedDurationMs: billedOf(reported),
    memorySizeMB: memory,
    maxMemoryUsedMB: maxMemory,
    ...(init !== undefined && { initDurationMs: Number(init.toFixed(3)) }),
  };
  return { requestId, metrics, status, ...(errorType !== undefined && { errorType }) };
}

function record(type: string, time: number, content: object): string {
  return JSON.stringify({ time: isoTime(time), type, record: content });
}
