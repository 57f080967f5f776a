import {
  asProviderError,
  type ContainerRef,
  type LogRecord,
  type LogRequest,
  ProviderError,
} from "../../../../src/provider.ts";
import type { LastWords } from "../last-words/last-words.ts";
import { Cursor } from "./cursor.ts";
import { linesOf, type LogLine, type LogText } from "./lines.ts";
import { cutNotice, notice, told } from "./notices.ts";
import type { Poller, PollerParts } from "./poller.ts";
import { isDoubtful, isForeign, linesOfRun, mayBeCut, type RunOfLog } from "./runs.ts";
import type { Spool } from "./spool.ts";

export interface ReaderParts extends Pick<PollerParts, "client" | "runOf" | "look" | "clock"> {
  readonly poller: Poller;
  readonly spool: () => Promise<Spool>;
  readonly lastWords: Pick<LastWords, "heard" | "followed">;
}

/** Records of one batch. */
const batch = 1_000;

/**
 * As Provider.logs. Azure does not keep standard error apart: all is `stdout`. What the spool has comes first, and then what
 * Azure has beyond it.
 */
export async function* readLogs(
  parts: ReaderParts,
  source: ContainerRef,
  want: LogRequest,
  signal: AbortSignal,
): AsyncGenerator<readonly LogRecord[]> {
  const leave = want.follow ? parts.lastWords.followed(source) : () => undefined;
  try {
    const { lines, cursor, isOver } = await history(parts, source, want, signal);
    yield* batched(lines);
    if (!want.follow || isOver) return;
    yield* followed(parts, source, cursor, signal);
    yield* batched(await lastLines(parts, source, cursor));
  } catch (error) {
    // A reader that leaves is no error, wherever it was.
    if (!signal.aborted) throw error;
  } finally {
    leave();
  }
}

interface History {
  readonly lines: readonly LogLine[];
  /** Behind them. */
  readonly cursor: Cursor;
  readonly isOver: boolean;
}

async function history(
  { client, runOf, look, clock, spool, lastWords }: ReaderParts,
  source: ContainerRef,
  { follow, tailLines }: LogRequest,
  signal: AbortSignal,
): Promise<History> {
  let run = runOf(source);
  // What Azure has of a run that was heard to its end is no more than that, and may be the next one's.
  const isHeard = run.isOver && (await lastWords.heard(source));
  const kept = await (await spool()).read(source, tailLines === undefined ? undefined : Math.max(tailLines, 200));
  // Where nothing is kept the end of the log is enough for its last lines, and one more by which their place is known again.
  const isEnough = kept === undefined && tailLines !== undefined && run.which === "present";
  const cursor = new Cursor(kept);
  const tail = isEnough ? Math.max(tailLines, 1) + 1 : undefined;
  const content = isHeard ? undefined : await contentOf(client, run, source, tail, signal);
  if (content === undefined && kept === undefined) {
    if (isHeard) return { lines: [], cursor, isOver: true };
    throw nothingKept(run);
  }
  let text = linesOf(content ?? "", clock.now());
  if (isDoubtful(run, cursor, text)) {
    await look(source);
    run = runOf(source);
    if (isForeign(run, cursor, text)) text = linesOf("", clock.now());
  }
  // Nobody waits for the end of an open line who does not follow.
  const isOver = run.isOver || !follow;
  const news = cursor.advance(text, { isWhole: true, isOver, isOurs: linesOfRun(run) });
  const { fresh, missed } = news === "more" ? { fresh: [], missed: false } : news;
  const all = [...(kept ?? []), ...told(fresh, missed)];
  if (run.which === "before" && kept === undefined && all.length === 0) throw nothingKept(run);
  const wanted = tailLines === undefined ? all : all.slice(Math.max(0, all.length - tailLines));
  const isShort = tailLines === undefined || all.length < tailLines;
  const isCut = run.isOver && kept === undefined && isShort && content !== undefined && mayBeCut(content, text);
  return { lines: isCut ? withNotice(wanted, text) : wanted, cursor, isOver: run.isOver };
}

