/** A websocket of Azure's: where exec and attach carry their bytes. */
import type { Duplex } from "node:stream";
import { createWebSocketStream, WebSocket } from "ws";
import { asProviderError, ProviderError, type SecretText } from "../../../src/provider.ts";

/** As Azure gives it: an address at port 19390 of a host of its own, and what opens it. */
export interface Entrance {
  readonly webSocketUri: string;
  readonly password: SecretText;
}

/**
 * How the password is shown. `message`: as the first one (as Azure's command line does for exec). `header`: of the request, as
 * the API's description says for attach.
 */
export type PasswordBy = "message" | "header";

/** Milliseconds until a connection that has not opened is given up. */
const patience = 15_000;

/** Azure's messages have no stated limit; this one holds what a terminal writes at once many times. */
const maxPayload = 16 << 20;

/** Bytes both ways, with back-pressure; ends and errors as any socket. Rejects with a ProviderError. */
export async function openConnection(
  { webSocketUri, password }: Entrance,
  by: PasswordBy,
  signal: AbortSignal,
): Promise<Duplex> {
  signal.throwIfAborted();
  const headers = by === "header" ? { authorization: password.reveal() } : {};
  const socket = new WebSocket(webSocketUri, {
    headers,
    handshakeTimeout: patience,
    perMessageDeflate: false,
    maxPayload,
    // What a program writes is cut anywhere, also within a character.
    skipUTF8Validation: true,
  });
  const opened = Promise.withResolvers<void>();
  const abort = (): void => opened.reject(signal.reason as Error);
  signal.addEventListener("abort", abort, { once: true });
  socket.once("open", opened.resolve).once("error", opened.reject);
  try {
    await opened.promise;
    const duplex = createWebSocketStream(socket);
    // Whoever reads or writes is told; nobody else is to fall over it.
    duplex.on("error", () => undefined);
    if (by === "message") socket.send(password.reveal());
    return duplex;
  } catch (error) {
    socket.on("error", () => undefined).terminate();
    signal.throwIfAborted();
    throw unreachable(error);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function unreachable(error: unknown): ProviderError {
  const { message } = asProviderError(error);
  const sentence = `Azure's stream cannot be opened: ${message}. burstlet must reach port 19390 of Azure's hosts (wss)`;
  return new ProviderError("transient", "StreamUnreachable", sentence, { cause: error });
}
