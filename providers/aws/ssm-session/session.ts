/** A session of Session Manager over its WebSocket: the edge around `channel.ts`. */
import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import { WebSocket } from "ws";
import { type Clock, ProviderError } from "../../../src/provider.ts";
import { type Channel, type ChannelEvent, createChannel, LONGEST_PAYLOAD, type Outcome } from "./channel.ts";
import { createGathering, type Gathering } from "./gathering.ts";
import { CLIENT_VERSION } from "./handshake.ts";

/** What StartSession and ExecuteCommand answer. */
export interface SessionTicket {
  readonly id: string;
  readonly streamUrl: string;
  readonly token: string;
}

export interface Session {
  readonly id: string;
  /** In its order, in messages of at most 1,024 bytes; resolves when the other side has room for more. */
  write(type: number, bytes: Uint8Array): Promise<void>;
  /** Resolves when all that was written has been acknowledged, or the session is over. */
  arrived(): Promise<void>;
  /** Reads no more until `resume`: the agent is held up once the network between is full. */
  pause(): void;
  resume(): void;
  close(): void;
}

export interface SessionOptions {
  readonly clock: Clock;
  readonly onEvent: (event: ChannelEvent) => void;
  /** Once, when the connection is gone, by whomever. */
  readonly onGone: (error: ProviderError | undefined) => void;
}

const CONNECT_MS = 8_000;
/** As the plugin does. */
const PING_MS = 300_000;
/** Unsent bytes in the socket beyond which nothing more is written. */
const SOCKET_FULL = 1 << 20;

/** Connects and shows the token. Rejects when there is no connection. */
export async function openSession(ticket: SessionTicket, options: SessionOptions): Promise<Session> {
  const socket = new WebSocket(ticket.streamUrl, { perMessageDeflate: false, handshakeTimeout: CONNECT_MS });
  const connection = await connected(socket);
  socket.send(
    JSON.stringify({
      MessageSchemaVersion: "1.0",
      RequestId: randomUUID(),
      TokenValue: ticket.token,
      ClientId: randomUUID(),
      ClientVersion: CLIENT_VERSION,
    }),
  );
  return new DataChannel(ticket.id, socket, connection, options);
}

/** The connection below the WebSocket. */
async function connected(socket: WebSocket): Promise<Socket> {
  return new Promise((resolve, reject) => {
    let connection: Socket;
    socket.once("upgrade", (response) => (connection = response.socket));
    socket.once("open", () => resolve(connection));
    socket.once("error", (error) => {
      const sentence = `the session's data channel cannot be reached, check the network's way to ssmmessages: ${error.message}`;
      reject(new ProviderError("transient", "SessionUnreachable", sentence, { cause: error }));
    });
  });
}

class DataChannel implements Session {
  readonly id: string;
  readonly #socket: WebSocket;
  readonly #connection: Socket;
  readonly #options: SessionOptions;
  readonly #channel: Channel;
  readonly #gathering: Gathering;
  #over = false;
  #isGathering = false;
  #armed = false;
  #cancel: () => void = () => {};
  #cancelPing: () => void = () => {};
  #waiting: (() => void)[] = [];
  #turn: Promise<void> = Promise.resolve();

  constructor(id: string, socket: WebSocket, connection: Socket, options: SessionOptions) {
    this.#connection = connection;
    this.id = id;
    this.#socket = socket;
    this.#options = options;
    this.#channel = createChannel(randomUUID, () => options.clock.now());
    this.#gathering = createGathering(options.onEvent);
    let failure: Error | undefined;
    socket.on("message", (data: Buffer) => {
      this.#obey(this.#channel.receive(data, options.clock.monotonic()));
      this.#wake();
    });
    socket.on("error", (error) => (failure = error));
    socket.once("close", (code, reason) => this.#gone(code, failure?.message ?? reason.toString()));
    this.#pingLater();
  }

  async write(type: number, bytes: Uint8Array): Promise<void> {
    this.#turn = this.#turn.then(async () => this.#writeAll(type, bytes));
    await this.#turn;
  }

  async arrived(): Promise<void> {
    await this.#turn;
    while (!this.#over && !this.#channel.idle) await this.#something();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    // A socket that is paused never sees the other side's goodbye.
    this.#socket.resume();
    this.#socket.close();
  }

  async #writeAll(type: number, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += LONGEST_PAYLOAD) {
      while (!this.#over && (!this.#channel.open || this.#socket.bufferedAmount > SOCKET_FULL)) await this.#something();
      if (this.#over) return;
      const payload = Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.min(LONGEST_PAYLOAD, bytes.length - at));
      this.#obey(this.#channel.input(type, payload, this.#options.clock.monotonic()));
    }
  }

  async #something(): Promise<void> {
    await new Promise<void>((resolve) => void this.#waiting.push(resolve));
  }

  #obey({ send, events }: Outcome): void {
    if (send.length > 0 || events.length > 0) this.#gather();
    for (const bytes of send) this.#socket.send(bytes);
    for (const event of events) this.#gathering.take(event);
    this.#arm();
  }

  /**
   * What one read of the network brings is answered by one write, and handed on as one piece: an acknowledgement is no
   * reason for a system call.
   */
  #gather(): void {
    if (this.#isGathering) return;
    this.#isGathering = true;
    this.#connection.cork();
    setImmediate(() => {
      this.#isGathering = false;
      this.#connection.uncork();
      this.#gathering.flush();
    });
  }

  /** One timer at a time, for what is sent again. */
  #arm(): void {
    if (this.#armed || this.#over) return;
    const { clock } = this.#options;
    const ms = this.#channel.wait(clock.monotonic());
    if (ms === undefined) return;
    this.#armed = true;
    this.#cancel = clock.after(ms, () => {
      this.#armed = false;
      if (!this.#over) this.#obey(this.#channel.tick(clock.monotonic()));
    });
  }

  #pingLater(): void {
    this.#cancelPing = this.#options.clock.after(PING_MS, () => {
      this.#socket.ping();
      this.#pingLater();
    });
  }

  #gone(code: number, words: string): void {
    this.#over = true;
    this.#cancel();
    this.#cancelPing();
    this.#gathering.flush();
    this.#wake();
    const why = `the session's data channel broke (${code})${words === "" ? "" : `: ${words}`}`;
    const isGoodbye = code === 1000 || code === 1005;
    this.#options.onGone(isGoodbye ? undefined : new ProviderError("transient", "SessionBroken", why));
  }

  #wake(): void {
    if (this.#waiting.length === 0) return;
    const all = this.#waiting;
    this.#waiting = [];
    for (const one of all) one();
  }
}
