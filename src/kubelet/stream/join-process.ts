import type { Readable, Writable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";

import { asProviderError, type ProcessStream, type TerminalSize } from "../../provider.ts";
import type { ClientStreams } from "./client-streams.ts";
import type { Outcome } from "./outcome.ts";

/**
 * Joins a client to a process until one of them ends, with back-pressure from end to end, and tells the client the
 * outcome. `start` gets a signal that aborts when the client is gone or `stop` aborts. Never rejects.
 */
export async function joinProcess(
  client: ClientStreams,
  start: (signal: AbortSignal) => Promise<ProcessStream>,
  stop: AbortSignal,
): Promise<Outcome> {
  const signal = AbortSignal.any([client.gone, stop]);
  const outcome = await outcomeOf(client, start, signal);
  await client.finish(outcome);
  return outcome;
}

async function outcomeOf(
  client: ClientStreams,
  start: (signal: AbortSignal) => Promise<ProcessStream>,
  signal: AbortSignal,
): Promise<Outcome> {
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => undefined);
  const abort = (): void => aborted.reject(signal.reason as Error);
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  const starting = start(signal).then(watched);
  starting.catch(() => undefined);
  let process: ProcessStream | undefined;
  try {
    process = await Promise.race([starting, aborted.promise]);
    return await Promise.race([flow(client, process), aborted.promise]);
  } catch (error) {
    // What is still to come from a process whose end is not known is not waited for.
    process?.stdout.destroy();
    process?.stderr?.destroy();
    return { failure: asProviderError(error).message };
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** A stream that fails while nobody listens would end burstlet: its failure shows in what it is joined to, or in `exit`. */
function watched(process: ProcessStream): ProcessStream {
  for (const stream of [process.stdin, process.stdout, process.stderr]) stream?.on("error", () => undefined);
  process.exit.catch(() => undefined);
  return process;
}

async function flow(client: ClientStreams, process: ProcessStream): Promise<Outcome> {
  feed(client.stdin, process.stdin);
  client.sizes?.on("data", ({ columns, rows }: TerminalSize) => process.resize(columns, rows));
  const outputs = [copy(process.stdout, client.stdout), copy(process.stderr, client.stderr)];
  const { code } = await process.exit;
  await Promise.all(outputs);
  return { code };
}

/** A process may close its stdin long before the client stops sending: the rest is read and dropped. */
function feed(from: Readable | undefined, to: Writable): void {
  if (from === undefined) return void to.end();
  const drop = (): void => {
    from.unpipe(to);
    from.resume();
  };
  to.once("close", drop).once("error", drop);
  from.pipe(to);
}

/** Breaking off one end breaks the other: a client that closes its stdout gives the process SIGPIPE. */
async function copy(from: Readable | undefined, to: Writable | undefined): Promise<void> {
  try {
    if (from === undefined) return void to?.end();
    if (to === undefined) return await finished(from.resume(), { writable: false });
    await pipeline(from, to);
  } catch {
    // Told by the exit, or by the client being gone.
  }
}
