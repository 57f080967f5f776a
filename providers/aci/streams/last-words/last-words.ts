/**
 * What a container says while it ends. Azure has the log of a container's present run alone, and begins another one of what
 * SIGTERM has ended; so somebody listens, by Azure's own stream, and what its log has lost is taken from there.
 */
import {
  type Clock,
  type ContainerRef,
  type Log,
  rfc3339Nano,
  type TaskIdentity,
  type TaskRef,
} from "../../../../src/provider.ts";
import { type AttachParts, streamOf } from "../attach.ts";
import type { Keeper } from "../logs/keeper.ts";
import type { LogLine } from "../logs/lines.ts";
import { type Poller, runKey } from "../logs/poller.ts";
import { type Hearing, listenTo } from "./hearing.ts";
import { unread } from "./unread.ts";

export interface LastWordsParts {
  readonly client: AttachParts["client"];
  readonly keeper: Keeper;
  readonly poller: Pick<Poller, "hurry">;
  readonly groups: { find(task: TaskRef): { readonly name: string } | undefined };
  /** Reads the run's group now. */
  readonly look: (source: ContainerRef) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface LastWords {
  /** Keeps what the run says, from now to its end. Resolves when somebody listens, or nobody can. Never rejects. */
  hear(source: ContainerRef): Promise<void>;
  /** Was it heard, and is all kept now? Waits for that. */
  heard(source: ContainerRef): Promise<boolean>;
  /** Somebody follows it, who is not to be left behind. The returned function says that he has read all. */
  followed(source: ContainerRef): () => void;
  /** The pod is gone: resolves when its followers have read all, or do not. */
  forget(identity: TaskIdentity): Promise<void>;
}

interface Hearer {
  readonly source: ContainerRef;
  readonly listening: Promise<void>;
  readonly over: Promise<void>;
  readonly stop: AbortController;
}

/** How long a stream may go on after the end of its run is known, milliseconds: then it is of the next one. */
const patience = 1_000;
/** How long a pod that is gone waits for those who still read its last words, milliseconds. */
const reading = 5_000;

export function createLastWords(parts: LastWordsParts): LastWords {
  const hearers = new Map<string, Hearer>();
  const followers = new Map<string, Set<Promise<void>>>();
  const leave = (key: string, { source, stop }: Hearer): void => {
    stop.abort();
    parts.keeper.leave(source);
    hearers.delete(key);
  };
  /** They are told that there is no more, and given time to read it. */
  const isRead = async (key: string, { source, over }: Hearer): Promise<void> => {
    const late = Promise.withResolvers<void>();
    const cancel = parts.clock.after(reading, late.resolve);
    parts.poller.hurry(source);
    const all = over.then(async () => Promise.all(followers.get(key) ?? new Set<Promise<void>>()));
    await Promise.race([all, late.promise]).finally(cancel);
  };
  return {
    async hear(source) {
      const key = runKey(source);
      const hearer = hearers.get(key) ?? begin(parts, source);
      hearers.set(key, hearer);
      await hearer.listening;
    },
    async heard(source) {
      const hearer = hearers.get(runKey(source));
      await hearer?.over;
      return hearer !== undefined;
    },
    followed(source) {
      const key = runKey(source);
      const { promise, resolve } = Promise.withResolvers<void>();
      const present = followers.get(key) ?? new Set();
      followers.set(key, present.add(promise));
      return () => {
        resolve();
        present.delete(promise);
        if (present.size === 0 && followers.get(key) === present) followers.delete(key);
      };
    },
    async forget({ clusterUid, podUid, attempt }) {
      const theirs = [...hearers].filter(([, { source }]) => {
        const { identity } = source.task;
        return identity.clusterUid === clusterUid && identity.podUid === podUid && identity.attempt === attempt;
      });
      await Promise.all(theirs.map(async ([key, hearer]) => isRead(key, hearer)));
      for (const [key, hearer] of theirs) leave(key, hearer);
    },
  };
}

function begin(parts: LastWordsParts, source: ContainerRef): Hearer {
  const { keeper, poller, look, clock } = parts;
  const stop = new AbortController();
  const looked = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  stop.signal.addEventListener("abort", () => ended.resolve(), { once: true });
  /** Of the log, since somebody listens. */
  const read: string[] = [];
  const listener = {
    read: (lines: readonly LogLine[]) => void read.push(...lines.map(({ text }) => text)),
    looked: looked.resolve,
    ended: ended.resolve,
  };
  const listen = async (): Promise<Hearing | undefined> => {
    await keeper.hear(source, listener);
    await Promise.race([looked.promise, ended.promise]);
    read.length = 0;
    const name = parts.groups.find(source.task)?.name;
    const stream = name === undefined ? undefined : await streamOf(parts, name, source.container, stop.signal);
    return stream && listenTo(stream, clock);
  };
  const hearing = listen().catch(() => undefined);
  const over = async (): Promise<void> => {
    const heard = await hearing;
    // It ends with the run, and then that is known at once.
    void heard?.ended
      .then(async () => look(source))
      .catch(() => undefined)
      .then(() => poller.hurry(source));
    await ended.promise;
    await heard?.endWithin(patience);
    if (stop.signal.aborted) return;
    stop.abort();
    const rest = unread(heard?.lines ?? [], read).map(({ at, text }) => {
      const time = rfc3339Nano(at);
      return { time, text, raw: `${time} ${text}` };
    });
    if (rest.length > 0) keeper.append(source, rest);
    await keeper.written();
  };
  return {
    source,
    stop,
    listening: hearing.then(() => undefined),
    over: over(),
  };
}
