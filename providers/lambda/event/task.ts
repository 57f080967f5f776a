import type { Clock, TaskIdentity } from "../../../src/provider.ts";
import type { FunctionInfo } from "../functions/function-info.ts";
import { createGrace, type Grace } from "../invoke/grace.ts";
import type { Invocations } from "../invoke/invocations.ts";
import type { Held } from "../invoke/invoke.ts";
import { mayStillRun, type Progress, type Shown, type Subject, taskOf, withReport } from "../invoke/picture.ts";
import { eventIdOf } from "../invoke/task-id.ts";
import { markOf } from "../logs/trace.ts";
import { unknownCode, unknownReason } from "../outcome/unknown.ts";
import type { FunctionName } from "../request.ts";
import { deliveriesOf, type Seen } from "./deliveries.ts";
import { type EventConfig, type Verdict, verdictOf } from "./verdict.ts";

export interface TaskOptions {
  readonly invocations: Invocations<Held>;
  readonly clock: Clock;
}

/** What was sent, or may have been. */
export interface Sent extends Omit<Shown, "id"> {
  /** As the pod has named it, and its version. */
  readonly function: FunctionName & { readonly version: string };
  /** Of the answer; `undefined`: nobody has heard it. */
  readonly requestId: string | undefined;
  /** It was accepted between the two. Milliseconds since 1970. */
  readonly notBefore: number;
  readonly acceptedAt: number;
  readonly info: Pick<FunctionInfo, "timeout" | "logGroup">;
  readonly prices: Subject["prices"];
  readonly config: EventConfig;
}

/** So long lines are waited for of what may never have been sent: a cold start, and CloudWatch's delay. */
const DOUBT_MS = 300_000;
/** Whoever has just begun to know of it has to have searched first. */
const SEARCHED_MS = 30_000;

/** One event, as the log of its function tells of it. */
export class EventTask implements Held {
  readonly sent: Sent;
  readonly tail = undefined;
  readonly #options: TaskOptions;
  readonly #seen = new Map<string, Seen>();
  readonly #requestIds = new Set<string>();
  readonly #isAccepted: boolean;
  /** Monotonic milliseconds. */
  readonly knownSince: number;
  #newsAt: number;
  #verdict: Verdict = { is: "queued" };
  #isStopping = false;
  readonly #grace: Grace;
  #isCutOff = false;
  #last = "";

  /** Tells nothing yet. */
  constructor(sent: Sent, isAccepted: boolean, options: TaskOptions) {
    this.sent = sent;
    this.#options = options;
    const { clock } = options;
    this.knownSince = this.#newsAt = clock.monotonic();
    this.#grace = createGrace(clock, () => this.#cutOff());
    this.#isAccepted = isAccepted;
    if (sent.requestId !== undefined) this.#requestIds.add(sent.requestId);
  }

  get identity(): TaskIdentity {
    return this.sent.identity;
  }

  get hasEnded(): boolean {
    return this.#isCutOff || this.#verdict.is === "ended";
  }

  /** Lambda's ids of its runs: that of the answer, and others that its lines have. */
  get requestIds(): ReadonlySet<string> {
    return this.#requestIds;
  }

  /** What lines of it have. */
  get texts(): readonly string[] {
    return [...this.#requestIds, markOf(this.identity)];
  }

  claim(requestId: string): void {
    this.#requestIds.add(requestId);
  }

  /** A line of it. `id`: CloudWatch's, so that one that is found twice counts once. */
  add(id: string, seen: Seen): void {
    if (this.#seen.has(id)) return;
    this.#seen.set(id, seen);
    this.#newsAt = this.#options.clock.monotonic();
  }

  /** From all lines that there are by now. */
  judged(): Verdict {
    const { clock } = this.#options;
    const { acceptedAt, config, info } = this.sent;
    return verdictOf(deliveriesOf([...this.#seen.values()]), config, {
      acceptedAt,
      now: clock.now(),
      timeout: info.timeout * 1_000,
      quiet: clock.monotonic() - this.#newsAt,
      isGivenUp: !this.#isAccepted && clock.now() - acceptedAt >= DOUBT_MS && this.#knownFor() >= SEARCHED_MS,
    });
  }

  #knownFor(): number {
    return this.#options.clock.monotonic() - this.knownSince;
  }

  /** Begins to tell of what was just sent: by a first picture without the warning, which is news then. */
  begin(): void {
    this.#tell({ is: "waiting", reason: "ContainerCreating" });
    this.#show();
  }

  tell(verdict: Verdict): void {
    if (this.hasEnded) return;
    this.#verdict = verdict;
    if (this.hasEnded) this.#grace.cancel();
    this.#show();
  }

  stop(graceSeconds: number): void {
    if (this.hasEnded) return;
    this.#isStopping = true;
    this.#show();
    this.#grace.shorten(graceSeconds);
  }

  /** Nobody waits for it any more. */
  #cutOff(): void {
    if (this.hasEnded) return;
    this.#isCutOff = true;
    const { timeout } = this.sent.info;
    const message = `the pod's grace is over, and an event cannot be taken back: the function may run on to its timeout of ${timeout} seconds, or be run yet`;
    const startedAt = this.#verdict.is === "running" ? this.#verdict.startedAt : undefined;
    const times = { startedAt, finishedAt: this.#options.clock.now() };
    const end = { is: "terminated", exitCode: unknownCode, reason: unknownReason, message, ...times } as const;
    this.#tell({ is: "ended", end, final: true, warning: mayStillRun(message) });
  }

  #show(): void {
    const verdict = this.#verdict;
    const warning = atLeastOnce(this.sent.config);
    switch (verdict.is) {
      case "queued": {
        const message = this.sent.requestId === undefined ? doubtful : queued(this.sent.requestId);
        return this.#tell({ is: "waiting", reason: "LambdaQueued", message, warning });
      }
      case "running": {
        const stopping = this.#isStopping ? { stopping: true as const } : {};
        return this.#tell({ is: "running", startedAt: verdict.startedAt, ...stopping, warning });
      }
      case "ended": {
        const { end, delivery, final } = verdict;
        const message = withReport(end.message, delivery?.report, this.sent.prices);
        return this.#tell({ is: "ended", end: { ...end, message }, ...(final && { final }) });
      }
    }
  }

  #tell(progress: Progress): void {
    const { name, version } = this.sent.function;
    const [requestId = ""] = this.#requestIds;
    const state = taskOf({ ...this.sent, id: eventIdOf(name, version, requestId) }, progress);
    // Most looks at the log bring no news.
    const text = JSON.stringify(state);
    if (text === this.#last) return;
    this.#last = text;
    this.#options.invocations.put(state, this);
  }
}

const queued = (requestId: string): string =>
  `Lambda has it in its queue as ${requestId}, and the function's log has no line of it yet`;
const doubtful =
  "it may be in Lambda's queue, for nobody heard the answer: it is not sent again, and looked for in the function's log";

const atLeastOnce = ({ retries }: EventConfig) =>
  ({
    reason: "LambdaAtLeastOnce",
    message: `mode event: Lambda runs the function at least once for this pod, up to ${retries} times more where it fails, and perhaps twice although it succeeds; the first success counts`,
  }) as const;
