/**
 * What burstlet and the supervisor say to each other: one JSON object a line over a unix socket. Requests have an id
 * and get one answer; after `subscribe` the supervisor also pushes events, first one `task` for each known task and
 * `synced`. Every method is idempotent, so a client that lost its connection asks again. `attach` is asked on a
 * connection of its own, which belongs to the streams from its answer on (`attach-frames.ts`).
 */
import {
  asProviderError,
  type FilesVolume,
  Late,
  ProviderError,
  SecretText,
  type ProviderErrorKind,
  type TaskIdentity,
  type TaskState,
  type TaskStats,
} from "../../../../src/provider.ts";
import type { ContainerSpec, TaskSpec } from "../runtime.ts";
import type { Entrance } from "./container/entrance.ts";
import type { ProcessMark } from "./host/processes.ts";

/** Rises when an old client and a new supervisor would misunderstand each other. */
export const protocolVersion = 6;

export interface Methods {
  hello: { params: Record<string, never>; result: Hello };
  start: { params: { spec: TaskSpec; hostIP: string | undefined }; result: TaskState };
  stop: {
    params: { identity: TaskIdentity; graceSeconds: number; discard: boolean };
    result: "stopping" | "stopped" | "gone";
  };
  restart: { params: { identity: TaskIdentity; container: string; instance: number }; result: null };
  kill: { params: RunRef & { graceSeconds: number }; result: null };
  passStartup: { params: RunRef; result: null };
  /** Starts more containers beside what runs. */
  add: { params: { identity: TaskIdentity; containers: readonly ContainerSpec[] }; result: null };
  update: { params: { identity: TaskIdentity; files: readonly FilesVolume[] }; result: null };
  list: { params: Record<string, never>; result: readonly TaskState[] };
  stats: { params: Record<string, never>; result: readonly TaskStats[] };
  /**
   * Where a command has to be started; burstlet starts it itself, and its bytes never pass the supervisor. It is the
   * group of this name that the command gets: where the connection breaks before `left`, the supervisor ends it.
   */
  place: { params: RunRef & { command: string }; result: Place };
  /** This command is over. What it left behind runs on. */
  left: { params: { command: string }; result: null };
  attach: { params: RunRef & { stdin: boolean }; result: { tty: boolean } };
  /** Of the container's terminal. Not on the attached connection, where input may be waiting to be read. */
  resize: { params: RunRef & { columns: number; rows: number }; result: null };
  network: { params: { identity: TaskIdentity }; result: TaskNetwork };
  subscribe: { params: Record<string, never>; result: null };
  /** Kills every task, removes bridge and namespaces, answers and ends. Records and logs stay on disk. */
  shutdown: { params: Record<string, never>; result: null };
}

export interface RunRef {
  readonly identity: TaskIdentity;
  readonly container: string;
  readonly instance: number;
}

/** The place of one running container. */
export interface Place {
  /** Alive for as long as it is this run that is found there. */
  readonly mark: ProcessMark;
  readonly entrance: Entrance;
  /** The program's, secrets included. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Directories of its control groups; none where there are none. */
  readonly groups: readonly string[];
}

/** The network of one task. */
export interface TaskNetwork {
  /** The process that holds it. */
  readonly mark: ProcessMark;
  readonly address: string;
}

export interface Hello {
  readonly protocol: number;
  readonly pid: number;
  readonly abilities: Abilities;
}

/** What this host lets the supervisor do; found once when it starts. */
export interface Abilities {
  /** PID, mount, UTS and IPC namespaces and a scratch root for each container. */
  readonly isolation: boolean;
  /** Tasks have an address of their own on the bridge. */
  readonly addresses: boolean;
  /** Limits of memory and CPU are enforced by control groups. */
  readonly limits: boolean;
  /** Why something above is missing, a sentence each. */
  readonly missing: readonly string[];
}

export type Method = keyof Methods;

export interface Request {
  readonly id: number;
  readonly method: Method;
  readonly params: unknown;
}

export type Message =
  | { readonly id: number; readonly result: unknown }
  | {
      readonly id: number;
      readonly error: { readonly kind: ProviderErrorKind; readonly reason: string; readonly message: string };
    }
  | Event;

export type Event =
  | { readonly event: "task"; readonly state: TaskState }
  | { readonly event: "gone"; readonly identity: TaskIdentity }
  | { readonly event: "synced" };

export function errorMessage(id: number, thrown: unknown): Message {
  const { kind, reason, message } = asProviderError(thrown);
  return { id, error: { kind, reason, message } };
}

export function toError(error: { kind: ProviderErrorKind; reason: string; message: string }): ProviderError {
  return new ProviderError(error.kind, error.reason, error.message);
}

/** JSON in which secret and late values survive. For the socket (0600) and the task's record (0600) alone. */
export function encode(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, key, plain: unknown) {
    // `plain` has been through toJSON already, and a SecretText hides itself there.
    const raw = this[key];
    if (raw instanceof SecretText) return { $secret: raw.reveal() };
    if (raw instanceof Late) return { $late: raw.parts };
    return plain;
  });
}

export function decode(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== "object" || value === null) return value;
    if ("$secret" in value && typeof value.$secret === "string") return new SecretText(value.$secret);
    if ("$late" in value && Array.isArray(value.$late)) return new Late(value.$late as Late["parts"]);
    return value;
  });
}

/** Cuts what arrives into lines; a line may come in many pieces. */
export function lineFramer(onLine: (line: string) => void): (chunk: Buffer) => void {
  let pieces: Buffer[] = [];
  return (chunk) => {
    let from = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, from)) {
      pieces.push(chunk.subarray(from, end));
      onLine(Buffer.concat(pieces).toString());
      pieces = [];
      from = end + 1;
    }
    if (from < chunk.length) pieces.push(chunk.subarray(from));
  };
}
