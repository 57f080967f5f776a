/** A command in a session as the streams of a process. */
import { Readable, Writable } from "node:stream";
import { type Clock, type ProcessStream, ProviderError } from "../../../src/provider.ts";
import type { ChannelEvent } from "../../aws/ssm-session/channel.ts";
import { payloadTypes } from "../../aws/ssm-session/message.ts";
import { createTypedInput } from "../../shell/input.ts";
import type { MarkedEvent } from "../../shell/output.ts";
import type { Ending, Reading } from "./reading.ts";
import type { Gone, Heard } from "./start.ts";
import type { Way } from "./ways.ts";

export interface SessionProcessParts {
  readonly heard: Heard;
  readonly way: Way;
  readonly reading: Reading;
  readonly clock: Clock;
  readonly tty: boolean;
  /** Ends what runs in the session. */
  readonly terminate: (sessionId: string) => Promise<void>;
}

export type Started =
  | { readonly is: "running"; readonly process: ProcessStream }
  | { readonly is: "no shell" }
  | { readonly is: "failed"; readonly error: ProviderError };

/** A command that has ended gets so long to say goodbye, and one that is interrupted to end. */
const LAST_MS = 2_000;
/** What has no shell around it does not say that it has begun. */
const SILENT_START_MS = 2_000;
const INTERRUPT = Buffer.of(3);

/** Resolves when the command has begun, or when it is known that it will not. `patience`: milliseconds for that. */
export async function startProcess(
  parts: SessionProcessParts,
  patience: number,
  signal: AbortSignal,
): Promise<Started> {
  const running = new SessionProcess(parts, signal);
  const cancel = parts.clock.after(patience, () => running.tooLate(patience));
  const silent =
    parts.way.reading === "plain" ? parts.clock.after(SILENT_START_MS, () => running.begun()) : () => undefined;
  try {
    return await running.started;
  } finally {
    cancel();
    silent();
  }
}

class SessionProcess {
  readonly #parts: SessionProcessParts;
  readonly #started = Promise.withResolvers<Started>();
  readonly #exit = Promise.withResolvers<{ code: number }>();
  readonly #closed = Promise.withResolvers<void>();
  readonly #typed = createTypedInput();
  readonly #outputs: { readonly stdout: Readable; readonly stderr: Readable | undefined };
  readonly #stdin: Writable;
  readonly #full = new Set<Readable>();
  #isBegun = false;
  #over = false;

