/**
 * The Docker Engine API (https://docs.docker.com/engine/api/), as much of it as both Docker and podman 4.3 serve, on
 * paths without a version: each engine then speaks its newest. One call of podman's own stands for what it lacks.
 */
import { ProviderError } from "../../../../../src/provider.ts";
import type { Duplex } from "node:stream";
import { answerError, EngineError } from "./errors.ts";
import { jsonLines } from "./json-lines.ts";
import type { Transport } from "./transport.ts";
import type { TerminalSize } from "../../../../../src/provider.ts";
import type {
  ContainerInspect,
  ContainerListed,
  EngineEvent,
  EngineInfo,
  EngineStats,
  EngineVersion,
  ExecInspect,
  ImageInspect,
  VolumeInspect,
} from "./shapes.ts";

export interface EngineClient extends Containers, Streams, Volumes, Images {
  version(): Promise<EngineVersion>;
  info(): Promise<EngineInfo>;
  events(labels: readonly string[], signal: AbortSignal): AsyncIterable<EngineEvent>;
  close(): Promise<void>;
}

interface Containers {
  /** All containers, ended ones too, that carry every one of these labels (`key=value`). */
  containers(labels: readonly string[]): Promise<readonly ContainerListed[]>;
  inspect(id: string): Promise<ContainerInspect | undefined>;
  createContainer(name: string, body: object): Promise<void>;
  startContainer(id: string): Promise<void>;
  /** Resolves when it has ended. */
  waitContainer(id: string): Promise<void>;
  /** Success also when it does not run, or does not exist. */
  signal(id: string, signal: string): Promise<void>;
  /** Force: kills what runs. Success also when it does not exist. */
  removeContainer(id: string): Promise<void>;
  /** Unpacks a tar below a folder of a running container, volumes included. */
  upload(id: string, folder: string, tar: Buffer): Promise<void>;
  /** A file or folder of a container as a tar; `undefined` when there is none. Rejects with `invalid` beyond `most` bytes. */
  download(id: string, path: string, most: number): Promise<Buffer | undefined>;
  /** Limits of a running container. Docker alone. */
  updateContainer(id: string, body: object): Promise<void>;
  /** The same in podman, since 4.3. */
  updatePodmanContainer(id: string, body: object): Promise<void>;
  logs(id: string, want: LogQuery, signal: AbortSignal): AsyncIterable<Buffer>;
  stats(id: string): Promise<EngineStats | undefined>;
}

export interface LogQuery {
  readonly follow: boolean;
  /** A number of lines, or `all`. */
  readonly tail: string;
}

interface Streams {
  /** Resolves with the id of the execution, which has not begun. */
  createExec(container: string, body: object): Promise<string>;
  /** `size`: of its terminal, if it is to have one. */
  startExec(exec: string, size: TerminalSize | undefined): Promise<Duplex>;
  inspectExec(exec: string): Promise<ExecInspect | undefined>;
  attach(container: string, how: { readonly stdin: boolean; readonly detachKeys: string }): Promise<Duplex>;
  resize(what: "exec" | "containers", id: string, columns: number, rows: number): Promise<void>;
}

interface Volumes {
  createVolume(body: VolumeBody): Promise<void>;
  volume(name: string): Promise<VolumeInspect | undefined>;
  volumes(labels: readonly string[]): Promise<readonly VolumeInspect[]>;
  /** Success also when it does not exist. */
  removeVolume(name: string): Promise<void>;
}

interface VolumeBody {
  readonly Name: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly Driver: "local";
  readonly DriverOpts: Readonly<Record<string, string>>;
}

interface Images {
  image(reference: string): Promise<ImageInspect | undefined>;
  importImage(reference: string, tar: Buffer): Promise<void>;
  /** Resolves when it is there; `auth` is the X-Registry-Auth header. */
  pull(reference: string, auth: string | undefined, signal: AbortSignal): Promise<void>;
}

export function createEngineClient(transport: Transport): EngineClient {
  return {
    version: () => transport.json("GET", "/version"),
    info: () => transport.json("GET", "/info"),
    async *events(labels, signal) {
      const query = { filters: JSON.stringify({ type: ["container"], label: labels }) };
      for await (const line of transport.lines("GET", "/events", { query, signal })) yield line as EngineEvent;
    },
    close: () => transport.close(),
    ...containers(transport),
    ...streams(transport),
    ...volumes(transport),
    ...images(transport),
  };
}

