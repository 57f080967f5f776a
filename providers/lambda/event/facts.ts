/** What single lines of a function's log tell of an event: those of Lambda and of the handlers of deploy/lambda. Pure. */
import { type Report, reportIn } from "../outcome/report-line.ts";

/** An error as Invoke would have answered it. */
export interface Told {
  readonly type: string;
  readonly text: string;
}

export type Fact = {
  /** Lambda's id; `undefined`: the line has none. */
  readonly requestId: string | undefined;
} & (
  | { readonly is: "start" }
  /** The handler's first line. */
  | { readonly is: "begun"; readonly of: Attempt }
  /** The handler's last line; without an error: exit status 0. */
  | { readonly is: "end"; readonly of: Attempt; readonly error: Told | undefined }
  /** Lambda's own, of a run that has not returned. */
  | { readonly is: "failure"; readonly error: Told }
  | { readonly is: "report"; readonly report: Report }
);

interface Attempt {
  readonly podUid: string;
  readonly attempt: number;
}

/** Texts of which each line that tells something has one: a filter of CloudWatch. */
export const telling = [
  "burstlet: ",
  "START RequestId: ",
  "REPORT RequestId: ",
  "platform.start",
  "platform.report",
  "Task timed out after ",
  "Error: Runtime exited",
] as const;

const first = /burstlet: pod \S+ \(uid (\S+), attempt (\d+)\), invocation \S+, request ([\w-]+)/;
const last = /burstlet: end of pod \S+ \(uid (\S+), attempt (\d+)\), invocation \S+, request ([\w-]+): (.+)/;
const started = /^START RequestId: (\S+)/;
const timedOut = /(\S+) (Task timed out after [\d.]+ seconds)/;
/** Text of AWS's runtime interface emulator. */
const exited = /RequestId: (\S+) Error: (Runtime exited.*)/;

/** `undefined`: this line tells nothing. The formats of Lambda's own lines are those of the stand-in, see localstack/lambda. */
export function factIn(message: string): Fact | undefined {
  const object = message.startsWith("{") ? objectIn(message) : undefined;
  if (object?.type === "platform.start") return { is: "start", requestId: requestIdIn(object.record) };
  const report = reportIn(message);
  if (report !== undefined) return { is: "report", requestId: report.requestId, report };
  // What a runtime writes for the program in format JSON is in its member.
  const line = typeof object?.message === "string" ? object.message : message;
  const [, begunUid, begunAttempt, begunId] = first.exec(line) ?? [];
  if (begunUid !== undefined) return { is: "begun", requestId: begunId, of: attemptOf(begunUid, begunAttempt) };
  const [, endedUid, endedAttempt, endedId, words = ""] = last.exec(line) ?? [];
  if (endedUid !== undefined)
    return { is: "end", requestId: endedId, of: attemptOf(endedUid, endedAttempt), error: errorOf(words.trimEnd()) };
  const [, startedId] = started.exec(line) ?? [];
  if (startedId !== undefined) return { is: "start", requestId: startedId };
  const [, lateId, late] = timedOut.exec(line) ?? [];
  if (late !== undefined) return { is: "failure", requestId: lateId, error: { type: "Sandbox.Timedout", text: late } };
  const [, exitedId, how] = exited.exec(line) ?? [];
  if (how !== undefined) return { is: "failure", requestId: exitedId, error: { type: "Runtime.ExitError", text: how } };
  return undefined;
}

const attemptOf = (podUid: string, attempt: string | undefined): Attempt => ({ podUid, attempt: Number(attempt) });

/** `exit status 3`, `signal: killed`, or type and message of what the handler has thrown. */
function errorOf(words: string): Told | undefined {
  if (words === "exit status 0") return undefined;
  if (/^(exit status \d+|signal: .+)$/.test(words)) return { type: "BurstletExit", text: words };
  const [, type = "", text = words] = /^([\w.]+): (.*)$/.exec(words) ?? [];
  return { type, text };
}

function objectIn(text: string): { type?: unknown; record?: unknown; message?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function requestIdIn(record: unknown): string | undefined {
  const { requestId } = (record ?? {}) as { requestId?: unknown };
  return typeof requestId === "string" ? requestId : undefined;
}
