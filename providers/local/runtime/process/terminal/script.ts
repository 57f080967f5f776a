/** Terminals by `script` of util-linux, a process for each: where node-pty has no binary and nothing can be compiled. */
import { readlinkSync } from "node:fs";
import { Writable } from "node:stream";
import { runTool, toolPath } from "../host/command.ts";
import { childrenOf, leadsSession } from "../host/processes.ts";
import { usualSize, type Clock } from "../../../../../src/provider.ts";
import { endOfInput } from "./node-pty.ts";
import type { SpawnInTerminal } from "./terminals.ts";
import { spawnWithSockets } from "./wired.ts";

/** How long `script` may take to open its terminal, milliseconds. */
const openWait = 2000;
const openLook = 10;

export const spawnInScript: SpawnInTerminal = (command, clock, { columns, rows } = usualSize) => {
  // Without the last command the shell would give its place, which leads the session, to the program.
  const line = `${toolPath("stty")} rows ${rows} cols ${columns}; ${command.argv.map(quoted).join(" ")}; exit $?`;
  const options = ["--quiet", "--flush", "--return", "--echo", "always", "--command", line];
  const wired = spawnWithSockets({
    ...command,
    argv: [toolPath("script"), ...options, "/dev/null"],
    env: command.env,
    detached: true,
  });
  // Whatever script itself complains of belongs to nobody.
  wired.stderr?.resume();
  const { pid } = wired.child;
  return {
    ...wired,
    // Below script is its shell, and below that the command.
    program: () => (pid === undefined ? undefined : childrenOf(pid).flatMap(childrenOf).find(leadsSession)),
    stdin: wired.stdin && typedEnd(wired.stdin),
    stderr: undefined,
    resize: resizer(pid, clock),
  };
};

/** `script` itself types Control-D when its input ends, but gives up when the command has not read all by then. */
function typedEnd(to: Writable): Writable {
  const push = (bytes: Buffer, done: () => void): void => {
    if (to.writable) to.write(bytes, () => done());
    else done();
  };
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => push(chunk, () => done()),
    final: (done) => push(endOfInput, () => done()),
  });
}

/** Of a burst only the last size counts: each costs a process. */
function resizer(pid: number | undefined, clock: Clock): (columns: number, rows: number) => void {
  let wanted: readonly [columns: number, rows: number] | undefined;
  let busy = false;
  const apply = async (): Promise<void> => {
    busy = true;
    const terminal = await terminalBelow(pid, clock);
    while (wanted !== undefined && terminal !== undefined) {
      const [columns, rows] = wanted;
      wanted = undefined;
      // It fails when the terminal is gone, and then nobody looks at it.
      await runTool("stty", ["-F", terminal, "rows", `${rows}`, "cols", `${columns}`]).catch(() => undefined);
    }
    busy = false;
  };
  return (columns, rows) => {
    if (columns < 1 || rows < 1) return;
    wanted = [columns, rows];
    if (!busy) void apply();
  };
}

async function terminalBelow(pid: number | undefined, clock: Clock): Promise<string | undefined> {
  for (const end = clock.monotonic() + openWait; pid !== undefined && clock.monotonic() < end;) {
    const path = childrenOf(pid)
      .map(stdinOf)
      .find((found) => found?.startsWith("/dev/pts/") === true);
    if (path !== undefined) return path;
    await clock.sleep(openLook);
  }
  return undefined;
}

function stdinOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/fd/0`);
  } catch {
    return undefined;
  }
}

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
