import { failure, type Answer } from "../answer.ts";

/** Which streams the client wants of a process. */
export interface StreamOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** The query of exec and attach. A terminal has one output only, so stderr is dropped there, not refused. */
export function parseStreamOptions(query: URLSearchParams): StreamOptions | Answer {
  const asked = (name: string): boolean => query.get(name) === "1";
  const tty = asked("tty");
  const options = { stdin: asked("input"), stdout: asked("output"), stderr: asked("error") && !tty, tty };
  if (options.stdin || options.stdout || options.stderr) return options;
  return failure(400, "BadRequest", "you must specify at least 1 of stdin, stdout, stderr");
}
