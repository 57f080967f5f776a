import type { GroupControls } from "./arm/controls.ts";
import type { CallCounts } from "./calls.ts";
import type { PacedClock } from "./clock.ts";
import { marketOf } from "./ecs/market.ts";
import type { TaskLife } from "./ecs/task/life.ts";
import type { Health } from "./ecs/task/record.ts";
import { streamOf } from "./ecs/task/start-trouble.ts";
import type { Tasks } from "./ecs/tasks.ts";
import type { Faults } from "./faults.ts";
import type { Ledger } from "./ledger.ts";
import type { LogStore } from "./logs/store.ts";
import { NoSuchTask } from "./no-such-task.ts";
import type { ScenarioBox } from "./scenario/box.ts";
import { eventBridge } from "./sqs/policy.ts";
import type { QueueStore } from "./sqs/store.ts";
import type { SecretTag } from "./secrets/inputs.ts";
import type { ObjectStore } from "./s3/store.ts";
import type { SecretStore } from "./secrets/store.ts";
import type { ParameterStore } from "./ssm/parameters/store.ts";

/** What a test may do with the stand-in and learn from it, in this process or by way of `/_burstlet/`. */
export interface Controls {
  readonly clock: PacedClock;
  readonly scenario: ScenarioBox;
  readonly faults: Faults;
  readonly ledger: Ledger;
  readonly calls: CallCounts;
  /** AWS takes the task away; by ARN or id. False when it is ending already. Throws NoSuchTask, as all below. */
  retire(task: string): boolean;
  /** AWS needs the machine of a task on Spot. False when it is ending already. Throws NoSuchTask also of one on demand. */
  interrupt(task: string): boolean;
  /** The task's infrastructure is lost at once, with its containers. */
  lose(task: string): void;
  setHealth(task: string, container: string, health: Health): void;
  /** Lines that the container is said to have written just now. */
  print(task: string, container: string, lines: readonly string[]): void;
  /** What there is in Secrets Manager, without values. */
  secrets(): readonly SecretPicture[];
  /** What there is in Parameter Store, without values. */
  parameters(): readonly Pick<SecretPicture, "name" | "arn" | "reads">[];
  /** Keys of what there is in a bucket of S3. */
  objects(bucket: string): readonly string[];
  readonly queues: QueueControls;
  /** How many tasks are in which state. */
  counts(): Readonly<Record<string, number>>;
  /** Of Azure. */
  readonly groups: GroupControls;
}

export interface QueueControls {
  /** Messages of each queue that wait or are in somebody's hands. */
  counts(): Readonly<Record<string, number>>;
  /** With a policy that lets EventBridge in. */
  create(name: string): void;
  remove(name: string): void;
  send(name: string, body: string): void;
}

interface SecretPicture {
  readonly name: string;
  readonly arn: string;
  readonly tags: readonly SecretTag[];
  /** How often ECS has read it. */
  readonly reads: number;
}

export interface ControlParts extends Pick<Controls, "clock" | "scenario" | "faults" | "ledger" | "calls" | "groups"> {
  readonly tasks: Tasks;
  readonly logs: LogStore;
  readonly secrets: SecretStore;
  readonly parameters: ParameterStore;
  readonly objects: ObjectStore;
  readonly queues: QueueStore;
}

export function createControls({
  tasks,
  logs,
  secrets,
  parameters,
  objects,
  queues,
  ...parts
}: ControlParts): Controls {
  const find = (task: string): TaskLife => {
    const life = tasks.find(task);
    if (life === undefined) throw new NoSuchTask(`there is no task ${task}`);
    return life;
  };
  return {
    ...parts,
    retire: (task) => find(task).retire(),
    interrupt(task) {
      const life = find(task);
      if (marketOf(life.record.request) === "spot") return life.interrupt();
      throw new NoSuchTask(`task ${task} is not on Spot`);
    },
    lose: (task) => find(task).lost(),
    setHealth: (task, container, health) => find(task).health(container, health),
    print(task, container, lines) {
      const stream = streamOf(find(task).record, container);
      if (stream === undefined) throw new NoSuchTask(`container ${container} of task ${task} has no log`);
      const write = logs.writer(stream.group, stream.name);
      for (const line of lines) write(parts.clock.now(), line);
    },
    secrets: () => secrets.all.map(({ name, arn, tags, reads }) => ({ name, arn, tags, reads })),
    parameters: () => parameters.all.map(({ name, arn, reads }) => ({ name, arn, reads })),
    objects: (bucket) => objects.list(bucket, "").map(({ key }) => key),
    queues: {
      counts: () => Object.fromEntries(queues.all.map(({ name, messages }) => [name, messages.length])),
      create: (name) => void queues.create(name, { Policy: eventBridge }),
      remove: (name) => queues.remove(name),
      send: (name, body) => void queues.send(queues.find(name), body),
    },
    counts() {
      const counts: Record<string, number> = {};
      for (const { record } of tasks.all) counts[record.lastStatus] = (counts[record.lastStatus] ?? 0) + 1;
      return counts;
    },
  };
}
