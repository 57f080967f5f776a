/** Sessions into containers: who may open which, and the agent behind each. */
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { Runtime } from "../../providers/local/runtime/runtime.ts";
import type { PacedClock } from "../clock.ts";
import type { ContainerRecord, TaskRecord } from "../ecs/task/record.ts";
import { identityOf } from "../owner.ts";
import type { ScenarioBox } from "../scenario/box.ts";
import type { Agent } from "./agent/agent.ts";
import { forwardPort } from "./agent/port.ts";
import { runOnPipes, runOnTerminal } from "./agent/run.ts";
import { AgentChannel } from "./agent-channel.ts";
import { createRoom } from "./room.ts";
import { createWeather } from "./weather.ts";

export type Wish = { readonly task: TaskRecord; readonly container: ContainerRecord } & (
  | { readonly kind: "terminal" | "pipes"; readonly line: string }
  | { readonly kind: "port"; readonly port: number }
);

export interface Session {
  readonly id: string;
  readonly token: string;
  readonly url: string;
}

export interface Sessions {
  /** How many have an agent now. */
  readonly running: number;
  start(wish: Wish): Session;
  /** The client's connection, which has yet to show its token. */
  connect(id: string, socket: WebSocket, connection: Duplex): void;
  /** False: there is none. */
  terminate(id: string): boolean;
  close(): void;
}

export interface SessionParts {
  readonly clock: PacedClock;
  readonly scenario: ScenarioBox;
  readonly runtime: Runtime;
  readonly newId: () => string;
  /** `ws://127.0.0.1:4566`. */
  readonly base: () => string;
}

interface Open extends Session {
  readonly wish: Wish;
  end: () => void;
  socket?: WebSocket;
}

export function createSessions(parts: SessionParts): Sessions {
  const open = new Map<string, Open>();
  const running = new Set<string>();
  const finish = (id: string): void => {
    open.get(id)?.socket?.close();
    open.delete(id);
    running.delete(id);
  };
  return {
    get running() {
      return running.size;
    },
    start(wish) {
      const prefix = wish.kind === "terminal" ? "ecs-execute-command" : "stand-in";
      const id = `${prefix}-${parts.newId().slice(0, 17)}`;
      const url = `${parts.base()}/v1/data-channel/${id}?role=publish_subscribe`;
      const session: Open = { id, token: parts.newId(), url, wish, end: () => finish(id) };
      open.set(id, session);
      return session;
    },
    connect(id, socket, connection) {
      const session = open.get(id);
      if (session === undefined || session.socket !== undefined) return socket.close(1008, "no such session");
      session.socket = socket;
      socket.once("message", (data: Buffer, isBinary: boolean) => {
        if (isBinary || !isToken(data, session.token)) return socket.close(1008, "the token is wrong");
        if (parts.scenario.now.switches.execAgent === "silent") return;
        running.add(id);
        void serve(parts, session, { socket, gather: gathering(connection) }).finally(() => finish(id));
      });
      // The service tells the agent when a client has gone for good; here it is told at once.
      socket.once("close", () => session.end());
      socket.on("error", () => undefined);
    },
    terminate(id) {
      const session = open.get(id);
      session?.end();
      return session !== undefined;
    },
    close() {
      for (const { id, end } of open.values()) {
        end();
        finish(id);
      }
    },
  };
}

function isToken(data: Buffer, token: string): boolean {
  const said = JSON.parse(data.toString()) as Record<string, unknown>;
  const needed = ["MessageSchemaVersion", "RequestId", "ClientId", "ClientVersion"];
  return said["TokenValue"] === token && needed.every((name) => typeof said[name] === "string");
}

interface Wire {
  readonly socket: WebSocket;
  /** What is sent in one turn leaves as one write. */
  readonly gather: () => void;
}

function gathering(connection: Duplex): () => void {
  let isGathering = false;
  return () => {
    if (isGathering) return;
    isGathering = true;
    connection.cork();
    setImmediate(() => {
      isGathering = false;
      connection.uncork();
    });
  };
}

async function serve(parts: SessionParts, session: Open, { socket, gather }: Wire): Promise<void> {
  const { clock, scenario } = parts;
  const { wish } = session;
  const weather = createWeather(() => scenario.now.switches.sessionWeather, clock);
  const room = createRoom(() => channel.full, socket, clock);
  const channel: AgentChannel = new AgentChannel({
    clock,
    sessionId: session.id,
    transmit(bytes) {
      weather(() => {
        if (socket.readyState !== socket.OPEN) return;
        gather();
        socket.send(bytes);
      });
    },
    onInput: (content, body) => agent.input(content, body),
    onRoom: () => room.wake(),
  });
  const ends: (() => void)[] = [];
  const agent = agentOf(parts, wish, { channel, room: room.wait, onEnd: (end) => void ends.push(end) });
  let over = false;
  session.end = () => {
    if (over) return;
    over = true;
    for (const end of ends) end();
  };
  socket.on("message", (data: Buffer) => {
    weather(() => {
      try {
        channel.take(data);
      } catch (error) {
        socket.close(1002, (error as Error).message.slice(0, 120));
      }
    });
  });
  try {
    if (wish.kind === "port") await forwardPort(agent, wish.port);
    else if (wish.kind === "pipes") await runOnPipes(agent, wish.line);
    else {
      if (scenario.now.switches.sessionHandshake) await channel.shake("InteractiveCommands", {});
      await runOnTerminal(agent, wish.line);
    }
  } catch (error) {
    await channel.close(`\n----------ERROR-------\n${(error as Error).message}`);
  } finally {
    channel.stop();
  }
}

function agentOf(
  { scenario, runtime }: SessionParts,
  wish: Wish,
  own: Pick<Agent, "channel" | "room" | "onEnd">,
): Agent {
  const killed = new AbortController();
  const target = { task: { identity: identityOf(wish.task.id) }, container: wish.container.name, instance: 0 };
  return {
    ...own,
    hasShell: scenario.now.images[wish.container.definition?.image ?? ""]?.shell !== false,
    input: () => false,
    async exec(argv, how) {
      if (runtime.exec === undefined) throw new Error("this runtime executes nothing");
      return runtime.exec(target, { argv, ...how }, killed.signal);
    },
    async forward(port) {
      if (runtime.forward === undefined) throw new Error("this runtime forwards nothing");
      return runtime.forward(target.task, port, killed.signal);
    },
    kill: () => killed.abort(),
  };
}