  constructor(parts: SessionProcessParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#exit.promise.catch(() => undefined);
    this.#outputs = { stdout: this.#output(), stderr: parts.tty ? undefined : this.#output() };
    this.#stdin = this.#input();
    const abort = (): void => void this.#abort(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    void this.#closed.promise.then(() => signal.removeEventListener("abort", abort));
    parts.heard.listen((event) => this.#hear(event));
    if (signal.aborted) abort();
  }

  get started(): Promise<Started> {
    return this.#started.promise;
  }

  begun(): void {
    if (this.#isBegun || this.#over) return;
    this.#isBegun = true;
    const { stdout, stderr } = this.#outputs;
    const resize = (columns: number, rows: number): void => {
      if (!this.#parts.tty || this.#over) return;
      const size = Buffer.from(JSON.stringify({ cols: columns, rows }));
      void this.#parts.heard.session.write(payloadTypes.size, size);
    };
    const process = { stdin: this.#stdin, stdout, stderr, resize, exit: this.#exit.promise };
    this.#started.resolve({ is: "running", process });
  }

  tooLate(ms: number): void {
    const sentence = `the agent of ECS Exec has connected, but has said nothing for ${ms / 1_000} s`;
    this.#fail(new ProviderError("transient", "AgentSilent", sentence));
    this.#leave();
  }

  #hear(event: ChannelEvent | Gone): void {
    if (this.#over && event.is !== "gone" && event.is !== "closed") return;
    switch (event.is) {
      case "started":
        if (this.#parts.way.reading === "plain") this.begun();
        return;
      case "data":
        for (const one of this.#parts.reading.take(event.type, event.bytes)) this.#take(one);
        return;
      case "refused":
        this.#fail(new ProviderError("denied", "SessionRefused", event.sentence));
        return this.#leave();
      case "closed":
        this.#closed.resolve();
        this.#end(this.#parts.reading.end(event.output));
        return this.#parts.heard.session.close();
      case "gone": {
        this.#closed.resolve();
        const sentence = "the session has ended without a word of the agent";
        this.#fail(event.error ?? new ProviderError("unknown", "SessionLost", sentence));
      }
    }
  }

  #take(event: MarkedEvent): void {
    switch (event.is) {
      case "ready":
        return this.begun();
      case "stdout":
      case "stderr": {
        const stream = this.#outputs[event.is] ?? this.#outputs.stdout;
        if (stream.destroyed || stream.push(event.bytes)) return;
        this.#full.add(stream);
        return this.#parts.heard.session.pause();
      }
      case "missing": {
        const sentence = `the container has no ${event.program}, and without it ECS tells neither both outputs nor the exit code of a command`;
        this.#fail(new ProviderError("invalid", "ProgramMissing", sentence));
        return this.#leave();
      }
      case "exit":
        this.#end({ is: "code", code: event.code });
        // Who still waits for input on that terminal learns that none comes.
        if (this.#parts.way.reading === "records")
          void this.#parts.heard.session.write(payloadTypes.output, this.#typed.end);
        void this.#leaveSoon();
    }
  }

  #end(ending: Ending): void {
    switch (ending.is) {
      case "no shell":
        if (this.#isBegun) return this.#fail(new ProviderError("unknown", "ExitCodeUnknown", "the shell is gone"));
        this.#over = true;
        return this.#started.resolve({ is: "no shell" });
      case "trouble": {
        const reason = this.#isBegun ? "ExitCodeUnknown" : "CommandNotStarted";
        return this.#fail(new ProviderError("unknown", reason, ending.sentence));
      }
      case "code":
        if (this.#over) return;
        // A command may end before anybody knows that it has begun.
        this.begun();
        this.#over = true;
        this.#finishOutputs();
        this.#stdin.destroy();
        return this.#exit.resolve({ code: ending.code });
    }
  }

  #fail(error: ProviderError): void {
    if (this.#over) return;
    this.#over = true;
    this.#started.resolve({ is: "failed", error });
    this.#exit.reject(error);
    this.#finishOutputs();
    this.#stdin.destroy();
  }

  #finishOutputs(): void {
    for (const stream of [this.#outputs.stdout, this.#outputs.stderr])
      if (stream?.destroyed === false) stream.push(null);
    this.#full.clear();
    this.#parts.heard.session.resume();
  }

  async #abort(reason: Error): Promise<void> {
    if (this.#over) return;
    this.#fail(new ProviderError("unknown", "Aborted", reason.message, { cause: reason }));
    // The shell around the command ends it with all that it has started; the agent by itself would end the shell alone.
    if (this.#parts.way.reading === "pipes") {
      void this.#parts.heard.session.write(payloadTypes.output, INTERRUPT);
      await this.#leaveSoon();
    } else this.#leave();
  }

  async #leaveSoon(): Promise<void> {
    const cancelled = new AbortController();
    const late = this.#parts.clock.sleep(LAST_MS, cancelled.signal).then(
      () => true,
      () => false,
    );
    const isLate = await Promise.race([late, this.#closed.promise.then(() => false)]);
    cancelled.abort();
    if (isLate) this.#leave();
  }

  /** The hang-up of a terminal ends what is on it. */
  #leave(): void {
    const { session } = this.#parts.heard;
    this.#parts.terminate(session.id).then(
      () => session.close(),
      () => session.close(),
    );
  }

  #output(): Readable {
    const stream: Readable = new Readable({
      read: () => {
        if (this.#full.delete(stream) && this.#full.size === 0) this.#parts.heard.session.resume();
      },
      destroy: (error, done) => {
        if (this.#full.delete(stream) && this.#full.size === 0) this.#parts.heard.session.resume();
        done(error);
      },
    });
    return stream;
  }

  #input(): Writable {
    const { heard, way, tty } = this.#parts;
    const send = async (bytes: Buffer): Promise<void> => {
      if (!this.#over && way.by === "terminal") await heard.session.write(payloadTypes.output, bytes);
    };
    const asTyped = (bytes: Buffer): Buffer => (way.reading === "records" ? this.#typed.type(bytes) : bytes);
    const passOn = async (bytes: Buffer, done: () => void): Promise<void> => {
      await send(bytes);
      done();
    };
    const end = tty || way.reading === "records" ? this.#typed.end : Buffer.alloc(0);
    return new Writable({
      write: (chunk: Buffer, _encoding, done) => void passOn(asTyped(chunk), done),
      final: (done) => void passOn(end, done),
    });
  }
}
