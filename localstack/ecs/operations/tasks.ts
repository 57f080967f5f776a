import { z } from "zod";
import { ApiError } from "../../server/service.ts";
import type { EcsAccount } from "../account.ts";
import { read } from "../input/read.ts";
import { taskArn, shortName } from "../names.ts";
import { page, paged } from "../pages.ts";
import type { TaskLife } from "../task/life.ts";
import { taskPicture } from "../task/picture.ts";

const describeInput = z.strictObject({
  cluster: z.string().default("default"),
  tasks: z.array(z.string()).min(1, "Tasks cannot be empty.").max(100, "Tasks cannot have more than 100 items."),
  include: z.array(z.enum(["TAGS"])).default([]),
});

const listInput = z.strictObject({
  cluster: z.string().default("default"),
  desiredStatus: z.enum(["RUNNING", "PENDING", "STOPPED"]).optional(),
  family: z.string().optional(),
  launchType: z.enum(["EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"]).optional(),
  startedBy: z.string().optional(),
  ...paged.shape,
});

const stopInput = z.strictObject({
  cluster: z.string().default("default"),
  task: z.string().min(1),
  reason: z.string().max(1024).optional(),
});

/** Right after RunTask the other calls do not know a task yet: for as long as the scenario says. */
function isVisible({ record }: TaskLife, { clock, scenario }: EcsAccount): boolean {
  return clock.now() >= record.createdAt + scenario.now.times.visible * 1000;
}

export function describeTasks(account: EcsAccount, input: unknown): object {
  const { cluster, tasks, include } = read(describeInput, input, "DescribeTasks");
  const { name } = account.clusters.get(cluster);
  const found: object[] = [];
  const failures: object[] = [];
  for (const idOrArn of tasks) {
    const life = account.tasks.find(idOrArn);
    if (life !== undefined && life.record.clusterName === name && isVisible(life, account)) {
      found.push(taskPicture(life.record, include.includes("TAGS")));
    } else {
      failures.push({ arn: taskArn(account.scenario.now, name, shortName(idOrArn)), reason: "MISSING" });
    }
  }
  return { tasks: found, failures };
}

export function listTasks(account: EcsAccount, input: unknown): object {
  const wish = read(listInput, input, "ListTasks");
  const { name } = account.clusters.get(wish.cluster);
  if (wish.startedBy !== undefined && (wish.family !== undefined || wish.desiredStatus !== undefined)) {
    throw new ApiError("InvalidParameterException", "startedBy must be the only filter.");
  }
  const stoppedToo = wish.startedBy !== undefined && account.scenario.now.switches.listStartedByStopped;
  const desired = wish.desiredStatus ?? "RUNNING";
  const { items, nextToken } = page([...account.tasks.all], wish, {
    nameOf: ({ record }) => record.id,
    keep(life) {
      const { clusterName, desiredStatus, definition, request } = life.record;
      if (clusterName !== name || !isVisible(life, account)) return false;
      if (desiredStatus !== desired && !stoppedToo) return false;
      if (wish.launchType !== undefined && wish.launchType !== "FARGATE") return false;
      return (
        (wish.family ?? definition.family) === definition.family &&
        (wish.startedBy ?? request.startedBy) === request.startedBy
      );
    },
  });
  return { taskArns: items.map(({ record }) => record.arn), nextToken };
}

export function stopTask(account: EcsAccount, input: unknown): object {
  const { cluster, task, reason = "Task stopped by user" } = read(stopInput, input, "StopTask");
  const { name } = account.clusters.get(cluster);
  const life = account.tasks.find(task);
  if (life === undefined || life.record.clusterName !== name) {
    throw new ApiError("InvalidParameterException", "The referenced task was not found.");
  }
  const { record } = life;
  // StopTask deletes the tags of its task.
  record.tags = [];
  const isFirst = life.stop("UserInitiated", reason);
  account.ledger.write({
    at: account.clock.now(),
    event: "stop",
    outcome: isFirst ? "stopping" : "stopped already",
    taskArn: record.arn,
    startedBy: record.request.startedBy ?? "",
    reason,
  });
  return { task: taskPicture(record, true) };
}
