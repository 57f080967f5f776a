/** What the tests of this folder share: one list-watch against a server that plays a script. */
import type { ServerResponse } from "node:http";
import { onTestFinished } from "vitest";
import type { Clock, Log } from "../../provider.ts";
import { systemClock } from "../../telemetry/clock.ts";
import type { WatchSink } from "../cluster.ts";
import { calls } from "../rest/calls.ts";
import { quietLog, testApi, testRest, type Seen } from "../testing.ts";
import { listWatch } from "./list-watch.ts";

export interface Thing {
  readonly metadata: { name: string; uid: string; resourceVersion: string; managedFields?: object[] | undefined };
}

const pods = { list: calls.listPods, watch: calls.watchPods, fieldSelector: "spec.nodeName=n1" };
export const thing = (name: string, version: string, uid = name): Thing => ({
  metadata: { name, uid, resourceVersion: version, managedFields: [{ manager: "x" }] },
});
export const list = (version: string, items: readonly Thing[], token?: string): object => ({
  metadata: { resourceVersion: version, continue: token },
  items,
});
export const event = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;
export const bookmark = (version: string): string => event("BOOKMARK", { metadata: { resourceVersion: version } });

export type Act = (response: ServerResponse, seen: Seen) => unknown;

interface Run {
  readonly told: readonly string[];
  readonly lists: readonly Seen[];
  readonly watches: readonly Seen[];
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

interface RunOptions {
  readonly clock?: Clock;
  readonly log?: Log;
  readonly sink?: Partial<WatchSink<Thing>>;
}

/** Runs one list-watch against a server that plays `lists` and `watches` in turn, repeating the last of each. */
export async function run(
  script: { lists: readonly Act[]; watches: readonly Act[] },
  options: RunOptions = {},
): Promise<Run> {
  const { clock = systemClock, log = quietLog } = options;
  const lists: Seen[] = [];
  const watches: Seen[] = [];
  const api = await testApi((seen, response) => {
    const [acts, seenBefore] = seen.query["watch"] === "true" ? [script.watches, watches] : [script.lists, lists];
    seenBefore.push(seen);
    const act = acts[Math.min(seenBefore.length, acts.length) - 1];
    return act?.(response, seen);
  });
  const told: string[] = [];
  const sink: WatchSink<Thing> = {
    changed: ({ metadata }) => void told.push(`changed ${metadata.uid}@${metadata.resourceVersion}`),
    removed: ({ metadata }) => void told.push(`removed ${metadata.uid}`),
    synced: () => void told.push("synced"),
    ...options.sink,
  };
  const stop = new AbortController();
  const rest = testRest(api.url, { clock, log });
  const ended = listWatch(pods, sink, stop.signal, { rest, clock, log, random: () => 0 });
  onTestFinished(async () => {
    stop.abort();
    await ended;
  });
  return { told, lists, watches, stop, ended };
}

export const open =
  (...lines: string[]): Act =>
  (response) =>
    void response.writeHead(200).write(lines.join(""));
export const close =
  (...lines: string[]): Act =>
  (response) =>
    void response.writeHead(200).end(lines.join(""));
/** As the API server behaves: the head is sent at once, events later. */
export const quiet: Act = (response) => response.writeHead(200).flushHeaders();
