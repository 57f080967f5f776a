/** Single lines → the runs of one event, of which there may be several: Lambda delivers at least once. Pure. */
import type { Terminated } from "../../../src/provider.ts";
import { endOfError } from "../outcome/ended.ts";
import type { Report } from "../outcome/report-line.ts";
import type { Fact, Told } from "./facts.ts";

/** A line of the log of one environment. */
export type Seen = Fact & {
  /** Of one environment, which runs one invocation at a time. */
  readonly stream: string;
  /** When it was written, by Lambda's clock. Milliseconds since 1970. */
  readonly at: number;
};

export interface Delivery {
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly report: Report | undefined;
  /** Of one that surely has succeeded or failed. */
  readonly end: Pick<Terminated, "exitCode" | "signal" | "reason" | "message"> | undefined;
  readonly finishedAt: number | undefined;
}

interface Open {
  startedAt: number;
  lastAt: number;
  isBegun: boolean;
  told?: { readonly error: Told | undefined };
  failure?: Told;
  report?: Report;
}

/** Of lines of the same millisecond: CloudWatch promises no order. */
const ranks = { start: 0, begun: 1, end: 2, failure: 3, report: 4 } as const;

/** Oldest first. */
export function deliveriesOf(seen: readonly Seen[]): readonly Delivery[] {
  const streams = Map.groupBy(seen, ({ stream }) => stream);
  return [...streams.values()]
    .flatMap((lines) => runsIn(lines.toSorted((a, b) => a.at - b.at || ranks[a.is] - ranks[b.is])))
    .map(deliveryOf)
    .toSorted((a, b) => a.startedAt - b.startedAt);
}

function runsIn(lines: readonly Seen[]): readonly Open[] {
  const runs: Open[] = [];
  let open: Open | undefined;
  const current = (at: number): Open => {
    if (open === undefined) runs.push((open = { startedAt: at, lastAt: at, isBegun: false }));
    open.lastAt = at;
    return open;
  };
  for (const line of lines) {
    switch (line.is) {
      case "start":
        open = undefined;
        current(line.at);
        break;
      case "begun":
        if (open?.isBegun === true) open = undefined;
        current(line.at).isBegun = true;
        break;
      case "end": {
        // Its way is not that of Lambda's own lines, which may be faster.
        const before = runs.at(-1);
        const isOfBefore = open === undefined && before?.isBegun === true && before.told === undefined;
        (isOfBefore ? before : current(line.at)).told ??= { error: line.error };
        break;
      }
      case "failure": {
        // Some logs have it before the REPORT, some behind (both from memory).
        const run = open ?? runs.at(-1) ?? current(line.at);
        run.failure ??= line.error;
        break;
      }
      case "report":
        current(line.at).report = line.report;
        open = undefined;
    }
  }
  return runs;
}

function deliveryOf({ startedAt, lastAt, told, failure, report }: Open): Delivery {
  const error = told === undefined ? (failure ?? failureIn(report)) : told.error;
  const hasEnded = error !== undefined || told !== undefined;
  return {
    startedAt,
    report,
    end: hasEnded ? endOf(error, report) : undefined,
    finishedAt: hasEnded || report !== undefined ? lastAt : undefined,
  };
}

function endOf(error: Told | undefined, report: Report | undefined): NonNullable<Delivery["end"]> {
  if (error === undefined) return { exitCode: 0, reason: "Completed" };
  // What the report calls it says more than that the process has ended.
  const type = error.type === "Runtime.ExitError" ? (report?.errorType ?? error.type) : error.type;
  return endOfError({ type, text: error.text }, report);
}

/** A report that tells no status proves nothing: older logs have none of failed invocations either. */
function failureIn(report: Report | undefined): Told | undefined {
  const { status, errorType = "" } = report ?? {};
  if (status === "timeout") return { type: "Sandbox.Timedout", text: "Lambda reports a timeout" };
  if (status !== "error" && status !== "failure") return undefined;
  return { type: errorType, text: `Lambda reports the status ${status}` };
}
