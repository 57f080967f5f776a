/**
 * EventBridge, as far as rules send changes of tasks into queues. Envelope and detail are as events of Fargate that people
 * have published: times are texts, an attachment is `eni`, and neither tags nor health are told.
 */
import { rfc3339 } from "../../src/model/clock.ts";
import { guid } from "../arm/ids.ts";
import { taskPicture } from "../ecs/task/picture.ts";
import type { TaskRecord } from "../ecs/task/record.ts";
import { isoTime } from "../lambda/names.ts";
import type { PacedClock } from "../clock.ts";
import type { ScenarioBox } from "../scenario/box.ts";
import { letsEventBridgeIn } from "../sqs/policy.ts";
import type { QueueStore } from "../sqs/store.ts";

/** Tells of a change of this task, as it is now. */
export type TaskEvents = (record: TaskRecord) => void;

export interface EventParts {
  readonly clock: PacedClock;
  readonly scenario: ScenarioBox;
  readonly queues: QueueStore;
  /** 32 hexadecimal digits. */
  readonly newId: () => string;
}

/** Seconds by which an event is late where order is not kept, by its number. */
const lateness = [1, 0, 0.5] as const;

export function createTaskEvents({ clock, scenario, queues, newId }: EventParts): TaskEvents {
  let sent = 0;
  return (record) => {
    const { eventRules, switches, times } = scenario.now;
    const targets = eventRules.filter(({ cluster }) => cluster === record.clusterName).map(({ queue }) => queue);
    if (targets.length === 0 || switches.taskEvents === "never") return;
    const isDisordered = switches.taskEvents === "disordered";
    const copies = switches.taskEvents === "once" ? 1 : 2;
    const body = JSON.stringify(eventOf(record, scenario, clock.now(), guid(newId())));
    for (let copy = 0; copy < copies; copy++) {
      const late = isDisordered ? (lateness[sent++ % lateness.length] ?? 0) : 0;
      for (const name of targets) {
        // EventBridge tells nobody that a queue is gone or closed to it.
        const queue = queues.all.find((one) => one.name === name);
        if (queue === undefined || !letsEventBridgeIn(queue.attributes)) continue;
        queues.send(queue, body, (times.event + late) * 1000);
      }
    }
  };
}

function eventOf(record: TaskRecord, { now: { region, account } }: ScenarioBox, now: number, id: string): object {
  return {
    version: "0",
    id,
    "detail-type": "ECS Task State Change",
    source: "aws.ecs",
    account,
    time: rfc3339(now),
    region,
    resources: [record.arn],
    detail: detailOf(record, now),
  };
}

function detailOf(record: TaskRecord, now: number): object {
  const { tags: _tags, healthStatus: _health, ...task } = taskPicture(record, false) as Picture;
  return {
    ...withTexts(task),
    attachments: task.attachments.map((one) => (one.type === networkInterface ? { ...one, type: "eni" } : one)),
    containers: task.containers.map(({ healthStatus: _own, networkBindings: _bindings, ...container }) => ({
      ...container,
      ...("managedAgents" in container && { managedAgents: withoutTimes(container.managedAgents) }),
    })),
    updatedAt: isoTime(now),
  };
}

const networkInterface = "ElasticNetworkInterface";

/** What of DescribeTasks' picture an event has otherwise. */
interface Picture {
  readonly tags: unknown;
  readonly healthStatus: unknown;
  readonly attachments: readonly { readonly type: string }[];
  readonly containers: readonly {
    readonly healthStatus: unknown;
    readonly networkBindings: unknown;
    readonly managedAgents?: readonly { readonly lastStartedAt?: unknown }[];
  }[];
}

function withoutTimes(agents: Picture["containers"][number]["managedAgents"]): readonly object[] {
  return (agents ?? []).map(({ lastStartedAt: _at, ...agent }) => agent);
}

/** Times, which are seconds in answers, as texts. */
function withTexts(task: object): object {
  return Object.fromEntries(
    Object.entries(task).map(([name, value]) => [
      name,
      name.endsWith("At") && typeof value === "number" ? isoTime(Math.round(value * 1000)) : (value as unknown),
    ]),
  );
}
