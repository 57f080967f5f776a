/** In which ways a command can be run in a container of ECS, best first. Pure. */
import { type ExecCommand, usualSize } from "../../../src/provider.ts";
import { commandLine } from "../../shell/quote.ts";
import { besidePipes, besideTerminal, onTerminal } from "../../shell/scripts.ts";
import type { ReadingKind } from "./reading.ts";

export interface Way {
  /** `terminal`: ExecuteCommand. `pipes`: StartSession with a document that has two outputs and no input. */
  readonly by: "terminal" | "pipes";
  readonly line: string;
  readonly reading: ReadingKind;
  /** It needs a shell in the container; without one the next way that needs none is tried. */
  readonly shell: boolean;
}

/** `pipes`: may be tried here, as far as is known. */
export function waysFor(command: ExecCommand, token: string, pipes: boolean): readonly Way[] {
  const { argv, tty, stdin, size = usualSize } = command;
  const way = (by: Way["by"], reading: ReadingKind, words: readonly string[], shell: boolean): Way => {
    return { by, reading, line: commandLine(words), shell };
  };
  if (tty)
    return [way("terminal", "terminal", onTerminal(argv, token, size), true), way("terminal", "plain", argv, false)];
  const typed = way("terminal", "records", besideTerminal(argv, token, stdin), true);
  if (stdin) return [typed];
  const piped = [way("pipes", "pipes", besidePipes(argv, token), true), way("pipes", "plain", argv, false)];
  return pipes ? [...piped, typed] : [typed];
}
