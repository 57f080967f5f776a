import type { Readable } from "node:stream";
import type { WebSocket } from "ws";
import type { Runtime } from "../../../providers/local/runtime/runtime.ts";
import type { Target } from "./exec.ts";

/** The output of a container from now on, both streams in one. What the client says is read by nobody. */
export function attached(runtime: Runtime, client: WebSocket, target: Target | undefined): void {
  const over = new AbortController();
  client.once("close", () => over.abort());
  const run = target === undefined ? Promise.resolve() : follow(runtime, client, target, over.signal);
  void run.catch(() => undefined).then(() => client.close(1000));
}

async function follow(runtime: Runtime, client: WebSocket, target: Target, signal: AbortSignal): Promise<void> {
  if (runtime.attach !== undefined) {
    const { stdout, stderr } = await runtime.attach(target, { stdin: false }, signal);
    await Promise.all([sent(client, stdout), stderr === undefined ? undefined : sent(client, stderr)]);
    return;
  }
  for await (const records of runtime.logs(target, { follow: true, tailLines: 0 }, signal))
    for (const { bytes, partial } of records) await send(client, partial ? bytes : Buffer.concat([bytes, newline]));
}

const newline = Buffer.from("\n");

async function sent(client: WebSocket, output: Readable): Promise<void> {
  for await (const bytes of output) await send(client, bytes as Buffer);
}

/** Resolves when it has gone, so that who reads slowly holds up the output. */
function send(client: WebSocket, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => client.send(bytes, () => resolve()));
}
