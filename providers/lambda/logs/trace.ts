/** Where the log of an attempt is: which function, which text, when. Pure. */
import type { LogRequest, TaskIdentity, TaskRef } from "../../../src/provider.ts";
import type { Invocation } from "../invoke/invocations.ts";
import type { Held } from "../invoke/invoke.ts";
import { idOfContainer, partsOf } from "../invoke/task-id.ts";
import type { FunctionName } from "../request.ts";

export interface Trace {
  readonly function: FunctionName;
  /** What lines of it have and others have not. */
  readonly texts: readonly string[];
  /** An execution may be run by several invocations, an event several times. */
  readonly isMany: boolean;
  /** Its end was read from this log, so when it has ended all of it is there. */
  readonly isToldByLog: boolean;
  readonly startedAt: number | undefined;
  readonly finishedAt: number | undefined;
  readonly hasEnded: boolean;
  /** What Lambda has handed out of it; empty: nothing. */
  readonly tail: string;
  /** The tail is all of it. */
  readonly isWhole: boolean;
}

/** As the handlers of deploy/lambda write it in their first line: of the attempt, whatever id Lambda gives it. */
export const markOf = ({ podUid, attempt }: TaskIdentity): string => `(uid ${podUid}, attempt ${attempt})`;

/** `undefined`: nothing tells which function it was. `ran`: what the pod's status tells of a task that we do not know. */
export function traceOf(
  { identity, id = "" }: TaskRef,
  known: Invocation<Held> | undefined,
  ran: LogRequest["ran"],
): Trace | undefined {
  const { name, version, execution, event, request } = partsOf(
    known?.state.id ?? (id || idOfContainer(ran?.containerID ?? "")),
  );
  if (name === undefined) return undefined;
  const run = known?.state.containers[0]?.state;
  const end = run?.is === "terminated" ? run : undefined;
  const tail = known?.kept.tail ?? "";
  return {
    function: { name, qualifier: version === "$LATEST" ? undefined : version },
    // Lambda may run an event again under another id; then its lines are found where the function writes whose it is.
    texts: event !== undefined && request !== undefined ? [request, markOf(identity)] : [request ?? markOf(identity)],
    isMany: execution !== undefined || event !== undefined,
    isToldByLog: event !== undefined,
    startedAt: (run?.is === "running" ? run.startedAt : end?.startedAt) ?? ran?.startedAt,
    finishedAt: end?.finishedAt ?? ran?.finishedAt,
    hasEnded: known === undefined || known.state.phase === "stopped",
    tail,
    isWhole: request !== undefined && tail.includes(`START RequestId: ${request}`),
  };
}
