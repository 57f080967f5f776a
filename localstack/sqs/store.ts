import type { Clock } from "../../src/model/clock.ts";
import type { ScenarioBox } from "../scenario/box.ts";
import { eventBridge } from "./policy.ts";
import { refused } from "./refused.ts";

export interface Message {
  readonly id: string;
  readonly body: string;
  /** Monotonic milliseconds: when it was sent, and from when on it can be received. */
  readonly sentAt: number;
  visibleAt: number;
  receives: number;
}

export interface Queue {
  readonly name: string;
  /** Wall milliseconds. */
  readonly createdAt: number;
  /** As CreateQueue takes them, with AWS's defaults. */
  readonly attributes: Readonly<Record<string, string>>;
  messages: readonly Message[];
  /** Wakes those who wait for a message. */
  readonly waiting: Set<() => void>;
}

/** Times are milliseconds. */
export interface Receiving {
  readonly most: number;
  readonly wait: number;
  /** For how long nobody else gets what is received. */
  readonly hidden: number;
}

/** Standard queues: a message comes at least once, and in no promised order. */
export interface QueueStore {
  readonly all: readonly Queue[];
  /** Throws QueueDoesNotExist. */
  find(name: string): Queue;
  /** The same again is the same queue; throws QueueNameExists where its attributes differ. */
  create(name: string, attributes?: Readonly<Record<string, string>>): Queue;
  remove(name: string): void;
  /** It can be received after `delay` milliseconds. */
  send(queue: Queue, body: string, delay?: number): Message;
  /** Waits for the first message, and tells what there is then. Throws QueueDoesNotExist when the queue goes meanwhile. */
  receive(queue: Queue, wish: Receiving): Promise<readonly Message[]>;
  delete(queue: Queue, id: string): void;
}

const standardAttributes = {
  VisibilityTimeout: "30",
  MessageRetentionPeriod: "345600",
  ReceiveMessageWaitTimeSeconds: "0",
  DelaySeconds: "0",
} as const;

/** Queues that the scenario names exist, and EventBridge may write into them. */
export function createQueueStore(clock: Clock, scenario: ScenarioBox, newId: () => string): QueueStore {
  const queues = new Map<string, Queue>();
  const wake = ({ waiting }: Queue): void => {
    for (const one of waiting) one();
  };
  const store: QueueStore = {
    get all() {
      return [...queues.values()];
    },
    find(name) {
      const queue = queues.get(name);
      if (queue === undefined) throw refused.missing();
      return queue;
    },
    create(name, attributes = {}) {
      const known = queues.get(name);
      if (known !== undefined) return same(known, attributes);
      const all = { ...standardAttributes, ...attributes };
      const queue = { name, createdAt: clock.now(), attributes: all, messages: [], waiting: new Set<() => void>() };
      queues.set(name, queue);
      return queue;
    },
    remove(name) {
      const queue = store.find(name);
      queues.delete(name);
      wake(queue);
    },
    send(queue, body, delay = 0) {
      const sentAt = clock.monotonic();
      const message = { id: newId(), body, sentAt, visibleAt: sentAt + delay, receives: 0 };
      queue.messages = [...queue.messages, message];
      wake(queue);
      return message;
    },
    async receive(queue, wish) {
      const until = clock.monotonic() + wish.wait;
      for (;;) {
        if (queues.get(queue.name) !== queue) throw refused.missing();
        const now = clock.monotonic();
        const taken = take(queue, wish, now);
        if (taken.length > 0 || now >= until) return taken;
        const next = Math.min(until, ...queue.messages.map(({ visibleAt }) => visibleAt));
        await newsOf(queue, next - now, clock);
      }
    },
    delete: (queue, id) => void (queue.messages = queue.messages.filter((message) => message.id !== id)),
  };
  for (const name of scenario.now.queues) store.create(name, { Policy: eventBridge });
  return store;
}

/** Hides what it takes. What is older than the queue keeps it is gone. */
function take(queue: Queue, { most, hidden }: Receiving, now: number): readonly Message[] {
  const kept = Number(queue.attributes["MessageRetentionPeriod"]) * 1000;
  queue.messages = queue.messages.filter(({ sentAt }) => now - sentAt < kept);
  const visible = queue.messages.filter(({ visibleAt }) => visibleAt <= now);
  const taken = visible.toSorted((a, b) => a.visibleAt - b.visibleAt).slice(0, most);
  for (const message of taken) {
    message.visibleAt = now + hidden;
    message.receives += 1;
  }
  return taken;
}

function newsOf({ waiting }: Queue, ms: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      cancel();
      waiting.delete(wake);
      resolve();
    };
    const cancel = clock.after(ms, wake);
    waiting.add(wake);
  });
}

function same(known: Queue, attributes: Readonly<Record<string, string>>): Queue {
  if (Object.entries(attributes).every(([name, value]) => known.attributes[name] === value)) return known;
  throw refused.exists();
}
