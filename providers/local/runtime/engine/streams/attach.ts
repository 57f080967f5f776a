import { ProviderError } from "../../../../../src/provider.ts";
import type { ContainerRef, ProcessStream } from "../../../../../src/provider.ts";
import { runName, taskName } from "../names.ts";
import { seenOf } from "../seen.ts";
import { detachKeys, type StreamParts } from "./exec.ts";
import { exitCode, type Progress } from "./exit-code.ts";
import { processStream } from "./process-stream.ts";
import { resizer } from "./resizer.ts";

/**
 * The streams of a running container, from now on. Whether there is a terminal and a stdin is what the container was
 * made with. podman closes the stdin of a container without a terminal when the first client leaves.
 */
export async function engineAttach(
  { client, clock }: Omit<StreamParts, "killer">,
  target: ContainerRef,
  { stdin }: { readonly stdin: boolean },
  signal: AbortSignal,
): Promise<ProcessStream> {
  signal.throwIfAborted();
  const id = runName(taskName(target.task.identity), target.container, target.instance);
  const found = await client.inspect(id);
  if (found === undefined) throw notRunning("notFound", target);
  if (seenOf(found).state !== "running") throw notRunning("conflict", target);
  const { Tty: tty = false, OpenStdin: open = false } = found.Config;
  const connection = await client.attach(id, { stdin: stdin && open, detachKeys });
  async function progress(): Promise<Progress | undefined> {
    const now = await client.inspect(id);
    if (now === undefined) return undefined;
    const { state, exitCode: code } = seenOf(now);
    return { running: state === "running", code: state === "ended" ? code : undefined };
  }
  return processStream(
    {
      connection,
      mayNotStart: false,
      tty,
      stdin: stdin && open,
      resize: resizer((columns, rows) => client.resize("containers", id, columns, rows), clock),
      exitCode: (until) => exitCode(progress, clock, until),
      clock,
      abandoned: () => undefined,
    },
    signal,
  );
}

function notRunning(kind: "notFound" | "conflict", { container, instance }: ContainerRef): ProviderError {
  const message = `run ${instance} of container ${container} does not run in the container engine`;
  return new ProviderError(kind, kind === "notFound" ? "ContainerNotFound" : "ContainerNotRunning", message);
}
