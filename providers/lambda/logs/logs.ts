import {
  asProviderError,
  type Clock,
  type ContainerRef,
  type Log,
  type LogRecord,
  type LogRequest,
  ProviderError,
  rfc3339Nano,
} from "../../../src/provider.ts";
import type { LogEvent } from "../../aws/cloudwatch-logs/client.ts";
import type { KnownFunctions } from "../functions/known-functions.ts";
import type { Invocations } from "../invoke/invocations.ts";
import type { Held } from "../invoke/invoke.ts";
import type { FunctionLogs } from "./group.ts";
import { type Trace, traceOf } from "./trace.ts";

export interface LogsOptions {
  readonly invocations: Pick<Invocations<Held>, "find">;
  readonly functions: Pick<KnownFunctions, "describe">;
  readonly logs: FunctionLogs;
  readonly clock: Clock;
  readonly log: Log;
}

/** How often a follower looks for news. */
const LOOK_MS = 2_000;
/** CloudWatch shows what was written some seconds later; past this nothing more comes. */
const LATE_MS = 30_000;

/**
 * As Provider.logs: everything that the function's log group has of this invocation, and at once after its end the last
 * 4 KB that Lambda has handed out with its answer, all with the time of the end. While a synchronous invocation is held, Lambda tells nothing of it, not even
 * its id: then it is found only where the function writes what burstlet has told it, as the handlers of deploy/lambda do.
 */
export async function* invocationLogs(
  options: LogsOptions,
  { task, instance }: ContainerRef,
  want: LogRequest,
  signal: AbortSignal,
): AsyncGenerator<readonly LogRecord[]> {
  if (instance !== 0) return;
  const found = (): Trace | undefined => traceOf(task, options.invocations.find(task.identity), want.ran);
  const trace = found();
  if (trace === undefined) throw nothingKnown;
  // All of it came with the answer. When each line was written CloudWatch alone tells, once it has them.
  if (trace.isWhole && options.clock.now() - (trace.finishedAt ?? 0) < LATE_MS)
    return yield* lastOf(recordsOf(trace.tail, trace, options.clock), want.tailLines);
  const reader = new Reader(options, found, signal);
  const records = reader.read(want.follow);
  yield* want.tailLines === undefined || want.follow ? records : lastOfAll(records, want.tailLines);
  if (reader.isEmpty && !signal.aborted) yield* afterNothing(found() ?? trace, options, want, reader.trouble);
}

const nothingKnown = new ProviderError(
  "notFound",
  "LambdaLogUnknown",
  "burstlet has been started anew since, and does not know which function this was: its log group has the log",
);

/** The group has nothing of it (yet). */
function* afterNothing(
  trace: Trace,
  { clock }: Pick<LogsOptions, "clock">,
  { tailLines }: LogRequest,
  trouble: ProviderError | undefined,
): Generator<readonly LogRecord[]> {
  if (trace.tail !== "") return yield* lastOf(recordsOf(trace.tail, trace, clock), tailLines);
  if (trouble !== undefined) throw trouble;
  if (trace.hasEnded) return;
  throw new ProviderError(
    "conflict",
    "LambdaLogLater",
    "Lambda hands out the log of an invocation when it has ended, and the function's log group has no line yet with what burstlet has told it: ask again later, or follow (-f)",
  );
}

/** Reads one invocation, or all those of one execution, from the function's log group. */
class Reader {
  readonly #options: LogsOptions;
  readonly #find: () => Trace | undefined;
  readonly #signal: AbortSignal;
  readonly #sections = new Map<string, ReturnType<FunctionLogs["section"]>>();
  isEmpty = true;
  trouble: ProviderError | undefined;

  constructor(options: LogsOptions, find: () => Trace | undefined, signal: AbortSignal) {
    this.#options = options;
    this.#find = find;
    this.#signal = signal;
  }

  async *read(follow: boolean): AsyncGenerator<readonly LogRecord[]> {
    const { clock, log } = this.#options;
    let endedAt: number | undefined;
    for (;;) {
      const trace = this.#find();
      if (trace === undefined || this.#signal.aborted) return;
      if (trace.hasEnded) endedAt ??= clock.monotonic();
      try {
        yield* this.#look(trace);
      } catch (error) {
        if (this.#signal.aborted) return;
        this.trouble = asProviderError(error);
        const { reason, message } = this.trouble;
        log.warn("a function's log cannot be read", { reason, message });
        return;
      }
      if (!follow || this.#isDone(trace, endedAt)) return;
      await clock.sleep(LOOK_MS, this.#signal).catch(() => undefined);
    }
  }

  #isDone(trace: Trace, endedAt: number | undefined): boolean {
    if (endedAt === undefined) return false;
    const all = [...this.#sections.values()];
    if (trace.isToldByLog && all.length > 0) return true;
    if (all.length > 0 && !trace.isMany && all.every((one) => one.isOver())) return true;
    // What has the tail need not wait for more than the tail.
    if (all.length === 0 && trace.tail !== "") return true;
    return this.#options.clock.monotonic() - endedAt >= LATE_MS;
  }

  async *#look(trace: Trace): AsyncGenerator<readonly LogRecord[]> {
    const { functions, logs } = this.#options;
    const { logGroup } = await functions.describe(trace.function);
    if (this.#sections.size === 0 || trace.isMany)
      for (const event of await logs.find(logGroup, trace.texts, trace, this.#signal))
        if (!this.#sections.has(event.stream))
          this.#sections.set(event.stream, logs.section(logGroup, event, trace, this.#signal));
    for (const section of this.#sections.values()) {
      for await (const events of section.lines) {
        this.isEmpty = false;
        yield events.map(recordOf);
      }
      section.again();
    }
  }
}

async function* lastOfAll(
  batches: AsyncGenerator<readonly LogRecord[]>,
  lines: number,
): AsyncGenerator<readonly LogRecord[]> {
  let last: LogRecord[] = [];
  for await (const batch of batches) last = [...last, ...batch].slice(-lines || Infinity);
  if (lines > 0 && last.length > 0) yield last;
}

function* lastOf(records: readonly LogRecord[], lines: number | undefined): Generator<readonly LogRecord[]> {
  const wanted = lines === undefined ? records : records.slice(Math.max(0, records.length - lines));
  if (wanted.length > 0) yield wanted;
}

function recordsOf(tail: string, { finishedAt }: Trace, clock: Clock): readonly LogRecord[] {
  const timestamp = finishedAt ?? clock.now();
  const lines = tail.split("\n");
  return (lines.at(-1) === "" ? lines.slice(0, -1) : lines).map((message) => recordOf({ timestamp, message }));
}

function recordOf({ timestamp, message }: Pick<LogEvent, "timestamp" | "message">): LogRecord {
  const text = message.endsWith("\n") ? message.slice(0, -1) : message;
  return { time: rfc3339Nano(timestamp), stream: "stdout", bytes: Buffer.from(text), partial: false };
}
