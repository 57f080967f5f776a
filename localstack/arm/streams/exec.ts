import { createWebSocketStream, type WebSocket } from "ws";
import type { Runtime } from "../../../providers/local/runtime/runtime.ts";

/** A run of a container. */
export type Target = Parameters<Runtime["logs"]>[0];

export interface Execution {
  readonly argv: readonly string[];
  readonly rows: number;
  readonly cols: number;
  readonly target: Target | undefined;
}

/**
 * A command on a terminal: bytes both ways, no exit code, no way to tell another size. The command goes with its connection,
 * and the connection with its command.
 */
export function executed(runtime: Runtime, client: WebSocket, execution: Execution): void {
  const { argv, rows, cols, target } = execution;
  const over = new AbortController();
  client.once("close", () => over.abort());
  const stream = createWebSocketStream(client);
  stream.on("error", () => over.abort());
  const run = async (): Promise<void> => {
    if (target === undefined || runtime.exec === undefined) return;
    const command = { argv, tty: true, stdin: true, size: { columns: cols, rows } };
    const process = await runtime.exec(target, command, over.signal);
    process.stdin.on("error", () => {});
    stream.pipe(process.stdin);
    for await (const bytes of process.stdout) {
      if (!stream.write(bytes)) await drained(client, stream);
    }
    await process.exit;
  };
  run().then(
    () => client.close(1000),
    (error: unknown) => {
      // That a command which cannot be started is told in the stream is from memory.
      if (!over.signal.aborted) client.send(Buffer.from(`${(error as Error).message}\r\n`));
      client.close(1000);
    },
  );
}

/** A client that goes away reads no more. */
function drained(client: WebSocket, stream: NodeJS.EventEmitter): Promise<void> {
  return new Promise((resolve) => {
    stream.once("drain", resolve);
    client.once("close", resolve);
  });
}
