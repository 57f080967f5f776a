import type { RunTaskInput } from "./input/run-task.ts";
import type { TaskDefinition } from "./input/definition.ts";
import { shortName, taskArn } from "./names.ts";
import type { Cluster } from "./clusters.ts";
import type { Position } from "./placement.ts";
import { TaskLife } from "./task/life.ts";
import type { ContainerRecord, TaskRecord } from "./task/record.ts";
import type { Surroundings } from "./task/surroundings.ts";
import type { TaskSize } from "./rules/sizes.ts";

export interface TaskWish {
  readonly cluster: Cluster;
  readonly definition: TaskDefinition;
  readonly request: RunTaskInput;
  readonly size: TaskSize;
  readonly position: Position;
  /** Why it stops before anything of it has started. */
  readonly doom?: string | undefined;
}

/** Every task of the account, ended ones too while they are remembered. */
export interface Tasks {
  readonly all: Iterable<TaskLife>;
  launch(wish: TaskWish): TaskLife;
  /** By ARN or id, whether it can be seen yet or not. */
  find(idOrArn: string): TaskLife | undefined;
  close(): Promise<void>;
}

/** `newId`: 32 hexadecimal digits. */
export function createTasks(around: Surroundings, newId: () => string): Tasks {
  const lives = new Map<string, TaskLife>();
  return {
    get all() {
      return lives.values();
    },
    launch(wish) {
      const record = newRecord(wish, newId(), around);
      const life = new TaskLife(record, around, () => void lives.delete(record.id));
      lives.set(record.id, life);
      life.begin(wish.doom);
      return life;
    },
    find: (idOrArn) => lives.get(shortName(idOrArn)),
    async close() {
      await Promise.all([...lives.values()].map((life) => life.close()));
    },
  };
}

function newRecord(
  { cluster, definition, request, size, position }: TaskWish,
  id: string,
  around: Surroundings,
): TaskRecord {
  const { scenario, clock } = around;
  const arn = taskArn(scenario.now, cluster.name, id);
  const containerArn = (index: number): string => `${arn.replace(":task/", ":container/")}/${id.slice(0, 24)}-${index}`;
  const containers = definition.containerDefinitions.map((container, index): ContainerRecord => {
    return {
      name: container.name,
      definition: container,
      arn: containerArn(index),
      lastStatus: "PENDING",
      health: "UNKNOWN",
    };
  });
  // GuardDuty's name and form; without an image, as DescribeTasks tells of it.
  const stranger: ContainerRecord = {
    name: `aws-guardduty-agent-${id.slice(0, 7)}`,
    definition: undefined,
    arn: containerArn(containers.length),
    lastStatus: "PENDING",
    health: "UNKNOWN",
  };
  return {
    id,
    arn,
    clusterName: cluster.name,
    clusterArn: cluster.arn,
    definition,
    request,
    size,
    subnet: position.subnet,
    zone: position.zone,
    createdAt: clock.now(),
    attachmentId: [8, 12, 16, 20].reduceRight((text, at) => `${text.slice(0, at)}-${text.slice(at)}`, id),
    containers: scenario.now.switches.strangers ? [...containers, stranger] : containers,
    tags: request.tags,
    version: 1,
    lastStatus: "PROVISIONING",
    desiredStatus: "RUNNING",
  };
}
