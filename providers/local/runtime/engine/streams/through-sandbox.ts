import { once } from "node:events";
import { Duplex, type Readable, type Writable } from "node:stream";
import { ProviderError } from "../../../../../src/provider.ts";
import { connectCommand } from "../own-image/pause.ts";
import { execIn, type StreamParts } from "./exec.ts";

/** What `connect` writes when it is connected: AF_INET or AF_INET6. An engine that cannot start it writes a sentence. */
const connected = [2, 10];

/**
 * A connection made by a program of our own in the task's sandbox, which any engine can run, near or far. What the
 * server has closed is closed both ways: an exec ends as a whole. `port` on 127.0.0.1, or else on ::1.
 */
export async function connectThroughSandbox(
  parts: StreamParts,
  sandbox: string,
  port: number,
  signal: AbortSignal,
): Promise<Duplex> {
  const command = { argv: [connectCommand, String(port)], tty: false, stdin: true };
  const { stdin, stdout, stderr, exit } = await execIn(parts, sandbox, command, signal);
  const said =
    stderr === undefined ? [] : ((await Promise.race([once(stderr, "data"), exit.catch(() => [])])) as Buffer[]);
  stderr?.resume();
  if (connected.includes(said[0]?.[0] ?? 0)) return joined(stdin, stdout);
  signal.throwIfAborted();
  const { code } = await exit;
  if (code === 1)
    throw new ProviderError("notFound", "ConnectionRefused", `nothing listens on port ${port} of the pod`);
  const message = `the pod's sandbox could not connect to port ${port} (exit code ${code}): ${String(said[0] ?? "")}`;
  throw new ProviderError("unknown", "ForwardFailed", message);
}

/** As `Duplex.from`, which turns a plain `destroy` into an error. */
function joined(stdin: Writable, stdout: Readable): Duplex {
  const connection = new Duplex({
    read: () => void stdout.resume(),
    write: (chunk, _encoding, done) => void stdin.write(chunk, () => done()),
    final: (done) => void stdin.end(() => done()),
    destroy(error, done) {
      // What has ended on both sides ends by itself.
      if (!connection.readableEnded || !connection.writableFinished) stdin.destroy();
      stdout.destroy();
      done(error);
    },
  });
  stdout.on("data", (bytes) => connection.push(bytes) || stdout.pause());
  stdout.on("end", () => connection.push(null));
  return connection;
}