function withNotice(wanted: readonly LogLine[], { lines }: LogText): readonly LogLine[] {
  const first = wanted[0] ?? lines[0];
  return first === undefined ? wanted : [notice(cutNotice, first), ...wanted];
}

/** `undefined`: Azure has nothing of that run any more. */
async function contentOf(
  client: ReaderParts["client"],
  run: ReturnType<ReaderParts["runOf"]>,
  { container }: ContainerRef,
  tail: number | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (run.which === "gone") return undefined;
  return client.logs(run.group, container, { tail, timestamps: true }, signal).catch((error: unknown) => {
    if (asProviderError(error).kind === "notFound") return undefined;
    throw error;
  });
}

function nothingKept({ which }: RunOfLog): ProviderError {
  const what =
    which === "before"
      ? "Azure keeps the output of a container's present run alone"
      : "Azure has no log of this run any more";
  const sentence = `${what}, and burstlet has kept none of it: aci.logs.directory of the node keeps what is yet to come`;
  return new ProviderError("notFound", "LogGone", sentence);
}

/** A reader that is so many lines behind asks for no more until it has them: nobody else waits for it. */
const queuedLines = 20_000;

async function* followed(
  { poller }: ReaderParts,
  source: ContainerRef,
  cursor: Cursor,
  signal: AbortSignal,
): AsyncGenerator<readonly LogRecord[]> {
  for (let isBehind = true; isBehind && !signal.aborted;) {
    const queue = subscribe(poller, source, cursor, signal);
    yield* queue.batches;
    isBehind = queue.isBehind();
  }
}

/** What was heard of the end of the run, beyond what the follower has. */
async function lastLines(
  { lastWords, spool }: ReaderParts,
  source: ContainerRef,
  cursor: Cursor,
): Promise<readonly LogLine[]> {
  const kept = (await lastWords.heard(source)) ? await (await spool()).read(source) : undefined;
  if (kept === undefined) return [];
  const news = cursor.advance({ lines: kept, isOpen: false }, { isWhole: true, isOver: true });
  return news === "more" ? [] : told(news.fresh, news.missed);
}

interface Queue {
  readonly batches: AsyncGenerator<readonly LogRecord[]>;
  /** It ended because its reader was too slow. */
  isBehind(): boolean;
}

function subscribe(poller: Poller, source: ContainerRef, cursor: Cursor, signal: AbortSignal): Queue {
  let queued: LogLine[] = [];
  let over = false;
  let behind = false;
  let failure: ProviderError | undefined;
  let wake = Promise.withResolvers<void>();
  const end = (error?: ProviderError): void => {
    over = true;
    failure = error;
    wake.resolve();
  };
  const push = (fresh: readonly LogLine[], missed: boolean): void => {
    queued.push(...told(fresh, missed));
    wake.resolve();
    if (queued.length <= queuedLines) return;
    behind = true;
    leave();
    end();
  };
  const leave = poller.subscribe({ source, cursor, pace: "follow", push, end });
  const stop = (): void => end();
  signal.addEventListener("abort", stop, { once: true });

  async function* read(): AsyncGenerator<readonly LogRecord[]> {
    try {
      while (!signal.aborted) {
        const lines = queued;
        queued = [];
        if (lines.length > 0) yield* batched(lines);
        else if (over) break;
        else await wake.promise;
        wake = Promise.withResolvers();
        if (queued.length > 0 || over) wake.resolve();
      }
      if (failure !== undefined) throw failure;
    } finally {
      leave();
      signal.removeEventListener("abort", stop);
    }
  }
  return { batches: read(), isBehind: () => behind };
}

function* batched(lines: readonly LogLine[]): Generator<readonly LogRecord[]> {
  for (let at = 0; at < lines.length; at += batch) yield lines.slice(at, at + batch).map(recordOf);
}

function recordOf({ time, text }: LogLine): LogRecord {
  return { time, stream: "stdout", bytes: Buffer.from(text), partial: false };
}
