import type { Socket } from "node:net";
import { PassThrough, Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { ProviderError, type ProcessStream } from "../../../../../src/provider.ts";
import { frame, frameCutter, frameKinds, frames, type AttachEnd } from "../attach-frames.ts";
import { decode, encode, toError, type Message, type Methods, type RunRef } from "../protocol.ts";

/**
 * The streams of a running container, over a connection to the supervisor that is theirs alone. `signal` and a
 * destroyed stdin end the connection and nothing else.
 */
export async function attachOver(
  socket: Socket,
  run: RunRef,
  how: { readonly stdin: boolean; resize(columns: number, rows: number): void },
  signal: AbortSignal,
): Promise<ProcessStream> {
  const leave = (): void => void socket.destroy();
  signal.addEventListener("abort", leave, { once: true });
  socket.on("close", () => signal.removeEventListener("abort", leave));
  if (signal.aborted) leave();
  socket.write(`${encode({ id: 1, method: "attach", params: { ...run, stdin: how.stdin } })}\n`);
  const { result, rest } = await answerOf(socket);
  const outputs = { stdout: new PassThrough(), stderr: result.tty ? undefined : new PassThrough() };
  const end = listen(socket, rest, outputs);
  const exit = (async (): Promise<{ code: number }> => {
    const { code } = await end;
    const both = [outputs.stdout, outputs.stderr].filter((output) => output !== undefined);
    await Promise.all(both.map(async (output) => finished(output).catch(() => undefined)));
    if (code !== undefined) return { code };
    throw new ProviderError("unknown", "ContainerStatusUnknown", "the container ended, and nobody knows how");
  })();
  exit.catch(() => undefined);
  const resize = result.tty ? how.resize : () => undefined;
  return { stdin: inputOf(socket, how.stdin), ...outputs, resize, exit };
}

/** The answer, and what came behind its line; rejects when it is an error. */
function answerOf(socket: Socket): Promise<{ result: Methods["attach"]["result"]; rest: Buffer }> {
  return new Promise((resolve, reject) => {
    let held: Buffer = Buffer.alloc(0);
    const onClose = (): void =>
      reject(new ProviderError("transient", "SupervisorLost", "the supervisor of the process runtime went away"));
    const onData = (chunk: Buffer): void => {
      held = Buffer.concat([held, chunk]);
      const lineEnd = held.indexOf("\n");
      if (lineEnd < 0) return;
      socket.pause();
      socket.off("data", onData).off("close", onClose);
      const message = decode(held.subarray(0, lineEnd).toString()) as Exclude<Message, { event: string }>;
      if ("result" in message)
        return resolve({ result: message.result as Methods["attach"]["result"], rest: held.subarray(lineEnd + 1) });
      socket.destroy();
      reject(toError(message.error));
    };
    socket.on("data", onData).on("close", onClose);
    socket.on("error", () => socket.destroy());
  });
}

interface Outputs {
  readonly stdout: PassThrough;
  readonly stderr: PassThrough | undefined;
}

/**
 * Cuts the connection's bytes into the outputs; one that nobody reads holds up the connection, and so the container.
 * Resolves to how the run ended.
 */
function listen(socket: Socket, rest: Buffer, { stdout, stderr }: Outputs): Promise<AttachEnd> {
  const end = Promise.withResolvers<AttachEnd>();
  end.promise.catch(() => undefined);
  const flow = (): void => {
    if (stdout.writableNeedDrain || stderr?.writableNeedDrain === true) socket.pause();
    else socket.resume();
  };
  for (const output of [stdout, stderr]) output?.on("drain", flow).on("close", flow);
  const cut = frameCutter((kind, bytes) => {
    if (kind === frameKinds.end) return end.resolve(JSON.parse(bytes.toString()) as AttachEnd);
    const output = kind === frameKinds.stdout ? stdout : stderr;
    if (output?.destroyed === false) output.write(bytes);
  });
  const onData = (chunk: Buffer): void => {
    try {
      cut(chunk);
      flow();
    } catch {
      socket.destroy();
    }
  };
  socket.on("data", onData);
  socket.on("close", () => {
    end.reject(new ProviderError("unknown", "Detached", "the connection to the container ended before the container"));
    stdout.end();
    stderr?.end();
  });
  onData(rest);
  return end.promise;
}

function inputOf(socket: Socket, wanted: boolean): Writable {
  const stdin: Writable = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (!wanted || !socket.writable) return done();
      const pieces = frames(frameKinds.stdin, chunk);
      pieces.forEach((piece, n) => socket.write(piece, n === pieces.length - 1 ? () => done() : undefined));
      if (pieces.length === 0) done();
    },
    final(done) {
      if (wanted && socket.writable) socket.write(frame(frameKinds.stdin, Buffer.alloc(0)));
      done();
    },
    destroy(error, done) {
      if (!stdin.writableFinished) socket.destroy();
      done(error);
    },
  });
  return stdin;
}
