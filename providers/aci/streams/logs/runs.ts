/** Which of a container's runs Azure's log is of. Azure tells the present run and the one before alone. Pure. */
import { type ContainerState, rfc3339Nano, type TaskState } from "../../../../src/provider.ts";
import type { LogLine, LogText } from "./lines.ts";

export interface RunOfLog {
  /** It writes no more. */
  readonly isOver: boolean;
  /** The run that Azure's log is of, or may go back to: else Azure has nothing of it. */
  readonly which: "present" | "before" | "gone";
  /** Its lines are of this time on, and before that one. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** `state` undefined: the group is not there. */
export function runOf(state: TaskState | undefined, container: string, instance: number): RunOfLog {
  const found = state?.containers.find(({ name }) => name === container);
  if (state === undefined || found === undefined) return { isOver: true, which: "gone" };
  const began = startOf(found.state);
  if (instance === found.instance) {
    const waitsAgain = found.state.is === "waiting" && found.last !== undefined;
    const isOver = found.state.is === "terminated" || waitsAgain || state.phase === "stopped";
    // That the log of a run begins with it is not verified; of the first run it is sure.
    return { isOver, which: "present", ...(instance > 0 && { from: began }) };
  }
  if (instance === found.instance - 1) return { isOver: true, which: "before", from: startOf(found.last), to: began };
  return instance > found.instance ? { isOver: false, which: "present" } : { isOver: true, which: "gone" };
}

/** To the second: Azure tells no more. */
function startOf(run: ContainerState["state"] | undefined): string | undefined {
  const at = run !== undefined && run.is !== "waiting" ? run.startedAt : undefined;
  return at === undefined || at === 0 ? undefined : rfc3339Nano(Math.floor(at / 1000) * 1000);
}

/** Is a line of that run? */
export function linesOfRun({ from = "", to }: RunOfLog): (line: Pick<LogLine, "time">) => boolean {
  return ({ time }) => time >= from && (to === undefined || time < to);
}

/** What Azure keeps of a container that has ended. */
const endedBytes = 16 * 1024;
const endedLines = 1_000;
/** Azure cuts at a line's end or within one, which is not verified: a log this long may have been cut. */
const longest = 512;

export function mayBeCut(content: string, { lines }: LogText): boolean {
  return lines.length >= endedLines || Buffer.byteLength(content) > endedBytes - longest;
}
