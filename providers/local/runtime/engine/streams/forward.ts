import type { Duplex } from "node:stream";
import { ProviderError } from "../../../../../src/provider.ts";
import type { TaskRef } from "../../../../../src/provider.ts";
import { loopbacks, type Doors } from "../../network/doors.ts";
import { sandboxName, taskName } from "../names.ts";
import { seenOf } from "../seen.ts";
import type { StreamParts } from "./exec.ts";
import { connectThroughSandbox } from "./through-sandbox.ts";

export interface ForwardParts extends StreamParts {
  readonly doors: Doors;
  /** A process of this machine that belongs to a container; `undefined` when the engine runs on another one. */
  readonly processOf: (containerId: string) => Promise<number | undefined>;
}

/**
 * Into the network of the task's sandbox, which all its containers share: by a door where the engine runs on this
 * machine and burstlet may enter, else through the sandbox, which costs an exec for each connection.
 */
export async function engineForward(
  parts: ForwardParts,
  { identity }: TaskRef,
  port: number,
  signal: AbortSignal,
): Promise<Duplex> {
  const name = sandboxName(taskName(identity));
  const found = await parts.client.inspect(name);
  const sandbox = found && seenOf(found);
  if (sandbox?.state !== "running") throw new ProviderError("notFound", "TaskNotRunning", "the pod does not run");
  const { id, startedAt, addresses } = sandbox;
  const find = async (): Promise<number> => {
    const pid = await parts.processOf(id);
    if (pid === undefined) throw new ProviderError("denied", "EngineNotLocal", "the engine is not on this machine");
    return pid;
  };
  // Who listens at the task's address alone is found too.
  const place = { key: `${id}/${startedAt}`, find, hosts: [...loopbacks, ...addresses] };
  try {
    return await parts.doors.connect(place, port, signal);
  } catch (error) {
    if (!(error instanceof ProviderError) || error.kind !== "denied") throw error;
    return connectThroughSandbox(parts, name, port, signal);
  }
}
