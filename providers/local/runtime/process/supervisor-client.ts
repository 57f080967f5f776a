/** The way from burstlet to the supervisor: finds it, or starts it, and talks with it. */
import { closeSync, constants, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ProviderError, type Clock } from "../../../../src/provider.ts";
import { toolEnvironment } from "./host/command.ts";
import { spawnSealed } from "../spawn.ts";
import { logName, socketName } from "./paths.ts";
import {
  decode,
  encode,
  lineFramer,
  protocolVersion,
  toError,
  type Event,
  type Message,
  type Method,
  type Methods,
} from "./protocol.ts";
import type { SupervisorOptions } from "./supervisor-main.ts";

export interface Connection {
  call<M extends Method>(method: M, params: Methods[M]["params"]): Promise<Methods[M]["result"]>;
  close(): void;
  readonly closed: Promise<void>;
}

export interface SupervisorPlace {
  readonly stateDir: string;
  readonly options: SupervisorOptions;
  readonly clock: Clock;
}

/** Until a supervisor must have come up, milliseconds; it takes about 300. */
const startWait = 20_000;
const startLook = 20;
/** The path of a socket may have 107 bytes (unix(7)). */
const maxSocketPath = 107;

/** The connection broke before the answer came: whether the request was carried out is not known. */
export class ConnectionLost extends ProviderError {
  constructor() {
    super("unknown", "SupervisorLost", "the connection to the supervisor of the process runtime broke");
  }
}

/** Connects, starting a supervisor where none is. */
export async function reachSupervisor(
  place: SupervisorPlace,
  onEvent: (event: Event) => void,
  signal?: AbortSignal,
): Promise<Connection> {
  const end = place.clock.monotonic() + startWait;
  let started: Started | undefined;
  for (;;) {
    const socket = await tryConnect(place.stateDir);
    const connection = socket === undefined ? undefined : await greet(openConnection(socket, onEvent), place.stateDir);
    if (connection !== undefined) return connection;
    // One that ended well found the lock taken, perhaps by one that was just ending.
    if (started === undefined || started.ended === 0) started = startSupervisor(place);
    if (typeof started.ended === "string" || place.clock.monotonic() > end)
      throw notStarted(place.stateDir, started.ended);
    await place.clock.sleep(startLook, signal);
  }
}

/** The connection, when who answers understands us; `undefined` when nobody answers. */
async function greet(connection: Connection, stateDir: string): Promise<Connection | undefined> {
  const hello = await connection.call("hello", {}).catch((error: unknown) => {
    if (error instanceof ConnectionLost) return undefined;
    throw error;
  });
  if (hello?.protocol === protocolVersion) return connection;
  connection.close();
  if (hello !== undefined) throw foreignVersion(stateDir, hello.pid);
  return undefined;
}

/** `ended`: 0, or why it failed. */
interface Started {
  ended: 0 | string | undefined;
}

/** A connection to a supervisor that runs, or `undefined`. */
export async function tryConnect(stateDir: string): Promise<Socket | undefined> {
  const path = join(stateDir, socketName);
  let directory: number | undefined;
  try {
    if (Buffer.byteLength(path) > maxSocketPath)
      directory = openSync(stateDir, constants.O_RDONLY | constants.O_DIRECTORY);
    const socket = connect(directory === undefined ? path : `/proc/self/fd/${directory}/${socketName}`);
    await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    return socket;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // EAGAIN: its queue of connections is full.
    if (code === "ENOENT" || code === "ECONNREFUSED" || code === "EAGAIN") return undefined;
    throw new ProviderError(
      "denied",
      "SupervisorUnreachable",
      `the supervisor's socket in ${stateDir} cannot be used: ${(error as Error).message}`,
    );
  } finally {
    if (directory !== undefined) closeSync(directory);
  }
}

/** `undefined`: a supervisor that was just ending has removed the directory again. */
function openLog(stateDir: string): number | undefined {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  try {
    return openSync(join(stateDir, logName), "a", 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function startSupervisor({ stateDir, options }: SupervisorPlace): Started {
  const output = openLog(stateDir);
  if (output === undefined) return { ended: 0 };
  const main = fileURLToPath(new URL("./supervisor-main.ts", import.meta.url));
  const state: Started = { ended: undefined };
  try {
    // node:sqlite, which holds the lock, is still called experimental and would say so in the log at each start.
    const child = spawnSealed(
      [process.execPath, "--disable-warning=ExperimentalWarning", main, stateDir, JSON.stringify(options)],
      {
        cwd: stateDir,
        detached: true,
        env: toolEnvironment,
        stdio: ["ignore", output, output],
      },
    );
    // Removed meanwhile, as above: the next try makes it again.
    child.on("error", (error) => (state.ended = existsSync(stateDir) ? error.message : 0));
    child.on(
      "exit",
      (code, signal) => (state.ended = code === 0 ? 0 : `it ended with ${signal ?? `exit code ${code}`}`),
    );
    child.unref();
  } finally {
    closeSync(output);
  }
  return state;
}

function openConnection(socket: Socket, onEvent: (event: Event) => void): Connection {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const closed = Promise.withResolvers<void>();
  let lastId = 0;
  socket.on(
    "data",
    lineFramer((line) => {
      const message = decode(line) as Message;
      if ("event" in message) return onEvent(message);
      const asked = waiting.get(message.id);
      waiting.delete(message.id);
      if ("error" in message) asked?.reject(toError(message.error));
      else asked?.resolve(message.result);
    }),
  );
  socket.on("error", () => socket.destroy());
  socket.on("close", () => {
    for (const asked of waiting.values()) asked.reject(new ConnectionLost());
    waiting.clear();
    closed.resolve();
  });
  return {
    call<M extends Method>(method: M, params: Methods[M]["params"]) {
      if (socket.destroyed) return Promise.reject(new ConnectionLost());
      const asked = Promise.withResolvers<unknown>();
      lastId += 1;
      waiting.set(lastId, asked);
      socket.write(`${encode({ id: lastId, method, params })}\n`);
      return asked.promise as Promise<Methods[M]["result"]>;
    },
    close: () => void socket.destroy(),
    closed: closed.promise,
  };
}

function notStarted(stateDir: string, why: string | 0 | undefined): ProviderError {
  const path = join(stateDir, logName);
  const lastLines = readFileSync(path, "utf8").trimEnd().split("\n").slice(-5).join("\n");
  const message = `the supervisor of the process runtime does not start (${why || "no answer"}); the end of ${path}:\n${lastLines}`;
  return new ProviderError("transient", "SupervisorNotStarted", message);
}

function foreignVersion(stateDir: string, pid: number): ProviderError {
  const message = `the supervisor of ${stateDir} (pid ${pid}) was started by another version of burstlet; stop its pods, end it with SIGTERM, and start burstlet again`;
  return new ProviderError("conflict", "SupervisorVersion", message);
}
