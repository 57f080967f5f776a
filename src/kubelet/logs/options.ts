import { rfc3339Nano } from "../../model/clock.ts";
import { logTime } from "./log-time.ts";

/** v1.PodLogOptions as far as a kubelet sees them. */
export interface LogOptions {
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  /** Records before this time are left out; form of LogRecord.time. */
  readonly since: string | undefined;
  /** 0 is not the same as unset: nothing of what is there now. */
  readonly tailLines: number | undefined;
  readonly limitBytes: number | undefined;
  readonly stream: "All" | "Stdout" | "Stderr";
}

export type ParsedLogOptions =
  | { readonly options: LogOptions; readonly problems?: undefined }
  | { readonly status: 400 | 422; readonly problems: readonly string[] };

const streams = ["All", "Stdout", "Stderr"] as const;

/**
 * Reads the query of /containerLogs. 400: it cannot be understood; 422: it is understood and not allowed, in the words
 * of k8s.io/kubernetes pkg/apis/core/v1/validation. `now`: milliseconds since 1970, for `sinceSeconds`.
 */
export function parseLogOptions(query: URLSearchParams, now: number): ParsedLogOptions {
  const unread: string[] = [];
  const integer = (name: string, text: string | null): number | undefined => {
    if (text === null) return undefined;
    const value = Number(text);
    if (/^[+-]?\d+$/.test(text) && Number.isSafeInteger(value)) return value;
    unread.push(`${name}: ${JSON.stringify(text)} is not an integer`);
    return undefined;
  };
  // Older clients say `tail`, and `tail=all` where they want no limit.
  const tail = query.get("tail") || query.get("tailLines");
  const tailLines = integer("tailLines", query.get("tail") === "all" ? null : tail);
  const limitBytes = integer("limitBytes", query.get("limitBytes"));
  const sinceSeconds = integer("sinceSeconds", query.get("sinceSeconds"));
  const timeText = query.get("sinceTime");
  // `null` comes from clients that print an unset metav1.Time as JSON.
  const givesTime = timeText !== null && timeText !== "" && timeText !== "null";
  const sinceTime = givesTime ? logTime(timeText) : undefined;
  if (givesTime && sinceTime === undefined) {
    unread.push(`sinceTime: ${JSON.stringify(timeText)} is not an RFC 3339 time`);
  }
  if (unread.length > 0) return { status: 400, problems: unread };

  const streamText = query.get("stream") ?? "All";
  const stream = streams.find((name) => name === streamText);
  const problems = problemsOf({ tailLines, limitBytes, sinceSeconds, sinceTime, streamText });
  if (problems.length > 0 || stream === undefined) return { status: 422, problems };
  const since = sinceSeconds === undefined ? sinceTime : rfc3339Nano(Math.max(now - sinceSeconds * 1000, 0));
  return {
    options: {
      follow: flag(query.get("follow")),
      previous: flag(query.get("previous")),
      timestamps: flag(query.get("timestamps")),
      since,
      tailLines,
      limitBytes,
      stream,
    },
  };
}

function problemsOf(given: {
  tailLines: number | undefined;
  limitBytes: number | undefined;
  sinceSeconds: number | undefined;
  sinceTime: string | undefined;
  streamText: string;
}): string[] {
  const problems: string[] = [];
  if (given.tailLines !== undefined && given.tailLines < 0) {
    problems.push(`tailLines: Invalid value: ${given.tailLines}: must be greater than or equal to 0`);
  }
  if (given.limitBytes !== undefined && given.limitBytes < 1) {
    problems.push(`limitBytes: Invalid value: ${given.limitBytes}: must be greater than 0`);
  }
  if (given.sinceSeconds !== undefined && given.sinceTime !== undefined) {
    problems.push("Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified");
  } else if (given.sinceSeconds !== undefined && given.sinceSeconds < 1) {
    problems.push(`sinceSeconds: Invalid value: ${given.sinceSeconds}: must be greater than 0`);
  }
  if (!streams.some((name) => name === given.streamText)) {
    const supported = streams.map((name) => `"${name}"`).join(", ");
    problems.push(`stream: Unsupported value: ${JSON.stringify(given.streamText)}: supported values: ${supported}`);
  }
  if (given.streamText !== "All" && given.tailLines !== undefined) {
    problems.push("Forbidden: `tailLines` and specific `stream` are mutually exclusive for now");
  }
  return problems;
}

/** As Kubernetes decodes a boolean parameter: present means true, unless it says false. */
function flag(text: string | null): boolean {
  return text !== null && text.toLowerCase() !== "false" && text !== "0";
}
