/** Events of tasks, the queue that they come by, and a feed that reads it: in memory and in virtual time. */
import type { Task } from "@aws-sdk/client-ecs";
import { type Clock, ProviderError, type TaskState } from "../../../src/provider.ts";
import { fakeClock } from "../../../test/support/fake-clock.ts";
import { silentLog as log } from "../../../test/support/silent-log.ts";
import { labels } from "../request.ts";
import { createFeed } from "../tasks/feed.ts";
import { createTasks } from "../tasks/known-tasks.ts";
import { observe } from "../tasks/observe.ts";
import { fakeEcs, observer, taskDefinition, taskOf } from "../tasks/testing.ts";
import { createEvents } from "./events.ts";
import type { EventQueue, QueueMessage } from "./queue.ts";

/** What EventBridge puts into a queue when ECS tells of this picture of a task. `time`: milliseconds since 1970. */
export function eventOf({ tags: _tags, healthStatus: _health, ...task }: Task, time: number, change = {}): string {
  const containers = (task.containers ?? []).map(({ healthStatus: _own, ...container }) => container);
  return JSON.stringify({
    version: "0",
    id: "00000000-0000-4000-8000-000000000000",
    "detail-type": "ECS Task State Change",
    source: "aws.ecs",
    account: "123456789012",
    time: new Date(time),
    region: "eu-central-1",
    resources: [task.taskArn],
    detail: { clusterArn: "arn:aws:ecs:eu-central-1:123456789012:cluster/burstlet", ...task, containers },
    ...change,
  });
}

export interface FakeQueue extends Pick<EventQueue, "url" | "receive" | "delete" | "policy"> {
  /** Of every call of `receive`, how many seconds it was willing to wait. */
  readonly waits: number[];
  /** What nobody has deleted. */
  readonly messages: readonly string[];
  /** Its policy names EventBridge; a new queue's does. */
  isOpen: boolean;
  /** Each call fails with this, until it is taken away. */
  fail: ProviderError | undefined;
  /** And each deletion with this. */
  failDeletion: ProviderError | undefined;
  send(...bodies: readonly string[]): void;
}

/** What is not deleted can be received again at once. */
export function fakeQueue(clock: Clock): FakeQueue {
  let messages: readonly QueueMessage[] = [];
  let wake = (): void => {};
  let sent = 0;
  const queue: FakeQueue = {
    url: "https://sqs.eu-central-1.amazonaws.com/123456789012/burstlet-events",
    waits: [],
    isOpen: true,
    policy: async () => (queue.isOpen ? '{"Service":"events.amazonaws.com"}' : ""),
    fail: undefined,
    failDeletion: undefined,
    get messages() {
      return messages.map(({ body }) => body);
    },
    send(...bodies) {
      messages = [...messages, ...bodies.map((body) => ({ body, receipt: String(sent++) }))];
      wake();
    },
    async receive(waitSeconds, signal) {
      queue.waits.push(waitSeconds);
      if (queue.fail === undefined && messages.length === 0 && waitSeconds > 0) {
        await new Promise<void>((resolve) => {
          const cancel = clock.after(waitSeconds * 1000, resolve);
          wake = () => {
            cancel();
            resolve();
          };
          signal?.addEventListener("abort", wake, { once: true });
        });
      }
      signal?.throwIfAborted();
      if (queue.fail !== undefined) throw queue.fail;
      return messages.slice(0, 10);
    },
    async delete(taken) {
      if (queue.failDeletion !== undefined) throw queue.failDeletion;
      messages = messages.filter(({ receipt }) => !taken.some((one) => one.receipt === receipt));
    },
  };
  return queue;
}

/** `checked`: ECS checks the health of every task's container. */
export function pushWorld({ checked = false, isPushed = true } = {}) {
  const ecs = fakeEcs();
  const clock = fakeClock();
  const queue = fakeQueue(clock);
  const tasks = createTasks();
  const health = {
    healthCheck: { command: ["true"] },
    dockerLabels: { [labels.kind]: "main", [labels.probes]: "readiness" },
  };
  const definition = checked
    ? { containerDefinitions: [{ ...taskDefinition.containerDefinitions?.[0], ...health }] }
    : taskDefinition;
  const events = createEvents({ queue, cluster: "burstlet", owner: observer, clock, log });
  let areDefinitionsKnown = true;
  const describeTaskDefinition = async () => {
    if (areDefinitionsKnown) return definition;
    throw new ProviderError("throttled", "ThrottlingException", "slow down");
  };
  const feed = createFeed({
    client: { ...ecs.client, describeTaskDefinition },
    tasks,
    observe: (task, of) => observe(task, of, observer),
    events: isPushed ? events : undefined,
    clock,
    log,
  });
  const heard: string[] = [];
  const stop = new AbortController();
  const watch = async () => {
    const hear = {
      task: ({ identity, phase, containers, version }: TaskState) =>
        heard.push([identity.podUid, phase, version, containers[0]?.ready ?? ""].join(" ").trim()),
      gone: ({ podUid }: { podUid: string }) => heard.push(`${podUid} gone`),
      synced: () => heard.push("synced"),
      health: () => undefined,
    };
    void feed.watch(hear, stop.signal);
    await clock.advance(1_000);
  };
  /** ECS has it so. */
  const put = (...task: Parameters<typeof taskOf>): Task => {
    const made = taskOf(...task);
    ecs.tasks.set(made.taskArn ?? "", made);
    return made;
  };
  const tell = (task: Task, time = clock.now()) => queue.send(eventOf(task, time));
  return {
    ecs,
    clock,
    queue,
    tasks,
    feed,
    events,
    definition,
    stop,
    watch,
    put,
    tell,
    news: () => heard.splice(0),
    forgetDefinitions: (yes: boolean) => void (areDefinitionsKnown = !yes),
    /** DescribeTasks since the last time that this was asked. */
    described: () => ecs.calls.splice(0).filter((call) => call.startsWith("DescribeTasks")),
  };
}
