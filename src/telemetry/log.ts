import { pino } from "pino";

import type { Clock } from "../model/clock.ts";
import type { Log } from "../provider.ts";
import { systemClock } from "./clock.ts";
import { errorText, redacted } from "./redact.ts";
import { textLine } from "./text-line.ts";

/** What is given to rooms that want their own fields on every line. */
export interface FieldLog extends Log {
  /** A log that adds these fields to every line, e.g. `{ node: "burst-1" }`. */
  with(fields: object): FieldLog;
}

export interface LogOptions {
  /** `json`: one klog JSON object a line. `text`: for people. */
  readonly format: "json" | "text";
  /** As the kubelet's `-v`: 0 shows info and above, 4 and more shows debug lines too. */
  readonly verbosity: number;
  /** Takes whole lines, line end included. Default: stderr, written at once so that nothing is lost at exit. */
  readonly destination?: { write(line: string): void };
  readonly clock?: Pick<Clock, "now">;
}

export type Level = "debug" | "info" | "warn" | "error";

/** Kubernetes' logging conventions call V(4) the debug level. */
const debugVerbosity = 4;

type Sink = (level: Level, message: string, fields: Record<string, unknown>) => void;

/**
 * The log of the process. JSON lines carry klog's keys: `ts` (seconds since 1970, fraction), `v` (not on errors),
 * `msg`, `err` (text), objects as `"pod":{"namespace":…,"name":…}`; and `level`, because klog has no key for warnings.
 * Every field passes `redacted`.
 */
export function createLog(options: LogOptions): FieldLog {
  const destination = options.destination ?? pino.destination({ fd: 2, sync: true });
  const now = (options.clock ?? systemClock).now;
  const sink = options.format === "json" ? jsonSink(destination, now) : textSink(destination, now);
  return fieldLog(sink, options.verbosity >= debugVerbosity, {});
}

function fieldLog(sink: Sink, debugs: boolean, common: object): FieldLog {
  const say = (level: Level, message: string, fields: object | undefined): void =>
    sink(level, message, printable({ ...common, ...fields }));
  return {
    debug: (message, fields) => {
      if (debugs) say("debug", message, fields);
    },
    info: (message, fields) => say("info", message, fields),
    warn: (message, fields) => say("warn", message, fields),
    error: (message, fields) => say("error", message, fields),
    with: (fields) => fieldLog(sink, debugs, { ...common, ...fields }),
  };
}

function jsonSink(destination: { write(line: string): void }, now: () => number): Sink {
  const logger = pino(
    {
      level: "debug",
      messageKey: "msg",
      base: null,
      timestamp: () => `,"ts":${(now() / 1000).toFixed(3)}`,
      formatters: {
        level: (level) => (level === "error" ? { level } : { level, v: level === "debug" ? debugVerbosity : 0 }),
      },
    },
    destination,
  );
  return (level, message, fields) => logger[level](fields, message);
}

function textSink(destination: { write(line: string): void }, now: () => number): Sink {
  return (level, message, fields) => destination.write(textLine(now(), level, message, fields));
}

/** The keys that klog fixes come first as it wants them; a pod is named, never dumped. */
function printable(fields: object): Record<string, unknown> {
  const shown = redacted(fields) as Record<string, unknown>;
  const given = fields as { err?: unknown; pod?: unknown };
  if (given.err !== undefined) shown["err"] = errorText(given.err);
  if (given.pod !== undefined) shown["pod"] = podName(given.pod);
  // These would stand twice in the object, and parsers disagree on which one counts.
  for (const key of ["ts", "v", "msg", "level"]) {
    if (key in shown) {
      shown[`${key}_`] = shown[key];
      delete shown[key];
    }
  }
  return shown;
}

function podName(pod: unknown): unknown {
  if (typeof pod !== "object" || pod === null) return redacted(pod);
  const named = ("metadata" in pod && pod.metadata !== null ? pod.metadata : pod) as Record<string, unknown>;
  return { namespace: named["namespace"], name: named["name"] };
}
