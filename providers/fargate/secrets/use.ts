import type { Task, TaskDefinition } from "@aws-sdk/client-ecs";
import type { TaskState } from "../../../src/provider.ts";
import { secretsOf } from "./references.ts";

/** Which secrets tasks name, by what ECS shows of tasks: the marks of mark-and-sweep. */
export interface SecretUse {
  seen(task: Task, definition: TaskDefinition): void;
  /** ARNs that a task names that has not ended. */
  inUse(tasks: Iterable<{ readonly arn: string; readonly state: Pick<TaskState, "phase"> }>): ReadonlySet<string>;
}

/** `denied`: a task could not start, because it did not get the secrets of these ARNs. */
export function createSecretUse(denied: (arns: readonly string[]) => void): SecretUse {
  let named = new Map<string, readonly string[]>();
  const told = new Set<string>();
  return {
    seen({ taskArn = "", stopCode, stoppedReason = "" }, definition) {
      const arns = secretsOf(definition);
      if (arns.length === 0) return;
      named.set(taskArn, arns);
      if (stopCode !== "TaskFailedToStart" || !/secret/i.test(stoppedReason) || told.has(taskArn)) return;
      told.add(taskArn);
      denied(arns);
    },
    inUse(tasks) {
      const live = [...tasks].filter(({ state }) => state.phase !== "stopped");
      const present = new Set(live.map(({ arn }) => arn));
      named = new Map([...named].filter(([arn]) => present.has(arn)));
      for (const arn of told) if (!present.has(arn)) told.delete(arn);
      return new Set([...named.values()].flat());
    },
  };
}
