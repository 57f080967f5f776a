/** An engine's raw connection as the streams of a process. */
import { type Duplex, Readable, Writable } from "node:stream";
import { asProviderError, ProviderError } from "../../../../../src/provider.ts";
import type { Clock, ProcessStream } from "../../../../../src/provider.ts";
import { frameReader } from "../api/frames.ts";
import { isEngineNoise, mayBeStartFailure, startFailure, startFailureCodes } from "./engine-words.ts";

export interface Wiring {
  readonly connection: Duplex;
  /** The engine may not have started the process, and write why where its output would be. */
  readonly mayNotStart: boolean;
  /** With a tty the bytes are bare; without one they are frames of stdout and stderr. */
  readonly tty: boolean;
  /** Without it the process gets nothing of what is written. */
  readonly stdin: boolean;
  readonly resize: (columns: number, rows: number) => void;
  /** Asked once all output has come. Rejects when the signal aborts. */
  readonly exitCode: (signal: AbortSignal) => Promise<number>;
  readonly clock: Clock;
  /** The signal was aborted or stdin destroyed before the end; called once. The connection is closed already. */
  readonly abandoned: () => void;
}

/**
 * The outputs never emit an error: a connection that breaks ends them, and `exit` rejects. Bytes wait at the engine
 * while either output is not read: it sends both by one connection.
 */
export function processStream(wiring: Wiring, signal: AbortSignal): ProcessStream {
  const { connection, tty } = wiring;
  const stdout = outlet();
  const stderr = tty ? undefined : outlet();
  const end = (): void => {
    stdout.end();
    stderr?.end();
  };
  let over = false;
  const leave = (): void => {
    if (over) return;
    over = true;
    signal.removeEventListener("abort", leave);
    connection.destroy();
    wiring.abandoned();
  };
  // What breaks the connection is told by the reading side.
  connection.on("error", () => undefined);
  signal.addEventListener("abort", leave, { once: true });
  if (signal.aborted) leave();

  async function run(): Promise<{ readonly code: number }> {
    try {
      const { broken, doubtful } = await pump(wiring, stdout, stderr);
      if (doubtful.length === 0) end();
      const code = broken === undefined ? await wiring.exitCode(signal) : await codeDespite(broken, wiring, signal);
      const why = startFailureCodes.includes(code) ? startFailure(textOf(doubtful)) : undefined;
      if (why !== undefined) throw new ProviderError("invalid", "StartError", why);
      for (const { to, bytes } of doubtful) await to.put(bytes);
      if (over) throw abandonedError();
      return { code };
    } catch (error) {
      throw over ? abandonedError() : asProviderError(error);
    } finally {
      end();
      if (!over) signal.removeEventListener("abort", leave);
      over = true;
    }
  }
  const exit = run();
  // Whoever does not ask for the exit code is not told that there is none.
  exit.catch(() => undefined);
  return {
    stdin: inlet(wiring, leave),
    stdout: stdout.readable,
    stderr: stderr?.readable,
    resize: tty ? wiring.resize : () => undefined,
    exit,
  };
}

function abandonedError(): ProviderError {
  return new ProviderError("unknown", "StreamAbandoned", "the stream was given up before the process ended");
}

/** How long an engine may take to note the end of a command whose connection it has closed already. */
const patienceMs = 2_000;

/**
 * A command that ends without reading all of its input makes the engine close the connection while we still write: its
 * exit code is true nevertheless. Rejects with what broke when there was no such end.
 */
async function codeDespite(broken: ProviderError, wiring: Wiring, signal: AbortSignal): Promise<number> {
  if (!wiring.stdin || signal.aborted) throw broken;
  const patience = new AbortController();
  const cancel = wiring.clock.after(patienceMs, () => patience.abort());
  try {
    return await wiring.exitCode(AbortSignal.any([signal, patience.signal]));
  } catch {
    throw broken;
  } finally {
    cancel();
  }
}

interface Piece {
  readonly to: Outlet;
  readonly bytes: Buffer;
}

const textOf = (pieces: readonly Piece[]): string => Buffer.concat(pieces.map(({ bytes }) => bytes)).toString();

/**
 * Resolves at the end of the connection. `broken`: what broke it, if something did. `doubtful`: all that came, kept back
 * where it may be the engine's own words.
 */
async function pump(
  { connection, mayNotStart }: Wiring,
  stdout: Outlet,
  stderr: Outlet | undefined,
): Promise<{ readonly broken?: ProviderError; readonly doubtful: readonly Piece[] }> {
  const read = frameReader(1);
  const pieces = (chunk: Buffer): Piece[] =>
    stderr === undefined
      ? [{ to: stdout, bytes: chunk }]
      : read(chunk).flatMap(({ stream, bytes }) => {
          if (stream === "stdout") return { to: stdout, bytes };
          return mayNotStart && isEngineNoise(bytes) ? [] : { to: stderr, bytes };
        });
  let doubtful: Piece[] = [];
  let isDoubtful = mayNotStart;
  try {
    for await (const chunk of connection as AsyncIterable<Buffer>) {
      for (const piece of pieces(chunk)) {
        isDoubtful &&= mayBeStartFailure(textOf([...doubtful, piece]));
        const ready = isDoubtful ? [] : [...doubtful, piece];
        doubtful = isDoubtful ? [...doubtful, piece] : [];
        for (const { to, bytes } of ready) await to.put(bytes);
      }
    }
    return { doubtful };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    const broken = new ProviderError("unknown", "StreamBroken", `the container engine's stream broke off: ${detail}`);
    return { broken, doubtful };
  }
}

interface Outlet {
  readonly readable: Readable;
  /** Resolves when there is room for more. Nobody reads a destroyed one: then the bytes are dropped. */
  put(bytes: Buffer): Promise<void>;
  end(): void;
}

function outlet(): Outlet {
  let wanted = (): void => undefined;
  const readable = new Readable({
    read: () => wanted(),
    destroy(error, done) {
      wanted();
      done(error);
    },
  });
  return {
    readable,
    put: async (bytes) =>
      readable.destroyed || readable.push(bytes) ? undefined : new Promise((resolve) => (wanted = resolve)),
    end: () => readable.destroyed || readable.push(null),
  };
}

/** Never emits an error: a process that has ended reads no more, and that is no failure of the writer's. */
function inlet({ connection, stdin }: Wiring, leave: () => void): Writable {
  return new Writable({
    // Destroying means giving up; a stream that has finished is not destroyed by itself.
    autoDestroy: false,
    write(chunk: Buffer, _encoding, done) {
      if (stdin) connection.write(chunk, () => done());
      else done();
    },
    final(done) {
      if (stdin) connection.end(() => done());
      else done();
    },
    destroy(_error, done) {
      leave();
      done(null);
    },
  });
}
