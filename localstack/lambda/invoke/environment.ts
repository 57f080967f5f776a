import type { LambdaGround } from "../account.ts";
import type { FunctionVersion } from "../functions.ts";
import { isoTime } from "../names.ts";
import type { Sandbox, SandboxOptions, Work, WorkEnd } from "../sandbox/sandbox.ts";
import { type Failure, failureOf, timeoutOf } from "./failure.ts";
import { endLines, startLine } from "./report.ts";
import { createTail } from "./tail.ts";

/** One run of a function. */
export interface Order extends Work {
  readonly invocationId: string | undefined;
  /** 1 for the first run of an accepted call. */
  readonly delivery: number;
  readonly durableExecutionArn: string | undefined;
  /** Aborted: it is ended at once, by nobody's will but that of the stand-in. */
  readonly cut?: AbortSignal | undefined;
}

export interface Ran {
  readonly outcome: "returned" | "error" | "exited" | "timeout" | "cut";
  /** As Invoke answers it. */
  readonly functionError: "Unhandled" | undefined;
  readonly payload: string;
  /** The last 4 KB of its log. */
  readonly tail: string;
}

/** A function that takes longer to load than this does so at the expense of its timeout (documentation of the lifecycle). */
const mostLoading = 10_000;

/** One environment: a sandbox with the log stream that is its own, for one invocation after the other. */
export class Environment {
  readonly version: FunctionVersion;
  /** `2026/11/26/[$LATEST]0123…`. */
  readonly stream: string;
  #isOver = false;
  readonly #ground: LambdaGround;
  readonly #sandbox: Sandbox;
  readonly #write: (time: number, text: string) => void;
  readonly #bornAt: number;
  #tail = createTail();
  #runs = 0;

  constructor(version: FunctionVersion, ground: LambdaGround, open: (options: SandboxOptions) => Sandbox) {
    this.version = version;
    this.#ground = ground;
    this.#bornAt = ground.clock.monotonic();
    const day = isoTime(ground.clock.now()).slice(0, 10).replaceAll("-", "/");
    this.stream = `${day}/[${version.version}]${ground.newId()}`;
    ground.logs.createGroup(version.logGroup);
    this.#write = ground.logs.writer(version.logGroup, this.stream);
    this.#sandbox = open({ version, stream: this.stream, write: (line) => this.#print(line) });
  }

  /** Never to be used again: its process is gone. */
  get isOver(): boolean {
    return this.#isOver || this.#sandbox.isGone;
  }

  get isCold(): boolean {
    return this.#runs === 0;
  }

  /** Never rejects. */
  async run(order: Order): Promise<Ran> {
    const { clock } = this.#ground;
    this.#runs++;
    this.#tail = createTail();
    const unloaded = this.#runs === 1 ? await this.#loaded() : { init: undefined, end: undefined };
    this.#print(startLine(this.version, order.requestId, clock.now()));
    const startedAt = clock.monotonic();
    const end = unloaded.end ?? (await this.#worked(order));
    if (end === "timeout" || end === "cut" || end.is === "exited" || end === unloaded.end) this.#isOver = true;
    const duration = clock.monotonic() - startedAt;
    return this.#told(order, end, { duration, init: unloaded.init });
  }

  freeze(): void {
    this.#sandbox.freeze();
  }

  async close(): Promise<void> {
    this.#isOver = true;
    await this.#sandbox.kill();
  }

  /** Waits for the function to be loaded, ten seconds at most. */
  async #loaded(): Promise<{ readonly init: number; readonly end: WorkEnd | undefined }> {
    const { clock } = this.#ground;
    const late = Promise.withResolvers<undefined>();
    const cancel = clock.after(mostLoading - (clock.monotonic() - this.#bornAt), () => late.resolve(undefined));
    const end = await Promise.race([this.#sandbox.loaded, late.promise]);
    cancel();
    return { init: clock.monotonic() - this.#bornAt, end };
  }

  async #worked(order: Order): Promise<WorkEnd | "timeout" | "cut"> {
    const { clock } = this.#ground;
    const over = Promise.withResolvers<"timeout" | "cut">();
    const cancel = clock.after(this.version.timeout * 1000, () => over.resolve("timeout"));
    const cut = (): void => over.resolve("cut");
    order.cut?.addEventListener("abort", cut, { once: true });
    const work = this.#sandbox.loaded.then(
      async (trouble) => trouble ?? this.#sandbox.run(order, this.version.timeout),
    );
    try {
      const end = order.cut?.aborted === true ? "cut" : await Promise.race([work, over.promise]);
      if (end === "timeout" || end === "cut") await this.#sandbox.kill();
      return end;
    } finally {
      cancel();
      order.cut?.removeEventListener("abort", cut);
    }
  }

  #told(
    { requestId }: Order,
    end: WorkEnd | "timeout" | "cut",
    times: { readonly duration: number; readonly init: number | undefined },
  ): Ran {
    const { clock } = this.#ground;
    const now = clock.now();
    const failure = this.#failure(end, requestId, now);
    for (const line of failure?.lines ?? []) this.#print(line);
    const reported = {
      requestId,
      ...times,
      duration: end === "timeout" ? this.version.timeout * 1000 : times.duration,
      maxMemory: this.#maxMemory(end),
      status: failure === undefined ? "success" : end === "timeout" ? "timeout" : "error",
      errorType: failure === undefined || end === "timeout" ? undefined : failure.errorType,
    };
    for (const line of endLines(this.version, now, reported)) this.#print(line);
    const outcome = typeof end === "string" ? end : end.is;
    return {
      outcome: failure !== undefined && outcome === "returned" ? "error" : outcome,
      functionError: failure === undefined ? undefined : "Unhandled",
      payload: failure?.payload ?? (typeof end === "object" && end.is === "returned" ? end.payload : "null"),
      tail: this.#tail.text(),
    };
  }

  #failure(end: WorkEnd | "timeout" | "cut", requestId: string, now: number): Failure | undefined {
    const { switches } = this.#ground.scenario.now;
    if (end === "timeout") return timeoutOf(requestId, this.version.timeout, now, switches);
    if (end === "cut") return failureOf({ is: "exited", how: "signal: killed", full: false }, requestId, switches);
    return failureOf(end, requestId, switches);
  }

  #maxMemory(end: WorkEnd | "timeout" | "cut"): number {
    if (typeof end === "object" && end.is === "exited" && end.full) return this.version.memory;
    return Math.min(Math.ceil(this.#sandbox.maxMemory), this.version.memory);
  }

  #print(line: string): void {
    this.#write(this.#ground.clock.now(), line);
    this.#tail.add(line);
  }
}
