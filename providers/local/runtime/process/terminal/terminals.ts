import type { Clock, TerminalSize } from "../../../../../src/provider.ts";
import { loadNodePty } from "./node-pty.ts";
import { spawnInScript } from "./script.ts";
import type { Command, Wired } from "./wired.ts";

/** Starts a program whose stdin, stdout and stderr are a new terminal, by default 80 by 24. It makes it its controlling one itself. */
export type SpawnInTerminal = (command: Command, clock: Clock, size?: TerminalSize) => Wired;

export type TerminalKind = "node-pty" | "script";

/**
 * The ways to a terminal: node-pty where its prebuilt binary can be loaded (glibc on Linux x64 and arm64, macOS),
 * else `script` of util-linux 2.37 or newer. `kind` insists on one.
 */
export function openTerminals(kind?: TerminalKind, load = loadNodePty): SpawnInTerminal {
  if (kind === "script") return spawnInScript;
  const nodePty = load();
  if (nodePty === undefined && kind !== undefined) throw new Error("node-pty cannot be loaded on this machine");
  return nodePty ?? spawnInScript;
}
