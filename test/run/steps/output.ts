/** Where steps write that run beside each other: two of them on one terminal at a time cannot be read. */
import type { ChildProcess, StdioOptions } from "node:child_process";

export interface Output {
  readonly stdio: StdioOptions;
  /** For a child's environment. */
  readonly env: Readonly<Record<string, string>>;
  say(text: string | Buffer): void;
  listenTo(child: ChildProcess): void;
}

/** The child writes where we do. */
export function liveOutput(): Output {
  return {
    stdio: "inherit",
    env: {},
    say: (text) => void process.stdout.write(text),
    listenTo: () => undefined,
  };
}

/** Kept until `free` has resolved, then written, and what comes later at once. */
export function heldOutput(
  free: Promise<unknown>,
  write = (text: string | Buffer) => void process.stdout.write(text),
): Output {
  let held: (string | Buffer)[] | undefined = [];
  void free.then(() => {
    for (const text of held ?? []) write(text);
    held = undefined;
  });
  const say = (text: string | Buffer): void => {
    if (held === undefined) write(text);
    else held.push(text);
  };
  return {
    stdio: ["ignore", "pipe", "pipe"],
    // A pipe hides from it that there is a terminal behind us.
    env: process.stdout.isTTY && process.env["NO_COLOR"] === undefined ? { FORCE_COLOR: "1" } : {},
    say,
    listenTo(child) {
      for (const stream of [child.stdout, child.stderr]) stream?.on("data", say);
    },
  };
}