function containers({ bytes, json, chunks }: Transport): Containers {
  return {
    async containers(labels) {
      const found = await json<ContainerListed[]>("GET", "/containers/json", {
        query: { all: "1", ...labelled(labels) },
      });
      return found.filter((one) => carries(one.Labels, labels));
    },
    inspect: (id) => orAbsent(json<ContainerInspect>("GET", `/containers/${id}/json`)),
    async createContainer(name, body) {
      await bytes("POST", "/containers/create", { query: { name }, json: body });
    },
    async startContainer(id) {
      await bytes("POST", `/containers/${id}/start`);
    },
    async waitContainer(id) {
      await bytes("POST", `/containers/${id}/wait`);
    },
    signal: (id, signal) => ignoring(bytes("POST", `/containers/${id}/kill`, { query: { signal } }), notRunning),
    removeContainer: (id) => ignoring(bytes("DELETE", `/containers/${id}`, { query: { force: "1", v: "1" } }), absent),
    async upload(id, folder, tar) {
      await bytes("PUT", `/containers/${id}/archive`, { query: { path: folder }, tar });
    },
    async updateContainer(id, body) {
      await bytes("POST", `/containers/${id}/update`, { json: body });
    },
    async updatePodmanContainer(id, body) {
      await bytes("POST", `/v4.3.0/libpod/containers/${id}/update`, { json: body });
    },
    download: (id, path, most) =>
      orAbsent(collected(chunks("GET", `/containers/${id}/archive`, { query: { path } }), path, most)),
    logs: (id, { follow, tail }, signal) => {
      const query = { stdout: "1", stderr: "1", timestamps: "1", tail, follow: follow ? "1" : "0" };
      return chunks("GET", `/containers/${id}/logs`, { query, signal });
    },
    stats: (id) => {
      const query = { stream: "false", "one-shot": "true" };
      return orAbsent(json<EngineStats>("GET", `/containers/${id}/stats`, { query }));
    },
  };
}

function streams({ bytes, json, hijack }: Transport): Streams {
  return {
    async createExec(container, body) {
      return (await json<{ Id: string }>("POST", `/containers/${container}/exec`, { json: body })).Id;
    },
    startExec: (exec, size) => {
      // podman's names for a size, and Docker's (since version 1.42 of its API): each ignores the other's.
      const sized = size && { h: size.rows, w: size.columns, ConsoleSize: [size.rows, size.columns] };
      return hijack(`/exec/${exec}/start`, { json: { Detach: false, Tty: size !== undefined, ...sized } });
    },
    inspectExec: (exec) => orAbsent(json<ExecInspect>("GET", `/exec/${exec}/json`)),
    attach: (container, { stdin, detachKeys }) => {
      const query = { stream: "1", logs: "0", stdin: stdin ? "1" : "0", stdout: "1", stderr: "1", detachKeys };
      return hijack(`/containers/${container}/attach`, { query });
    },
    async resize(what, id, columns, rows) {
      await bytes("POST", `/${what}/${id}/resize`, { query: { w: String(columns), h: String(rows) } });
    },
  };
}

function volumes({ bytes, json }: Transport): Volumes {
  return {
    async createVolume(body) {
      await bytes("POST", "/volumes/create", { json: body });
    },
    volume: (name) => orAbsent(json<VolumeInspect>("GET", `/volumes/${name}`)),
    async volumes(labels) {
      const found = await json<{ Volumes: VolumeInspect[] | null }>("GET", "/volumes", { query: labelled(labels) });
      return (found.Volumes ?? []).filter((one) => carries(one.Labels, labels));
    },
    removeVolume: (name) => ignoring(bytes("DELETE", `/volumes/${name}`, { query: { force: "1" } }), absent),
  };
}

function images({ bytes, json, lines }: Transport): Images {
  return {
    image: (reference) => orAbsent(json<ImageInspect>("GET", `/images/${reference}/json`)),
    async importImage(reference, tar) {
      // podman ignores the parameter `tag`; both understand a tag within `repo`.
      const told = await bytes("POST", "/images/create", { query: { fromSrc: "-", repo: reference }, tar });
      for (const line of jsonLines()(Buffer.concat([told, Buffer.from("\n")]))) failIfError(line);
    },
    async pull(reference, auth, signal) {
      const headers = auth === undefined ? {} : { "X-Registry-Auth": auth };
      const call = { query: { fromImage: reference }, headers, signal };
      for await (const line of lines("POST", "/images/create", call)) failIfError(line);
    },
  };
}

function labelled(labels: readonly string[]): { filters: string } {
  return { filters: JSON.stringify({ label: labels }) };
}

/** podman 4.3 lists volumes that carry any of several labels where all are asked for: what it filters is only fewer to look at. */
function carries(found: Readonly<Record<string, string>> | null, labels: readonly string[]): boolean {
  const carried = new Set(Object.entries(found ?? {}).map(([name, value]) => `${name}=${value}`));
  return labels.every((label) => carried.has(label));
}

/** Pulls and imports answer 200 first and tell a failure in the stream. */
function failIfError(line: unknown): void {
  if (typeof line !== "object" || line === null || !("error" in line) || typeof line.error !== "string") return;
  throw answerError(500, line.error);
}

function absent(error: unknown): boolean {
  return error instanceof EngineError && error.status === 404;
}

/** Docker answers 409 to a signal for a container that does not run, podman 409 or 500. */
function notRunning(error: unknown): boolean {
  if (!(error instanceof EngineError) || error.status === undefined) return false;
  return error.status === 404 || /not running|improper state/i.test(error.message);
}

/** A container decides how long its files are: they must not fill our memory. */
async function collected(chunks: AsyncIterable<Buffer>, path: string, most: number): Promise<Buffer> {
  const all: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > most) throw new ProviderError("invalid", "FileTooLong", `${path} is longer than ${most} bytes`);
    all.push(chunk);
  }
  return Buffer.concat(all);
}

async function orAbsent<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (absent(error)) return undefined;
    throw error;
  }
}

async function ignoring(call: Promise<unknown>, harmless: (error: unknown) => boolean): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!harmless(error)) throw error;
  }
}
