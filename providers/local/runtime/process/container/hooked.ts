/** A run with the lifecycle hooks of its container: what is asked of the run goes by way of them. */
import type { ContainerSpec } from "../../runtime.ts";
import { type HookWays, performHook } from "../../../../hooks/perform-hook.ts";
import type { Run } from "./run.ts";

export interface HookedRun extends Run {
  /** Whether its postStart hook has succeeded; absent where it has none. When it fails, the run is told to end. */
  readonly up?: Promise<boolean>;
  /** Its preStop hook begins, although its turn to end has not come. */
  prepareEnd(): void;
}

export interface HookContext {
  readonly ways: HookWays;
  /** What a run gets whose postStart hook has failed. */
  readonly graceSeconds: number;
  /** Told once for each hook that fails. */
  readonly failed: (hook: "postStart" | "preStop", why: string) => void;
}

/** What ends after its grace, because its hook took it, still gets this, as the kubelet gives it. */
const leastGraceSeconds = 2;

export function hookedRun(run: Run, { postStart, preStop }: ContainerSpec, context: HookContext): HookedRun {
  const { ways, failed, graceSeconds } = context;
  const gone = new AbortController();
  void run.ended.then(() => gone.abort(new Error("the container has ended")));
  const ending =
    preStop === undefined || !run.ran ? plainEnding(run) : hookedEnding(run, preStop, context, gone.signal);
  const up =
    postStart === undefined || !run.ran
      ? undefined
      : performHook(postStart, ways, gone.signal).then(
          () => true,
          (error: unknown) => {
            failed("postStart", wordsOf(error));
            ending.end(graceSeconds);
            return false;
          },
        );
  return { ...run, ...ending, ...(up !== undefined && { up }) };
}

type Ending = Pick<HookedRun, "end" | "kill" | "prepareEnd">;

function plainEnding({ end, kill }: Run): Ending {
  return { end, kill, prepareEnd: () => undefined };
}

/** preStop, then SIGTERM, all within the grace. */
function hookedEnding(
  run: Run,
  preStop: NonNullable<ContainerSpec["preStop"]>,
  { ways, failed }: HookContext,
  gone: AbortSignal,
): Ending {
  const { clock } = ways;
  const givenUp = new AbortController();
  let [begun, over, wanted] = [false, false, false];
  let deadline = Infinity;
  const left = (): number | undefined =>
    deadline === Infinity ? undefined : Math.max(leastGraceSeconds, (deadline - clock.monotonic()) / 1000);
  function finish(failure?: string): void {
    if (over) return;
    over = true;
    if (failure !== undefined && !gone.aborted) failed("preStop", failure);
    if (wanted) run.end(left());
  }
  function begin(): void {
    if (begun) return;
    begun = true;
    performHook(preStop, ways, AbortSignal.any([gone, givenUp.signal])).then(
      () => finish(),
      (error: unknown) => finish(wordsOf(error)),
    );
  }
  /** The grace is over: what is left is the least that a run gets. */
  function expire(): void {
    if (over) return;
    over = true;
    givenUp.abort(new Error("the grace is over"));
    run.end(leastGraceSeconds);
  }
  return {
    prepareEnd: begin,
    end(graceSeconds) {
      // Without any grace there is no time for a hook.
      if (graceSeconds !== undefined && graceSeconds <= 0 && !begun) return run.end(graceSeconds);
      wanted = true;
      if (graceSeconds !== undefined) {
        deadline = Math.min(deadline, clock.monotonic() + graceSeconds * 1000);
        clock.after(graceSeconds * 1000, expire);
      }
      if (over) run.end(left());
      else begin();
    },
    kill: () => (begun && !over ? expire() : run.kill()),
  };
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
