/** What the tests of exec and attach share: a client for each protocol, and a provider of real processes. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { RequestOptions } from "node:https";
import { constants } from "node:os";
import { PassThrough } from "node:stream";

import { WebSocket } from "ws";

import type { ContainerRef, ExecCommand, ProcessStream, Provider } from "../../provider.ts";
import type { FoundPod } from "../pod-lookup.ts";
import type { TestServer } from "../testing.ts";
import { spdyPeer, upgrade } from "../upgrade/testing.ts";

/** A pod with one running container `main`. */
export const runningPod: FoundPod = {
  pod: {
    metadata: { name: "web", namespace: "default", uid: "uid-1" },
    spec: { nodeName: "burst-1", containers: [{ name: "main" }, { name: "ended" }] },
  },
  task: { identity: { clusterUid: "c", podUid: "uid-1", attempt: 1 } },
  containers: [
    { name: "main", kind: "main", instance: 2, image: "busybox", state: { is: "running", startedAt: 0 } },
    {
      name: "ended",
      kind: "main",
      instance: 0,
      image: "busybox",
      state: { is: "terminated", exitCode: 0, reason: "Completed" },
    },
  ],
};

export interface Wants {
  readonly stdin?: boolean;
  readonly stdout?: boolean;
  readonly stderr?: boolean;
  readonly tty?: boolean;
}

/** A client of exec or attach, whichever protocol it speaks. */
export interface RemoteClient {
  stdin(data: string | Buffer): void;
  /** Half-close, where the protocol has one. */
  endStdin(): void;
  resize(text: string): void;
  readonly stdout: () => Buffer;
  readonly stderr: () => Buffer;
  /** When the server has ended it: the status as it came, and what came in which order. */
  readonly done: Promise<{ readonly status: string; readonly order: readonly string[] }>;
  /** Bytes that the connection has not taken yet. */
  readonly unsent: () => number;
  pause(): void;
  resume(): void;
  /** As a killed client: the connection is cut. */
  kill(): void;
}

export type OpenRemote = (
  server: TestServer,
  path: string,
  wants: Wants,
  identity: RequestOptions,
) => Promise<RemoteClient>;

function queryOf({ stdin, stdout, stderr, tty }: Wants): string {
  const flags = { input: stdin, output: stdout, error: stderr, tty };
  return Object.entries(flags)
    .filter(([, on]) => on === true)
    .map(([name]) => `&${name}=1`)
    .join("");
}

/** As client-go's SPDYExecutor: the streams in its order, all of them opened before an answer. */
export function spdyRemote(protocol: string): OpenRemote {
  return async (server, path, wants, identity) => {
    const headers = { Upgrade: "SPDY/3.1", "X-Stream-Protocol-Version": protocol };
    const answer = await upgrade(server, path + queryOf(wants), { method: "POST", ...identity, headers });
    if (answer.socket === undefined) throw new Error(`${answer.status} ${answer.body}`);
    const peer = spdyPeer(answer.socket);
    const types = ["error", ...(["stdin", "stdout", "stderr"] as const).filter((type) => wants[type] === true)];
    const withResize = wants.tty === true && /^v[34]/.test(protocol);
    const streams = Object.fromEntries(
      [...types, ...(withResize ? ["resize"] : [])].map((type) => [type, peer.open({ streamtype: type })]),
    );
    const ids = new Map(Object.entries(streams).map(([type, { id }]) => [String(id), type]));
    const order = (): string[] =>
      peer.events
        .filter((event) => !event.startsWith("reply"))
        .map((event) => event.replace(/\d+/, (id) => ids.get(id) ?? id));
    return {
      stdin: (data) => void streams["stdin"]?.write(data),
      endStdin: () => streams["stdin"]?.end(),
      resize: (text) => void streams["resize"]?.write(text),
      stdout: () => streams["stdout"]?.received() ?? Buffer.alloc(0),
      stderr: () => streams["stderr"]?.received() ?? Buffer.alloc(0),
      done: peer.closed.then(() => ({ status: streams["error"]?.received().toString() ?? "", order: order() })),
      unsent: () => peer.socket.writableLength,
      pause: () => void peer.socket.pause(),
      resume: () => void peer.socket.resume(),
      kill: () => void peer.socket.destroy(),
    };
  };
}

