/** What Lambda itself reports of one invocation at the end of its log. Pure. */

export interface Report {
  readonly requestId: string;
  /** Milliseconds. */
  readonly duration: number;
  readonly billed: number;
  /** MB, as Lambda counts them. */
  readonly memorySize: number;
  readonly maxMemory: number;
  /** `success`, `error`, `failure`, `timeout`; `undefined`: it has none, as older logs have it of any end (from memory). */
  readonly status?: string | undefined;
  readonly errorType?: string | undefined;
}

const line =
  /REPORT RequestId: (\S+)\s+Duration: ([\d.]+) ms\s+Billed Duration: ([\d.]+) ms\s+Memory Size: (\d+) MB\s+Max Memory Used: (\d+) MB([^\n]*)/g;

/**
 * The last report in this text, which is the end of a log: a line in format Text, or a record `platform.report` in format
 * JSON (fields from AWS's description of the Telemetry API). `undefined`: it has none, or another log format.
 */
export function reportIn(text: string): Report | undefined {
  const [, requestId, d, b, m, u, rest = ""] = [...text.matchAll(line)].at(-1) ?? [];
  if (requestId !== undefined) {
    const [duration = 0, billed = 0, memorySize = 0, maxMemory = 0] = [d, b, m, u].map(Number);
    const [, status] = /\tStatus: (\S+)/.exec(rest) ?? [];
    const [, errorType] = /\tError Type: (\S+)/.exec(rest) ?? [];
    return { requestId, duration, billed, memorySize, maxMemory, ...wordsOf({ status, errorType }) };
  }
  return text
    .split("\n")
    .filter((one) => one.includes("platform.report"))
    .map(recordIn)
    .findLast((report) => report !== undefined);
}

function recordIn(text: string): Report | undefined {
  const { type, record } = objectIn(text) as {
    type?: unknown;
    record?: { requestId?: unknown; metrics?: unknown; status?: unknown; errorType?: unknown };
  };
  if (type !== "platform.report" || typeof record?.requestId !== "string") return undefined;
  const metrics = (record.metrics ?? {}) as Readonly<Record<string, unknown>>;
  const numbers = ["durationMs", "billedDurationMs", "memorySizeMB", "maxMemoryUsedMB"].map((key) =>
    Number(metrics[key]),
  );
  if (!numbers.every(Number.isFinite)) return undefined;
  const [duration = 0, billed = 0, memorySize = 0, maxMemory = 0] = numbers;
  return { requestId: record.requestId, duration, billed, memorySize, maxMemory, ...wordsOf(record) };
}

/** Where they are texts. */
function wordsOf({
  status,
  errorType,
}: {
  status?: unknown;
  errorType?: unknown;
}): Pick<Report, "status" | "errorType"> {
  return {
    ...(typeof status === "string" && { status }),
    ...(typeof errorType === "string" && { errorType }),
  };
}

function objectIn(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
