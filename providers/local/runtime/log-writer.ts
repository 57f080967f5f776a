import { closeSync, fstatSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { formatRecord, lineSplitter, risingTimes } from "./log-line.ts";

export interface LogWriter {
  write(stream: "stdout" | "stderr", chunk: Buffer): void;
  /** Writes the last unfinished lines and closes the file. */
  end(): void;
}

/** The kubelet's defaults: containerLogMaxSize 10Mi, containerLogMaxFiles 5. */
export const logLimits = { maxBytes: 10 * 1024 * 1024, maxFiles: 5 } as const;

/** Name of the nth rotated file, 0 = the one being written. */
export function rotatedName(path: string, n: number): string {
  return n === 0 ? path : `${path}.${n}`;
}

export interface LogWriterOptions {
  readonly now: () => number;
  /** Told of output that could not be written and is lost: the disk is full, or gone. */
  readonly trouble: (error: Error) => void;
  readonly limits?: { readonly maxBytes: number; readonly maxFiles: number };
}

/**
 * Appends the output of one run to `path`. Writes are synchronous on purpose: output that was read from the
 * pipe is on disk before anything else happens, and a fast writer is slowed by its own pipe.
 */
export function openLogWriter(path: string, { now, trouble, limits = logLimits }: LogWriterOptions): LogWriter {
  const time = risingTimes(now);
  const splitters = { stdout: lineSplitter(), stderr: lineSplitter() };
  let file = openSync(path, "a", 0o600);
  let size = fstatSync(file).size;

  const append = (stream: "stdout" | "stderr", pieces: readonly { bytes: Buffer; partial: boolean }[]): void => {
    if (pieces.length === 0) return;
    const data = Buffer.concat(pieces.map((piece) => formatRecord({ time: time(), stream, ...piece })));
    try {
      if (size > 0 && size + data.length > limits.maxBytes) rotate();
      for (let done = 0; done < data.length;) done += writeSync(file, data, done);
      size += data.length;
    } catch (error) {
      trouble(error as Error);
    }
  };
  const rotate = (): void => {
    closeSync(file);
    rmSync(rotatedName(path, limits.maxFiles - 1), { force: true });
    for (let n = limits.maxFiles - 2; n >= 0; n -= 1) renameIfThere(rotatedName(path, n), rotatedName(path, n + 1));
    file = openSync(path, "a", 0o600);
    size = 0;
  };
  return {
    write: (stream, chunk) => append(stream, splitters[stream].push(chunk)),
    end() {
      append("stdout", splitters.stdout.end());
      append("stderr", splitters.stderr.end());
      closeSync(file);
    },
  };
}

/** Removes a log with all its rotated files. */
export function removeLog(path: string, maxFiles: number = logLimits.maxFiles): void {
  for (let n = 0; n < maxFiles; n += 1) rmSync(rotatedName(path, n), { force: true });
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
