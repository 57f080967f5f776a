import type { Clock } from "../../../src/model/clock.ts";
import type { Script } from "../../scenario/functions.ts";

import type { Sandbox, SandboxOptions, Work, WorkEnd } from "./sandbox.ts";

/** Runs nothing: each work takes its time and ends as the script says, so that thousands cost nothing. */
export function scriptedSandbox(clock: Clock, { version, write }: SandboxOptions): Sandbox {
  const { script } = version;
  const loading = Promise.withResolvers<undefined>();
  const cancelLoading = clock.after(script.init * 1000, () => loading.resolve(undefined));
  let cancel = (): void => undefined;
  let maxMemory = 0;
  return {
    loaded: loading.promise,
    get maxMemory() {
      return maxMemory;
    },
    run(work) {
      const own = scriptOf(script, work);
      maxMemory = Math.max(maxMemory, own.end === "oom" ? version.memory : Math.min(own.memory, version.memory));
      const whose = own.marks ? whoseOf(work) : undefined;
      if (whose !== undefined) write(`burstlet: ${whose}`);
      for (const line of own.print) write(line);
      return new Promise((resolve) => {
        if (own.run === "forever") return;
        cancel = clock.after(own.run * 1000, () => {
          const end = endOf(own);
          if (whose !== undefined && end.is !== "exited") write(`burstlet: end of ${whose}: ${wordsOf(end)}`);
          resolve(durably(version, end));
        });
      });
    },
    isGone: false,
    freeze() {},
    async kill() {
      cancelLoading();
      cancel();
      return Promise.resolve();
    },
  };
}

/** As the handlers of deploy/lambda write it, from the payload. */
function whoseOf({ payload, requestId }: Work): string {
  const { burstlet = {} } = JSON.parse(payload) as { burstlet?: Readonly<Record<string, string | number>> };
  const { namespace, name, podUid, attempt, invocationId } = burstlet;
  return `pod ${namespace}/${name} (uid ${podUid}, attempt ${attempt}), invocation ${invocationId}, request ${requestId}`;
}

function wordsOf(end: Exclude<WorkEnd, { is: "exited" }>): string {
  if (end.is === "returned") return "exit status 0";
  const { errorType, errorMessage } = JSON.parse(end.payload) as { errorType: string; errorMessage: string };
  return errorType === "BurstletExit" ? errorMessage : `${errorType}: ${errorMessage}`;
}

/** A durable function speaks the protocol of durable executions. */
function durably({ durable }: SandboxOptions["version"], end: WorkEnd): WorkEnd {
  if (durable === undefined || end.is === "exited") return end;
  if (end.is === "returned")
    return { is: "returned", payload: JSON.stringify({ Status: "SUCCEEDED", Result: end.payload }) };
  const { errorType, errorMessage } = JSON.parse(end.payload) as { errorType: string; errorMessage: string };
  const Error = { ErrorType: errorType, ErrorMessage: errorMessage };
  return { is: "returned", payload: JSON.stringify({ Status: "FAILED", Error }) };
}

function endOf(script: Script): WorkEnd {
  switch (script.end) {
    case "return":
      return { is: "returned", payload: JSON.stringify(script.result) };
    case "error": {
      const { errorType, errorMessage } = script;
      return { is: "error", payload: JSON.stringify({ errorType, errorMessage }) };
    }
    case "exit":
      return { is: "exited", how: script.exit === 0 ? "" : `exit status ${script.exit}`, full: false };
    case "oom":
      return { is: "exited", how: "signal: killed", full: true };
  }
}

/** By variable in `env` of a payload, as burstlet sends it: what one pod wants otherwise. */
const variables: Readonly<Record<string, (value: string) => Partial<Script>>> = {
  SCRIPT_RUN: (value) => ({ run: value === "forever" ? value : Number(value) }),
  SCRIPT_END: (value) => ({ end: value as Script["end"] }),
  SCRIPT_EXIT: (value) => ({ end: "exit", exit: Number(value) }),
  SCRIPT_STATUS: (value) => ({ end: "error", errorType: "BurstletExit", errorMessage: `exit status ${value}` }),
  SCRIPT_ERROR: (value) => ({ end: "error", errorMessage: value }),
  SCRIPT_RESULT: (value) => ({ result: JSON.parse(value) as Script["result"] }),
  SCRIPT_PRINT: (value) => ({ print: value.split("\n") }),
};

function scriptOf(script: Script, { payload }: Work): Script {
  if (!payload.includes("SCRIPT_")) return script;
  return [...variablesIn(JSON.parse(payload))].reduce((sum, { name, value }) => {
    const change = variables[name];
    if (change === undefined) return sum;
    return { ...sum, ...change(value) };
  }, script);
}

function variablesIn(event: unknown): readonly { readonly name: string; readonly value: string }[] {
  const { env, InitialExecutionState: state } = (event ?? {}) as { env?: unknown; InitialExecutionState?: State };
  const input = state?.Operations[0]?.ExecutionDetails?.InputPayload;
  if (input !== undefined) return variablesIn(JSON.parse(input));
  return Array.isArray(env) ? (env as { name: string; value: string }[]) : [];
}

interface State {
  readonly Operations: readonly { readonly ExecutionDetails?: { readonly InputPayload?: string } }[];
}
