import type { Duplex } from "node:stream";
import { ProviderError } from "../../../../../src/provider.ts";
import type { TaskRef } from "../../../../../src/provider.ts";
import { loopbacks, type Doors } from "../../network/doors.ts";
import type { EngineClient } from "../api/client.ts";
import { sandboxName, taskName } from "../names.ts";
import { seenOf } from "../seen.ts";
import { localProcess } from "./local-process.ts";

/** Into the network of the task's sandbox, which all its containers share. Rejects where the engine is on another machine. */
export async function engineForward(
  { client, doors }: { readonly client: EngineClient; readonly doors: Doors },
  { identity }: TaskRef,
  port: number,
  signal: AbortSignal,
): Promise<Duplex> {
  const found = await client.inspect(sandboxName(taskName(identity)));
  const sandbox = found && seenOf(found);
  if (sandbox?.state !== "running") throw new ProviderError("notFound", "TaskNotRunning", "the task does not run");
  const { id, startedAt, addresses } = sandbox;
  // Who listens at the task's address alone is found too.
  const place = { key: `${id}/${startedAt}`, find: () => processOf(id), hosts: [...loopbacks, ...addresses] };
  return doors.connect(place, port, signal);
}

async function processOf(id: string): Promise<number> {
  const pid = await localProcess(id);
  if (pid !== undefined) return pid;
  const message =
    "a port of this task cannot be forwarded: its container engine runs on another machine, and only here can burstlet enter the task's network";
  throw new ProviderError("denied", "EngineNotLocal", message);
}
