import { type Clock, type Log, ProviderError } from "../../../src/provider.ts";
import type { Lambda } from "../client.ts";
import type { Start } from "../durable/launch.ts";
import type { KnownFunctions } from "../functions/known-functions.ts";
import { sizeOf } from "../invoke/picture.ts";
import { failureOf, refusalOf } from "../outcome/failure.ts";
import { textOf } from "../request.ts";
import type { Events } from "./watch.ts";

export interface SendOptions {
  readonly client: Pick<Lambda, "enqueue">;
  readonly functions: Pick<KnownFunctions, "eventConfig">;
  readonly events: Pick<Events, "begun">;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Lambda answers at once; who is silent for so long will not answer. */
const SILENT_MS = 60_000;

/** As `sendEvent`; whoever asks for an event that is just being sent hears what becomes of that one. */
export function createSend(options: SendOptions): (start: Start, signal: AbortSignal) => Promise<void> {
  const underway = new Map<string, Promise<void>>();
  return async (start, signal) => {
    const { podUid, attempt } = start.launch.identity;
    const key = `${podUid}/${attempt}`;
    const sending = underway.get(key) ?? sendEvent(start, options, signal).finally(() => underway.delete(key));
    underway.set(key, sending);
    return sending;
  };
}

/**
 * Puts one event into Lambda's queue, once whatever happens: where the answer is lost it may be there, and the log is all that
 * can tell. Rejects where it surely is not.
 */
async function sendEvent(
  { launch, body, info, prices, bucket }: Start,
  { client, functions, events, nodeName, clock, log }: SendOptions,
  signal: AbortSignal,
): Promise<void> {
  const { identity, request } = launch;
  const { pod, container } = request;
  const { name } = request.function;
  const what = { name, qualifier: request.function.qualifier === undefined ? undefined : info.version };
  // Of the version that is invoked: Lambda has a configuration for each.
  const config = await functions.eventConfig(what);
  const send = async (): Promise<{ readonly requestId: string } | { readonly doubt: string }> => {
    await launch.sends?.(true);
    const silent = new AbortController();
    const cancel = clock.after(SILENT_MS, () => silent.abort(new Error("no answer came in time")));
    try {
      return { requestId: await client.enqueue(what, body, silent.signal) };
    } catch (error) {
      if (silent.signal.aborted) return { doubt: (silent.signal.reason as Error).message };
      const failure = failureOf(error);
      if (failure.is === "unknown") return { doubt: failure.message };
      await launch.sends?.(false).catch(() => undefined);
      throw refusalOf(failure, error);
    } finally {
      cancel();
    }
  };
  const notBefore = clock.now();
  const answer = await bucket.run(send, signal).catch((error: unknown) => {
    if (error instanceof ProviderError) throw error;
    // Only while it waited for its turn.
    throw new ProviderError("noCapacity", "LambdaNotInvoked", "burstlet was ended before the event was sent", {
      cause: error,
    });
  });
  if ("doubt" in answer) log.warn("an event may have been sent", { pod: pod.name, function: textOf(what), ...answer });
  const requestId = "doubt" in answer || answer.requestId === "" ? undefined : answer.requestId;
  const shown = { identity, nodeName, pod, container, ...sizeOf({ info, prices }) };
  const times = { notBefore, acceptedAt: clock.now() };
  const sent = { ...shown, ...times, function: { ...what, version: info.version }, requestId, info, prices, config };
  events.begun(sent, !("doubt" in answer));
}
