/** A container's own output, from now on. Its input is never open: such pods are refused. */
import { Writable } from "node:stream";
import {
  asProviderError,
  type Clock,
  type ContainerRef,
  type LogRecord,
  type LogRequest,
  type Log,
  type ProcessStream,
  ProviderError,
  type TaskRef,
  type TaskState,
} from "../../../src/provider.ts";
import { type Entrance, openConnection } from "./connection.ts";
import { createOutlet, type Outlet } from "./outlet.ts";

export interface AttachParts {
  readonly client: { attach(group: string, container: string, signal?: AbortSignal): Promise<Entrance> };
  readonly groups: { find(task: TaskRef): { readonly name: string; readonly state: TaskState } | undefined };
  /** Reads one group now, by name. */
  readonly look: (group: string) => Promise<void>;
  readonly logs: (source: ContainerRef, want: LogRequest, signal: AbortSignal) => AsyncIterable<readonly LogRecord[]>;
  readonly clock: Clock;
  readonly log: Log;
}

/** How long the end of a container may stay unknown after that of its output, milliseconds. */
const patience = 30_000;
const pause = 1_000;

/**
 * As Provider.attach. By Azure's stream, which brings what is written and takes nothing; where that cannot be had, by its log,
 * which is followed.
 */
export function createAttach(parts: AttachParts) {
  return async (
    target: ContainerRef,
    _how: { readonly stdin: boolean },
    signal: AbortSignal,
  ): Promise<ProcessStream> => {
    const group = parts.groups.find(target.task)?.name;
    if (group === undefined)
      throw new ProviderError("notFound", "GroupNotFound", "no container group of this pod is known");
    const stdout = createOutlet();
    const source = (await streamOf(parts, group, target.container, signal)) ?? byLog(parts, target, signal);
    const exit = run(parts, source, stdout, target, signal);
    exit.catch(() => undefined);
    return { stdin: nothing(), stdout: stdout.readable, stderr: undefined, resize: () => undefined, exit };
  };
}

/** `undefined`: it cannot be had. The API's description shows the password in a header, and not as a message. */
export async function streamOf(
  { client, log }: Pick<AttachParts, "client" | "log">,
  group: string,
  container: string,
  signal: AbortSignal,
): Promise<AsyncIterable<Buffer> | undefined> {
  const entrance = await client.attach(group, container, signal);
  try {
    const connection = await openConnection(entrance, "header", signal);
    signal.addEventListener("abort", () => void connection.destroy(), { once: true });
    return connection as AsyncIterable<Buffer>;
  } catch (error) {
    signal.throwIfAborted();
    const { reason, message } = asProviderError(error);
    log.info("a container's output is read from its log, for want of a stream", { group, reason, message });
    return undefined;
  }
}

async function* byLog({ logs }: AttachParts, source: ContainerRef, signal: AbortSignal): AsyncGenerator<Buffer> {
  for await (const records of logs(source, { follow: true, tailLines: 0 }, signal))
    yield Buffer.concat(records.flatMap(({ bytes, partial }) => (partial ? [bytes] : [bytes, Buffer.from("\n")])));
}

async function run(
  parts: AttachParts,
  source: AsyncIterable<Buffer>,
  stdout: Outlet,
  target: ContainerRef,
  signal: AbortSignal,
): Promise<{ readonly code: number }> {
  try {
    for await (const chunk of source) await stdout.put(chunk);
    signal.throwIfAborted();
    return await endOf(parts, target, signal);
  } catch (error) {
    if (signal.aborted) throw new ProviderError("unknown", "StreamAbandoned", "the stream was given up");
    throw asProviderError(error);
  } finally {
    stdout.end();
  }
}

/** What has become of that run: Azure's stream does not tell. */
async function endOf(
  { groups, look, clock }: AttachParts,
  { task, container, instance }: ContainerRef,
  signal: AbortSignal,
): Promise<{ readonly code: number }> {
  for (let waited = 0; waited <= patience; waited += pause) {
    const known = groups.find(task);
    const found = known?.state.containers.find(({ name }) => name === container);
    const end = found?.instance === instance ? found.state : found?.last;
    if (end?.is === "terminated" && end.exitCode !== undefined) return { code: end.exitCode & 0xff };
    if (known === undefined || end?.is === "terminated") break;
    await look(known.name).catch(() => undefined);
    await clock.sleep(pause, signal);
  }
  throw new ProviderError(
    "unknown",
    "StreamBroken",
    "the stream of the container's output has ended, and not for certain the container",
  );
}

function nothing(): Writable {
  return new Writable({ autoDestroy: false, write: (_chunk, _encoding, done) => done() });
}
