import {
  asProviderError,
  type ContainerRef,
  type ExecCommand,
  type Log,
  type ProcessStream,
  ProviderError,
  type TaskRef,
  usualSize,
} from "../../../../src/provider.ts";
import { openConnection } from "../connection.ts";
import { type Inside, openShell, type ShellParts } from "../shell/open-shell.ts";
import { killSession, pipedProgram, terminalProgram } from "../shell/programs.ts";
import { runScript } from "../shell/run-script.ts";
import { directProcess } from "./direct.ts";
import { pipedProcess } from "./piped.ts";
import { createResizer } from "./resizer.ts";
import { terminalProcess, type TerminalSession } from "./terminal.ts";

export interface ExecParts extends ShellParts {
  readonly groups: { find(task: TaskRef): { readonly name: string } | undefined };
  readonly log: Log;
}

export type Exec = (target: ContainerRef, command: ExecCommand, signal: AbortSignal) => Promise<ProcessStream>;

/**
 * As Provider.exec. Azure starts one program on a terminal and tells no exit code: a shell of the image does the rest. Where
 * it has none, a command without arguments on a terminal is started as it is, and its exit code is not known.
 */
export function createExec(parts: ExecParts): Exec {
  return async ({ task, container }, command, signal) => {
    const inside = insideOf(parts.groups, task, container);
    try {
      return await (command.tty ? onTerminal(parts, inside, command, signal) : piped(parts, inside, command, signal));
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ProviderError) || error.reason !== "NoShell") throw error;
      return direct(parts, inside, command, error, signal);
    }
  };
}

function insideOf(groups: ExecParts["groups"], task: TaskRef, container: string): Inside {
  const group = groups.find(task)?.name;
  if (group !== undefined) return { group, container };
  throw new ProviderError("notFound", "GroupNotFound", "no container group of this pod is known");
}

async function piped(
  parts: ExecParts,
  inside: Inside,
  command: ExecCommand,
  signal: AbortSignal,
): Promise<ProcessStream> {
  const shell = await openShell(parts, inside, (key) => pipedProgram(key, command), undefined, signal);
  return pipedProcess(shell, parts.clock, signal);
}

async function onTerminal(
  parts: ExecParts,
  inside: Inside,
  command: ExecCommand,
  signal: AbortSignal,
): Promise<ProcessStream> {
  const shell = await openShell(parts, inside, (key) => terminalProgram(key, command), command.size, signal);
  const alongside = (script: string, what: string): Promise<void> =>
    runScript(parts, inside, script).then(
      () => undefined,
      (error: unknown) => parts.log.warn(what, { group: inside.group, reason: asProviderError(error).reason }),
    );
  const resize = createResizer(parts.clock, command.size ?? usualSize, async ({ leader }, columns, rows) =>
    alongside(`stty rows ${rows} cols ${columns} </proc/${leader}/fd/0`, "a terminal keeps its size"),
  );
  const hands = {
    clock: parts.clock,
    resize,
    kill: ({ leader }: TerminalSession) =>
      void alongside(killSession(leader), "a command that was given up may still run"),
  };
  return terminalProcess(shell, command, hands, signal);
}

async function direct(
  { client, clock }: ExecParts,
  { group, container }: Inside,
  { argv, tty, stdin, size = usualSize }: ExecCommand,
  noShell: ProviderError,
  signal: AbortSignal,
): Promise<ProcessStream> {
  const [program = "", ...words] = argv;
  if (!tty || words.length > 0 || /\s/.test(program)) {
    const sentence = `${noShell.message}: without one only a program without arguments can be started, on a terminal (-it)`;
    throw new ProviderError("invalid", noShell.reason, sentence);
  }
  const how = { command: program, terminal: { rows: size.rows, cols: size.columns } };
  const connection = await openConnection(await client.exec(group, container, how, signal), "message", signal);
  return directProcess(connection, { stdin }, clock, signal);
}
