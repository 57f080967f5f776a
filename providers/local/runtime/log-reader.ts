/**
 * Reads logs written by `log-writer.ts`, from any process: whole, their last lines, or following the writer over
 * rotations. Memory is bounded by one block whatever the log's size.
 */
import { watch } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import type { Clock, LogRecord, LogRequest } from "../../../src/provider.ts";
import { endsLine, newline, parseRecord } from "./log-line.ts";
import { logLimits, rotatedName } from "./log-writer.ts";

const blockBytes = 256 * 1024;
/** Following looks at least this often, also where the file system tells no changes. */
const lookMs = 1000;

export interface LogSource {
  readonly path: string;
  /** Has the writer ended? Asked before a last read to the end; the log is then complete. */
  readonly ended: () => boolean | Promise<boolean>;
  readonly clock: Clock;
}

/** Batches of records, oldest first. Nothing when the log does not exist. */
export async function* readLog(
  source: LogSource,
  want: LogRequest,
  signal: AbortSignal,
): AsyncGenerator<readonly LogRecord[]> {
  const files = await openAll(source.path);
  try {
    const start = await findStart(files, want.tailLines);
    for (const [index, file] of files.entries()) {
      if (index < start.index) continue;
      const newest = index === files.length - 1;
      const from = index === start.index ? start.offset : 0;
      if (newest && want.follow) return yield* follow(source, file.handle, from, signal);
      yield* readBlocks(file.handle, from, file.size, signal);
    }
  } finally {
    // In a follow the newest handle may be closed and replaced already; closing twice is harmless.
    await Promise.all(files.map((file) => file.handle.close().catch(() => undefined)));
  }
}

async function* follow(
  source: LogSource,
  first: FileHandle,
  from: number,
  signal: AbortSignal,
): AsyncGenerator<readonly LogRecord[]> {
  let file = first;
  let offset = from;
  let changes = watchChanges(source, signal);
  try {
    while (!signal.aborted) {
      const ended = await source.ended();
      const next = await successor(source.path, file);
      offset = yield* readBlocks(file, offset, Number.MAX_SAFE_INTEGER, signal);
      if (next !== undefined) {
        await file.close();
        file = next;
        offset = 0;
        // A watch stays with the file that was renamed away.
        changes.close();
        changes = watchChanges(source, signal);
      } else if (ended) return;
      else await changes.next();
    }
  } finally {
    changes.close();
    await file.close().catch(() => undefined);
  }
}

/** Whole records between two offsets in batches; returns the offset after the last whole line. */
async function* readBlocks(
  file: FileHandle,
  from: number,
  to: number,
  signal: AbortSignal,
): AsyncGenerator<readonly LogRecord[], number> {
  let offset = from;
  let block = Buffer.alloc(blockBytes);
  while (offset < to && !signal.aborted) {
    const { bytesRead } = await file.read(block, 0, Math.min(block.length, to - offset), offset);
    const lastEnd = block.subarray(0, bytesRead).lastIndexOf(newline);
    if (lastEnd < 0) break;
    const records = splitLines(block.subarray(0, lastEnd)).map(parseRecord);
    offset += lastEnd + 1;
    // The records point into the block, so the next round needs its own.
    block = Buffer.alloc(blockBytes);
    const whole = records.filter((record) => record !== undefined);
    if (whole.length > 0) yield whole;
  }
  return offset;
}

function splitLines(data: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  let from = 0;
  for (let end = data.indexOf(newline); end >= 0; end = data.indexOf(newline, from)) {
    lines.push(data.subarray(from, end));
    from = end + 1;
  }
  lines.push(data.subarray(from));
  return lines;
}

interface OpenLog {
  readonly handle: FileHandle;
  readonly size: number;
}

/** Every kept file, oldest first, held open: a rotation while we read takes nothing away. */
async function openAll(path: string): Promise<readonly OpenLog[]> {
  const files = new Map<number, OpenLog>();
  for (let n = 0; n < logLimits.maxFiles; n += 1) {
    const handle = await openIfThere(rotatedName(path, n));
    if (handle === undefined) continue;
    const { ino, size } = await handle.stat();
    // A rotation between two opens shows one file under two names.
    if (files.has(ino)) await handle.close();
    else files.set(ino, { handle, size });
  }
  return [...files.values()].toReversed();
}

/** The file that the writer turned to after this one, or `undefined` while this is still the newest. */
async function successor(path: string, file: FileHandle): Promise<FileHandle | undefined> {
  const { ino } = await file.stat();
  let newer: FileHandle | undefined;
  for (let n = 0; n < logLimits.maxFiles; n += 1) {
    const handle = await openIfThere(rotatedName(path, n));
    if (handle === undefined) continue;
    const same = (await handle.stat()).ino === ino;
    if (same) {
      await handle.close();
      return newer;
    }
    await newer?.close();
    newer = handle;
  }
  return newer;
}

/** Where the last `lines` lines begin, read backwards from the end. Pieces of a line belong to the line. */
async function findStart(
  files: readonly OpenLog[],
  lines: number | undefined,
): Promise<{ index: number; offset: number }> {
  if (lines === undefined) return { index: 0, offset: 0 };
  if (lines === 0) return { index: files.length - 1, offset: files.at(-1)?.size ?? 0 };
  let missing = lines;
  for (let index = files.length - 1; index >= 0; index -= 1) {
    const file = files[index] as OpenLog;
    let end = file.size;
    for await (const line of linesBackwards(file)) {
      if (endsLine(line.bytes)) {
        if (missing === 0) return { index, offset: end };
        missing -= 1;
      }
      end = line.offset;
    }
  }
  return { index: 0, offset: 0 };
}

async function* linesBackwards(file: OpenLog): AsyncGenerator<{ bytes: Buffer; offset: number }> {
  let tail: Buffer = Buffer.alloc(0);
  let to = file.size;
  while (to > 0) {
    const from = Math.max(0, to - blockBytes);
    const block = Buffer.alloc(to - from);
    await file.handle.read(block, 0, block.length, from);
    let data = Buffer.concat([block, tail]);
    if (data.at(-1) === newline) data = data.subarray(0, -1);
    for (let at = data.lastIndexOf(newline); at >= 0; at = data.lastIndexOf(newline)) {
      yield { bytes: data.subarray(at + 1), offset: from + at + 1 };
      data = data.subarray(0, at);
    }
    // The first line of this block may have begun in the block before.
    tail = Buffer.concat([data, Buffer.from("\n")]);
    to = from;
  }
  if (tail.length > 1) yield { bytes: tail.subarray(0, -1), offset: 0 };
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Resolves at the next change of the file, or after `lookMs`. */
function watchChanges({ path, clock }: LogSource, signal: AbortSignal): { next(): Promise<void>; close(): void } {
  let changed = Promise.withResolvers<void>();
  const wake = (): void => changed.resolve();
  let close = (): void => undefined;
  try {
    const watcher = watch(path, { persistent: false }, wake);
    watcher.on("error", wake);
    close = () => watcher.close();
  } catch {
    // No inotify watch to be had: the look every `lookMs` remains.
  }
  signal.addEventListener("abort", wake, { once: true });
  return {
    async next() {
      const cancel = clock.after(lookMs, wake);
      await changed.promise;
      cancel();
      changed = Promise.withResolvers<void>();
    },
    close() {
      signal.removeEventListener("abort", wake);
      close();
    },
  };
}
