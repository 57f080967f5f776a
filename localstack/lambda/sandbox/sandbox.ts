import type { FunctionVersion } from "../functions.ts";

/** What a function is given. */
export interface Work {
  readonly requestId: string;
  /** JSON. */
  readonly payload: string;
  /** As the caller has named the function. */
  readonly functionArn: string;
  /** Decoded; of synchronous invocations only. */
  readonly clientContext: string | undefined;
}

/** How a function ended that was not cut off: payloads are JSON. */
export type WorkEnd =
  | { readonly is: "returned"; readonly payload: string }
  /** Told by its runtime, `{errorType, errorMessage}`. */
  | { readonly is: "error"; readonly payload: string }
  /** Its process is gone. `how`: `exit status 3`, `signal: killed`, or empty for status 0. */
  | { readonly is: "exited"; readonly how: string; readonly full: boolean };

/** What runs the code of one environment, one work at a time. */
export interface Sandbox {
  /** Resolves once the function can be given work, or with why it never can. */
  readonly loaded: Promise<Exclude<WorkEnd, { is: "returned" }> | undefined>;
  /** Never settles after `kill`. `timeout`: seconds after which it will be killed. */
  run(work: Work, timeout: number): Promise<WorkEnd>;
  /** MB, the most so far. */
  readonly maxMemory: number;
  /** Its process has ended, by whatever: it takes no more work. */
  readonly isGone: boolean;
  /** Between two works nothing of it runs. */
  freeze(): void;
  kill(): Promise<void>;
}

export interface SandboxOptions {
  readonly version: FunctionVersion;
  /** Name of its log stream. */
  readonly stream: string;
  /** Takes a line that the function has written. */
  readonly write: (line: string) => void;
}
