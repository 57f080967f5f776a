/** A command as Azure itself starts it: on a terminal, without arguments, and nobody learns its exit code. */
import type { Duplex } from "node:stream";
import { type Clock, type ProcessStream, ProviderError } from "../../../../src/provider.ts";
import { createOutlet } from "../outlet.ts";
import { abandoned, closeSoon } from "../shell/ending.ts";
import { keyboard } from "./terminal.ts";

export function directProcess(
  connection: Duplex,
  { stdin }: { readonly stdin: boolean },
  clock: Clock,
  signal: AbortSignal,
): ProcessStream {
  const stdout = createOutlet();
  let isOver = false;
  const leave = (): void => void (isOver || connection.destroy(abandoned()));
  signal.addEventListener("abort", leave, { once: true });
  if (signal.aborted) leave();
  const run = async (): Promise<never> => {
    try {
      for await (const chunk of connection as AsyncIterable<Buffer>) await stdout.put(chunk);
    } finally {
      isOver = true;
      signal.removeEventListener("abort", leave);
      stdout.end();
      closeSoon(connection, clock);
    }
    throw new ProviderError(
      "unknown",
      "ExitCodeUnknown",
      "Azure does not tell the exit code of a command, and the image has no shell that would",
    );
  };
  const exit = run();
  exit.catch(() => undefined);
  return {
    stdin: keyboard(connection, stdin, () => isOver, leave),
    stdout: stdout.readable,
    stderr: undefined,
    resize: () => undefined,
    exit,
  };
}
