/**
 * What must be known of a task besides what the engine knows: the spec, for containers that start later, and what was
 * asked of it. Pure: the text form and its inverse. The text holds the task's secrets in the clear (a later restart
 * needs them), so the file is for the owner alone (`store.ts`).
 */
import { Late, SecretText } from "../../../../src/provider.ts";
import type { ContainerKind } from "../../../../src/provider.ts";
import type { TaskSpec } from "../runtime.ts";
import { labels } from "./names.ts";
import type { HookState } from "./next.ts";
import type { Seen } from "./seen.ts";

export interface TaskRecord {
  readonly spec: TaskSpec;
  /** Rebuilt from labels because the record was lost: enough to show and end the task, not to start anything. */
  readonly bare: boolean;
  /** By container: the instance that should exist; absent = 0. */
  readonly wanted: Readonly<Record<string, number>>;
  /** Run keys that have really run: gone from the engine, they are lost, never started anew. */
  readonly begun: readonly string[];
  /** Runs that the engine refused to start. */
  readonly failed: Readonly<Record<string, { readonly message: string; readonly at: number }>>;
  /** Sidecars with a startup probe that have started up once: the row goes on behind them. */
  readonly passed: readonly string[];
  /** By run key: when a run that is to end alone has to be dead. */
  readonly kills: Readonly<Record<string, number>>;
  /** By run key: when it was asked to end. */
  readonly signalled: Readonly<Record<string, number>>;
  /** By hook key. A hook that was begun before a crash is run again: hooks run at least once, as the kubelet's. */
  readonly hooks: Readonly<Record<string, { readonly is: HookState; readonly failure?: string | undefined }>>;
  /** Kept after the sandbox has ended. */
  readonly addresses: readonly string[];
  /** Start time of the run of the sandbox whose volumes were filled. */
  readonly filled: number | undefined;
  /** Of each volume whose files were replaced, by name. */
  readonly live: Readonly<Record<string, LiveVolume>>;
  readonly stop: { readonly askedAt: number; readonly deadline: number } | undefined;
}

/** How the files of a volume lie there (`request/live.ts`). */
export interface LiveVolume {
  /** Of the last replacement, done or begun. */
  readonly revision: number;
  /** Names at the top that are surely there. */
  readonly links: readonly string[];
  /** Paths in the sandbox that the last replacement has to remove, in this order. */
  readonly stale: readonly string[];
}

export function newRecord(spec: TaskSpec): TaskRecord {
  return {
    spec,
    bare: false,
    wanted: {},
    begun: [],
    failed: {},
    passed: [],
    kills: {},
    signalled: {},
    hooks: {},
    addresses: [],
    filled: undefined,
    live: {},
    stop: undefined,
  };
}

const format = 1;

export function writeRecord(record: TaskRecord): string {
  return JSON.stringify(opened({ format, ...record }));
}

export function readRecord(text: string): TaskRecord {
  const { format: found, ...record } = closed(JSON.parse(text)) as TaskRecord & { format: number };
  if (found !== format) throw new Error(`task record has format ${found}, this burstlet reads ${format}`);
  return { ...newRecord(record.spec), ...record };
}

/** Marks of the values that plain JSON cannot carry; no field of a TaskSpec has such a name. */
const secretMark = "$secret";
const lateMark = "$late";

function opened(value: unknown): unknown {
  if (value instanceof SecretText) return { [secretMark]: value.reveal() };
  if (value instanceof Late) return { [lateMark]: value.parts.map(opened) };
  if (Array.isArray(value)) return value.map(opened);
  return isObject(value) ? mapValues(value, opened) : value;
}

function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (!isObject(value)) return value;
  if (typeof value[secretMark] === "string") return new SecretText(value[secretMark]);
  if (Array.isArray(value[lateMark])) return new Late(value[lateMark].map(closed) as Late["parts"]);
  return mapValues(value, closed);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function mapValues(value: Record<string, unknown>, change: (inner: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, change(inner)]));
}

/** A record for a task whose own is lost, from the labels of its containers. */
export function bareRecord(seen: readonly Seen[]): TaskRecord {
  const found = seen.find((one) => one.kind === "sandbox")?.labels ?? seen[0]?.labels ?? {};
  const told = found[labels.containers];
  const listed = told === undefined ? fromRuns(seen) : (JSON.parse(told) as Listed[]);
  const spec: TaskSpec = {
    identity: {
      clusterUid: found[labels.cluster] ?? "",
      podUid: found[labels.podUid] ?? "",
      attempt: Number(found[labels.attempt]),
    },
    token: found[labels.token] ?? "",
    podNamespace: found[labels.podNamespace] ?? "",
    podName: found[labels.podName] ?? "",
    nodeName: found[labels.node] ?? "",
    hostname: "",
    hostAliases: [],
    dns: undefined,
    containers: listed.map((one) => ({ ...one, ...emptyContainer })),
    volumes: [],
    pullCredentials: [],
  };
  return { ...newRecord(spec), bare: true };
}

interface Listed {
  readonly name: string;
  readonly kind: ContainerKind;
  readonly image: string;
}

function fromRuns(seen: readonly Seen[]): Listed[] {
  const names = [...new Set(seen.filter((one) => one.kind !== "sandbox").map((one) => one.container))];
  return names.map((name) => {
    const run = seen.find((one) => one.container === name);
    return { name, kind: run?.kind === "sandbox" || run === undefined ? "main" : run.kind, image: run?.imageID ?? "" };
  });
}

const emptyContainer = {
  imagePullPolicy: "Never",
  command: undefined,
  args: undefined,
  workingDir: undefined,
  env: [],
  mounts: [],
  terminationMessagePath: "",
  terminationMessageFallback: false,
  stdin: false,
  stdinOnce: false,
  tty: false,
} as const;
