import { asProviderError, ProviderError, usualSize } from "../../../../../src/provider.ts";
import type { Clock, ContainerRef, ExecCommand, ProcessStream } from "../../../../../src/provider.ts";
import type { EngineClient } from "../api/client.ts";
import { runName, taskName } from "../names.ts";
import { exitCode } from "./exit-code.ts";
import type { SessionKiller } from "./kill-sessions.ts";
import { processStream } from "./process-stream.ts";
import { resizer } from "./resizer.ts";
import { startFailure } from "./engine-words.ts";

export interface StreamParts {
  readonly client: EngineClient;
  readonly clock: Clock;
  readonly killer: SessionKiller;
}

/**
 * An engine looks for keys that detach in whatever is typed, and holds them back while they may be the beginning:
 * with its default, Ctrl-P works only at the second key, and podman finds them in any stdin that comes byte by byte.
 * It cannot be switched off, so it is a row that nobody types, from a key that hardly anybody does.
 */
export const detachKeys = Array.from({ length: 4 }, () => "ctrl-^,ctrl-@").join(",");

export function engineExec(
  parts: StreamParts,
  { task, container, instance }: ContainerRef,
  command: ExecCommand,
  signal: AbortSignal,
): Promise<ProcessStream> {
  return execIn(parts, runName(taskName(task.identity), container, instance), command, signal);
}

/**
 * In a container of this name. Rejects when it does not run. A command that cannot be started is `invalid` with the
 * container runtime's sentence, by the `exit` of the stream at the latest.
 */
export async function execIn(
  { client, clock, killer }: StreamParts,
  container: string,
  { argv, tty, stdin, size = usualSize }: ExecCommand,
  signal: AbortSignal,
): Promise<ProcessStream> {
  signal.throwIfAborted();
  const exec = await client.createExec(container, {
    Cmd: argv,
    AttachStdin: stdin,
    AttachStdout: true,
    AttachStderr: !tty,
    Tty: tty,
    DetachKeys: detachKeys,
    // As the kubelet's runtimes do.
    Env: tty ? ["TERM=xterm"] : [],
  });
  signal.throwIfAborted();
  // From here on the command may run, so an abort has to wait for the answer to find it.
  const connection = await client.startExec(exec, tty ? size : undefined).catch(explain);
  return processStream(
    {
      connection,
      mayNotStart: true,
      tty,
      stdin,
      resize: resizer((columns, rows) => client.resize("exec", exec, columns, rows), clock),
      exitCode: (until) =>
        exitCode(
          async () => {
            const seen = await client.inspectExec(exec);
            return seen && { running: seen.Running, code: seen.ExitCode ?? undefined };
          },
          clock,
          until,
        ),
      clock,
      abandoned: () => killer.kill(exec),
    },
    signal,
  );
}

/** An engine that has not taken the connection over yet answers with an error instead. */
function explain(error: unknown): never {
  const told = asProviderError(error);
  const why = startFailure(told.message);
  throw why === undefined ? told : new ProviderError("invalid", "StartError", why, { cause: error });
}
