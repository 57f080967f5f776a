import { ApiError } from "../../server/service.ts";
import type { LambdaGround } from "../account.ts";
import { invocationIdOf } from "../ledger-entries.ts";
import type { FoundFunction } from "../functions.ts";
import { executionArn, functionArn } from "../names.ts";
import { type Execution, type ExecutionEnd, note, noteEnd } from "./execution.ts";

/** What starts one. */
export interface Wish {
  readonly found: FoundFunction;
  /** Unique in account and region (documentation of durable invocations). */
  readonly name: string;
  readonly payload: string;
}

/** Every durable execution that is known. */
export interface Executions {
  readonly all: Iterable<Execution>;
  /** The one of this name, or a new one. Throws DurableExecutionAlreadyStartedException where the payload is another. */
  begin(wish: Wish): { readonly execution: Execution; readonly isNew: boolean };
  /** Throws ResourceNotFoundException. */
  find(arn: string): Execution;
  /** False: it had ended before. */
  finish(execution: Execution, end: ExecutionEnd): boolean;
  /** Aborted when it has ended. */
  over(execution: Execution): AbortSignal;
}

const dayMs = 86_400_000;

export function createExecutions(ground: LambdaGround): Executions {
  const { clock } = ground;
  const byArn = new Map<string, Execution>();
  const byName = new Map<string, Execution>();
  const ends = new WeakMap<Execution, AbortController>();
  const over = (execution: Execution): AbortController => {
    const control = ends.get(execution) ?? new AbortController();
    ends.set(execution, control);
    return control;
  };

  const finish: Executions["finish"] = (execution, end) => {
    if (execution.end !== undefined) return false;
    execution.end = end;
    execution.endedAt = clock.now();
    noteEnd(execution, end, execution.endedAt);
    over(execution).abort();
    const { retentionDays = 14 } = execution.found.version.durable ?? {};
    clock.after(retentionDays * dayMs, () => {
      byArn.delete(execution.arn);
      byName.delete(execution.name);
    });
    return true;
  };

  const begun = (wish: Wish): Execution => {
    const execution = newExecution(wish, ground);
    const { executionTimeout = 0 } = wish.found.version.durable ?? {};
    const ErrorMessage = `Execution timed out after ${executionTimeout} seconds`;
    const error = { ErrorType: "Durable.TimedOut", ErrorMessage };
    const cancel = clock.after(executionTimeout * 1000, () => finish(execution, { status: "TIMED_OUT", error }));
    over(execution).signal.addEventListener("abort", cancel, { once: true });
    byArn.set(execution.arn, execution);
    byName.set(wish.name, execution);
    return execution;
  };

  return {
    get all() {
      return byArn.values();
    },
    begin(wish) {
      const known = byName.get(wish.name);
      if (known === undefined) return { execution: begun(wish), isNew: true };
      if (known.payload === wish.payload) return { execution: known, isNew: false };
      throw new ApiError(
        "DurableExecutionAlreadyStartedException",
        `A durable execution of the name ${wish.name} has been started with another payload: ${known.arn}`,
        409,
      );
    },
    find(arn) {
      const execution = byArn.get(arn);
      if (execution !== undefined) return execution;
      throw new ApiError("ResourceNotFoundException", `Durable execution not found: ${arn}`, 404);
    },
    finish,
    over: (execution) => over(execution).signal,
  };
}

function newExecution({ found, name, payload }: Wish, { clock, scenario, newId }: LambdaGround): Execution {
  const { version } = found;
  const versionArn = functionArn(scenario.now, { name: version.name, qualifier: version.version });
  const execution: Execution = {
    arn: executionArn(versionArn, name, newId()),
    name,
    found,
    payload,
    invocationId: invocationIdOf(payload),
    startedAt: clock.now(),
    operations: new Map(),
    history: [],
    token: newId(),
    endedAt: undefined,
    end: undefined,
  };
  const Input = { Payload: payload, Truncated: false };
  const details = { Input, ExecutionTimeout: version.durable?.executionTimeout };
  note(execution, execution.startedAt, "ExecutionStarted", details);
  return execution;
}
