/** Provider.forward on Fargate: straight to the task's address, or a session of Session Manager for each connection. */
import { connect } from "node:net";
import { Duplex } from "node:stream";
import { type Clock, type Provider, ProviderError, type TaskRef } from "../../../src/provider.ts";
import type { ChannelEvent } from "../../aws/ssm-session/channel.ts";
import { flags, payloadTypes } from "../../aws/ssm-session/message.ts";
import type { EcsClient } from "../client.ts";
import type { Tasks } from "../tasks/known-tasks.ts";
import type { ExecClient } from "./client.ts";
import { createMuxReader, muxData, muxEnd, muxOpen } from "./mux.ts";
import { connectedTicket, type Gone, type Heard, openHeard, PATIENCE_MS } from "./start.ts";
import { targetOf, whyAway } from "./target.ts";

type Forward = NonNullable<Provider["forward"]>;

/** To the task's own address, as this process reaches it. */
export function createStraightForward(tasks: Pick<Tasks, "find">): Forward {
  return async (task, port, signal) => {
    const [host] = tasks.find(task)?.state.podIPs ?? [];
    if (host === undefined) throw new ProviderError("notFound", "NoAddress", "the task has no address yet, or no more");
    const socket = connect({ host, port, allowHalfOpen: true, signal });
    return new Promise((resolve, reject) => {
      socket.once("connect", () => resolve(socket));
      socket.once("error", (error) => {
        const sentence = `port ${port} of the task at ${host} takes no connection: ${error.message}`;
        reject(new ProviderError("unknown", "PortClosed", sentence, { cause: error }));
      });
    });
  };
}

export interface ForwardOptions {
  readonly client: ExecClient;
  readonly ecs: Pick<EcsClient, "describeTasks">;
  readonly tasks: Pick<Tasks, "find">;
  readonly cluster: string;
  readonly clock: Clock;
}

const document = "AWS-StartPortForwardingSession";
/** After the client's end, and with nothing coming back. */
const IDLE_MS = 10_000;

/** Into the network that a task's containers share, by way of the agent of any of them that runs. */
export function createSessionForward({ client, ecs, tasks, cluster, clock }: ForwardOptions): Forward {
  return async (task, port, signal) => {
    const { arn, target, container } = targetOf(anyRunning(task, tasks), tasks, cluster);
    const ask = async () =>
      client.startSession(target, document, { portNumber: String(port), localPortNumber: "0" }, signal);
    const explain = async (error: ProviderError) => whyAway(error, ecs, { arn, container });
    const ticket = await connectedTicket(ask, explain, clock, signal);
    const heard = await openHeard(ticket, clock);
    return connected(heard, { port, clock, terminate: async (id) => client.terminate(id) }, signal);
  };
}

function anyRunning(task: TaskRef, tasks: Pick<Tasks, "find">) {
  const found = tasks.find(task)?.state.containers.find(({ state }) => state.is === "running");
  return { task, container: found?.name ?? "", instance: 0 };
}

interface ConnectionParts {
  readonly port: number;
  readonly clock: Clock;
  readonly terminate: (id: string) => Promise<void>;
}

/** Until a connection that was not refused counts as made, milliseconds. */
const SETTLE_MS = 300;

async function connected(heard: Heard, parts: ConnectionParts, signal: AbortSignal): Promise<Duplex> {
  return new Connection(heard, parts, signal).made;
}

/**
 * A connection once the agent has shaken hands. The agent connects when the stream is opened, and tells only a failure: what
 * refuses is told within a moment, a connection that is there says nothing until its server does.
 */
class Connection {
  readonly #session: Heard["session"];
  readonly #parts: ConnectionParts;
  readonly #made = Promise.withResolvers<Duplex>();
  readonly #stream: Duplex;
  readonly #read = createMuxReader();
  #cancelWait: () => void;
  #cancelIdle: () => void = () => {};
  #isEnding = false;
  #isOver = false;

  constructor({ session, listen }: Heard, parts: ConnectionParts, signal: AbortSignal) {
    this.#session = session;
    this.#parts = parts;
    this.#stream = this.#open();
    const { port, clock } = parts;
    const late = `the agent of ECS Exec has connected, but not to port ${port} within ${PATIENCE_MS / 1_000} s`;
    this.#cancelWait = clock.after(PATIENCE_MS, () => this.#fail("AgentSilent", late));
    signal.addEventListener("abort", () => this.#stream.destroy(), { once: true });
    listen((event) => this.#hear(event));
  }

  get made(): Promise<Duplex> {
    return this.#made.promise;
  }

  #open(): Duplex {
    const send = async (bytes: Buffer, done: () => void): Promise<void> => {
      await this.#session.write(payloadTypes.output, bytes);
      done();
    };
    const stream = new Duplex({
      allowHalfOpen: true,
      read: () => this.#session.resume(),
      write: (chunk: Buffer, _encoding, done) => void send(muxData(chunk), done),
      final: (done) => {
        this.#isEnding = true;
        this.#endWhenIdle();
        done();
      },
      destroy: (error, done) => {
        this.#leave();
        done(error);
      },
    });
    return stream.on("error", () => undefined);
  }

  #hear(event: ChannelEvent | Gone): void {
    const { port } = this.#parts;
    switch (event.is) {
      case "refused":
        return this.#fail("SessionRefused", event.sentence);
      case "gone":
        return this.#fail("SessionLost", event.error?.message ?? `the session to port ${port} has ended`);
      case "closed":
        return this.#fail("SessionClosed", event.output.trim() || `the agent has ended the session to port ${port}`);
      case "started":
        return void this.#connect();
      case "data":
        if (event.type === payloadTypes.output) return this.#receive(event.bytes);
        if (event.type === payloadTypes.flag && event.bytes.readUInt32BE(0) === flags.connectError)
          this.#fail("PortClosed", `nothing listens on port ${port} in the task`);
    }
  }

  /** What refuses says so right after it has taken the request. */
  async #connect(): Promise<void> {
    await this.#session.write(payloadTypes.output, muxOpen);
    await this.#session.arrived();
    if (this.#isOver) return;
    this.#cancelWait();
    this.#cancelWait = this.#parts.clock.after(SETTLE_MS, () => this.#settle());
  }

  #receive(bytes: Buffer): void {
    this.#settle();
    for (const one of this.#read(bytes) ?? [{ is: "end" as const }]) {
      if (one.is === "end") this.#stream.push(null);
      else if (!this.#stream.push(one.bytes)) this.#session.pause();
    }
    this.#endWhenIdle();
  }

  #settle(): void {
    this.#cancelWait();
    this.#made.resolve(this.#stream);
  }

  /** The agent knows no half of a connection: its end is the end of both. */
  #endWhenIdle(): void {
    this.#cancelIdle();
    if (!this.#isEnding || this.#isOver) return;
    this.#cancelIdle = this.#parts.clock.after(IDLE_MS, () => void this.#session.write(payloadTypes.output, muxEnd));
  }

  #fail(reason: string, sentence: string): void {
    if (this.#isOver) return;
    const error = new ProviderError("unknown", reason, sentence);
    this.#made.reject(error);
    this.#stream.destroy(error);
  }

  #leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancelIdle();
    this.#cancelWait();
    this.#made.reject(new ProviderError("unknown", "Aborted", "the connection was given up"));
    void this.#sayGoodbye();
  }

  async #sayGoodbye(): Promise<void> {
    const flag = Buffer.alloc(4);
    flag.writeUInt32BE(flags.terminate);
    await this.#session.write(payloadTypes.flag, flag);
    await this.#parts.terminate(this.#session.id).catch(() => undefined);
    this.#session.close();
  }
}
