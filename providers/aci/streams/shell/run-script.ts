import { type Inside, openShell, type ShellParts } from "./open-shell.ts";
import { brokenOff, closeSoon, exitCodeOf } from "./ending.ts";
import { scriptProgram } from "./programs.ts";

/** Characters of output that are kept. */
const most = 4_096;

/** Runs a few lines of shell, which use nothing but the shell itself where they can. Rejects as `openShell` does. */
export async function runScript(
  parts: ShellParts,
  inside: Inside,
  script: string,
  signal?: AbortSignal,
): Promise<{ readonly code: number; readonly output: string }> {
  const program = (key: string): string => scriptProgram(key, script);
  const { connection, pieces } = await openShell(parts, inside, program, undefined, signal);
  const leave = (): void => void connection.destroy();
  signal?.addEventListener("abort", leave, { once: true });
  let output = "";
  let began = false;
  try {
    for await (const piece of pieces) {
      if ("bytes" in piece) output = began ? `${output}${piece.bytes.toString()}`.slice(0, most) : "";
      else if (piece.mark.said === "goes") began = true;
      else if (piece.mark.said === "exit") return { code: exitCodeOf(piece.mark.payload), output };
    }
    signal?.throwIfAborted();
    throw brokenOff();
  } finally {
    signal?.removeEventListener("abort", leave);
    closeSoon(connection, parts.clock);
  }
}