const channelNames = ["stdin", "stdout", "stderr", "error", "resize"];

export function connectWebSocket(
  server: TestServer,
  path: string,
  protocols: string | string[],
  identity: RequestOptions,
): WebSocket {
  const ws = new WebSocket(`wss://127.0.0.1:${server.port}${path}`, protocols, {
    rejectUnauthorized: false,
    ...(identity as object),
  });
  return ws.on("error", () => undefined);
}

export function webSocketRemote(protocol: string): OpenRemote {
  const isText = protocol.includes("base64");
  return async (server, path, wants, identity) => {
    const ws = connectWebSocket(server, path + queryOf(wants), protocol, identity);
    const chunks = new Map<number, Buffer[]>();
    const order: string[] = [];
    ws.on("message", (data: Buffer, isBinary) => {
      if (isBinary === isText) order.push("message of the wrong kind");
      const channel = isText ? Number(data.toString("latin1", 0, 1)) : (data[0] ?? -1);
      const bytes = isText ? Buffer.from(data.toString("latin1", 1), "base64") : data.subarray(1);
      const event = `${bytes.length === 0 ? "hello" : "data"} ${channelNames[channel]}`;
      if (order.at(-1) !== event) order.push(event);
      chunks.set(channel, [...(chunks.get(channel) ?? []), bytes]);
    });
    const done = once(ws, "close").then(([code]) => {
      order.push(`closed ${code}`);
      return { status: got(3).toString(), order };
    });
    const got = (channel: number): Buffer => Buffer.concat(chunks.get(channel) ?? []);
    const send = (channel: number, data: string | Buffer): void => {
      const bytes = Buffer.from(data);
      ws.send(isText ? channel + bytes.toString("base64") : Buffer.concat([Buffer.from([channel]), bytes]));
    };
    await once(ws, "open");
    return {
      stdin: (data) => send(0, data),
      endStdin: () => ws.send(Buffer.from([255, 0])),
      resize: (text) => send(4, text),
      stdout: () => got(1),
      stderr: () => got(2),
      done,
      unsent: () => ws.bufferedAmount,
      pause: () => ws.pause(),
      resume: () => ws.resume(),
      kill: () => ws.terminate(),
    };
  };
}

export interface ExecCall {
  readonly target: ContainerRef;
  readonly command: ExecCommand;
  readonly sizes: string[];
  readonly signal: AbortSignal;
  readonly process: ProcessStream;
}

/** Runs the commands of exec as real processes of this machine. */
export function realProcesses(): { readonly exec: NonNullable<Provider["exec"]>; readonly calls: ExecCall[] } {
  const calls: ExecCall[] = [];
  return {
    calls,
    async exec(target, command, signal) {
      const process = spawned(command.argv, signal);
      const sizes: string[] = [];
      calls.push({ target, command, sizes, signal, process });
      if (!command.stdin) process.stdin.end();
      const resize = (columns: number, rows: number): void => void sizes.push(`${columns}x${rows}`);
      return { ...process, stderr: command.tty ? undefined : process.stderr, resize };
    },
  };
}

/** A command that gives back what it gets, and ends with it; in memory. */
export const echoing: NonNullable<Provider["exec"]> = async () => {
  const both = new PassThrough();
  const exit = once(both, "end").then(() => ({ code: 0 }));
  exit.catch(() => undefined);
  return { stdin: both, stdout: both, stderr: undefined, resize() {}, exit };
};

/** A process whose end is the signal's too. */
export function spawned([file = "", ...args]: readonly string[], signal: AbortSignal): ProcessStream {
  const child = spawn(file, args, { stdio: "pipe", signal, killSignal: "SIGKILL" });
  child.on("error", () => undefined);
  const exit = new Promise<{ code: number }>((resolve) => {
    child.once("close", (code, by) => resolve({ code: code ?? 128 + constants.signals[by ?? "SIGKILL"] }));
  });
  return { stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, resize() {}, exit };
}
