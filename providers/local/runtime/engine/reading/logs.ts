import { asProviderError, ProviderError, rfc3339, parseTime } from "../../../../../src/provider.ts";
import type { ContainerRef, LogRecord, LogRequest } from "../../../../../src/provider.ts";
import type { EngineClient, LogQuery } from "../api/client.ts";
import { frameReader, lineReader, type FramePiece } from "../api/frames.ts";
import { runName, taskName } from "../names.ts";
import type { Flavour } from "../request/bodies.ts";

/** Records of one run of one container, as far as the engine keeps them. Memory is bounded by one chunk and the tail. */
export async function* engineLogs(
  client: EngineClient,
  flavour: Flavour,
  source: ContainerRef,
  want: LogRequest,
  signal: AbortSignal,
): AsyncGenerator<readonly LogRecord[]> {
  const id = runName(taskName(source.task.identity), source.container, source.instance);
  const found = await client.inspect(id);
  if (found === undefined) {
    const message = `the container engine keeps no run ${source.instance} of container ${source.container}`;
    throw new ProviderError("notFound", "ContainerNotFound", message);
  }
  if (want.tailLines === 0 && !want.follow) return;
  // podman 4.3 joins partial lines to the wrong neighbours when it counts from the end, so there we count ourselves.
  const counted = want.tailLines !== undefined && flavour === "podman";
  const tail = want.tailLines === undefined || counted ? "all" : String(want.tailLines);
  const read = (query: LogQuery) => recordsOf(client, { id, tty: found.Config.Tty === true }, query, signal);
  const all = { follow: false, tail: "all" } as const;
  const position = { passed: counted ? await recordsBefore(read(all), want.tailLines) : 0 };
  yield* beyond(position, read({ follow: want.follow, tail }));
  if (!want.follow || flavour !== "podman" || signal.aborted) return;
  // podman ends a follow a moment after the container, whether all of it has been told by then or not.
  try {
    yield* beyond(position, read(all));
  } catch (error) {
    // Removed meanwhile, as with a pod that is deleted: there is nothing more to tell.
    if (asProviderError(error).kind !== "notFound") throw error;
  }
}

/** Those that come after the position, which goes on with them. */
async function* beyond(
  position: { passed: number },
  all: AsyncIterable<readonly LogRecord[]>,
): AsyncGenerator<readonly LogRecord[]> {
  let at = 0;
  for await (const records of all) {
    const fresh = records.slice(Math.max(0, position.passed - at));
    at += records.length;
    position.passed = Math.max(position.passed, at);
    if (fresh.length > 0) yield fresh;
  }
}

async function* recordsOf(
  client: EngineClient,
  { id, tty }: { readonly id: string; readonly tty: boolean },
  want: LogQuery,
  signal: AbortSignal,
): AsyncGenerator<readonly LogRecord[]> {
  const [frames, lines] = [frameReader(), lineReader()];
  const build = recordBuilder();
  for await (const chunk of client.logs(id, want, signal)) {
    const records = (tty ? lines(chunk) : frames(chunk)).flatMap(build);
    if (records.length > 0) yield records;
  }
  const rest = lines(undefined).flatMap(build);
  if (rest.length > 0) yield rest;
}

/** How many records come before the last `lines` lines. A line's pieces belong to it; a last line without end counts. */
async function recordsBefore(all: AsyncIterable<readonly LogRecord[]>, lines: number): Promise<number> {
  const starts: number[] = [];
  let total = 0;
  let midLine = { stdout: false, stderr: false };
  for await (const records of all) {
    for (const record of records) {
      if (!midLine[record.stream]) starts.push(total);
      midLine = { ...midLine, [record.stream]: record.partial };
      total += 1;
    }
    if (starts.length > lines) starts.splice(0, starts.length - lines);
  }
  return lines === 0 ? total : (starts[0] ?? 0);
}

const space = 0x20;
const lineEnd = 0x0a;

/**
 * Pure. Each frame is `<time> <bytes>`, with a line end when the line ends there; a line too long for the engine comes
 * in several frames. podman tells whole seconds only: the digits that nobody knows are zero.
 */
export function recordBuilder(): (piece: FramePiece) => LogRecord[] {
  let time = "";
  return (piece) => {
    let bytes = piece.bytes;
    if (piece.first) {
      const end = bytes.indexOf(space);
      time = nanoTime(bytes.toString("latin1", 0, Math.max(end, 0)));
      bytes = bytes.subarray(end + 1);
    }
    const ended = piece.last && bytes.at(-1) === lineEnd;
    return [{ time, stream: piece.stream, bytes: ended ? bytes.subarray(0, -1) : bytes, partial: !ended }];
  };
}

/** RFC 3339 with any fraction and offset, to UTC with 9 digits. */
export function nanoTime(text: string): string {
  const ms = parseTime(text);
  if (ms === undefined) throw new Error(`a log line of the engine begins with no time: "${text}"`);
  const fraction = /\.(\d{1,9})/.exec(text)?.[1] ?? "";
  return rfc3339(ms).replace("Z", `.${fraction.padEnd(9, "0")}Z`);
}
