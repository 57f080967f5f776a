import type { Readable } from "node:stream";
import type { ExecCommand, ProcessStream } from "../../provider.ts";
import { mostOutput, type Outcome } from "../probe.ts";
import { goDuration } from "./words.ts";

/** Succeeds when the command exits with 0 in time; both outputs together are the message. */
export async function probeExec(
  exec: (command: ExecCommand, signal: AbortSignal) => Promise<ProcessStream>,
  argv: readonly string[],
  timeout: number,
  signal: AbortSignal,
): Promise<Outcome> {
  const words = argv.join(" ");
  const late: Outcome = {
    result: "failure",
    message: `command timed out: ${JSON.stringify(words)} timed out after ${goDuration(timeout)}`,
  };
  if (signal.aborted) return late;
  const over = new Promise<Outcome>((resolve) => {
    signal.addEventListener("abort", () => resolve(late), { once: true });
  });
  return Promise.race([over, finished(exec({ argv, tty: false, stdin: false }, signal))]);
}

async function finished(starting: Promise<ProcessStream>): Promise<Outcome> {
  try {
    const { stdout, stderr, exit } = await starting;
    const output = collect(stderr === undefined ? [stdout] : [stdout, stderr]);
    const { code } = await exit;
    return { result: code === 0 ? "success" : "failure", message: output() };
  } catch (error) {
    return { result: "error", message: error instanceof Error ? error.message : String(error) };
  }
}

/** Reads all, or the command would be held up, and keeps the beginning. */
function collect(outputs: readonly Readable[]): () => string {
  const kept: Buffer[] = [];
  let left = mostOutput;
  for (const output of outputs) {
    output.on("error", () => undefined);
    output.on("data", (chunk: Buffer) => {
      if (left > 0) kept.push(chunk.subarray(0, left));
      left -= chunk.length;
    });
  }
  return () => Buffer.concat(kept).toString();
}
