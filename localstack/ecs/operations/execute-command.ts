import { z } from "zod";
import { ApiError } from "../../server/service.ts";
import type { EcsAccount } from "../account.ts";
import { read } from "../input/read.ts";
import { isAgentConnected } from "../rules/exec-agent.ts";

const input = z.strictObject({
  cluster: z.string().default("default"),
  task: z.string().min(1),
  container: z.string().optional(),
  command: z.string().min(1, "Command cannot be empty."),
  interactive: z.boolean(),
});

/** A command on a terminal in a container of a task that was launched for it. */
export function executeCommand(account: EcsAccount, wish: unknown): object {
  const { cluster, task, container: name, command, interactive } = read(input, wish, "ExecuteCommand");
  const { name: clusterName, arn: clusterArn } = account.clusters.get(cluster);
  const record = account.tasks.find(task)?.record;
  if (record === undefined || record.clusterName !== clusterName)
    throw new ApiError("InvalidParameterException", "The task cannot be found.");
  if (record.lastStatus === "STOPPED" || record.desiredStatus === "STOPPED")
    throw new ApiError("InvalidParameterException", "The specified task has stopped or is stopping.");
  if (!interactive)
    throw new ApiError("InvalidParameterException", "Interactive is the only mode supported currently.");
  const container = record.containers.find((one) => one.name === (name ?? record.containers[0]?.name));
  if (container === undefined) throw new ApiError("InvalidParameterException", "The container cannot be found.");
  if (!record.request.enableExecuteCommand) {
    throw new ApiError(
      "InvalidParameterException",
      "The execute command failed because execute command was not enabled when the task was run or the execute command agent isn’t running. Wait and try again or run a new task with execute command enabled and try again.",
    );
  }
  const isAway = account.scenario.now.switches.execAgent === "away" || container.lastStatus !== "RUNNING";
  const away = isAway || !isAgentConnected(record, container);
  if (away)
    throw new ApiError(
      "TargetNotConnectedException",
      "The execute command failed due to an internal error. Try again later.",
    );
  const session = account.sessions.start({ kind: "terminal", task: record, container, line: command });
  return {
    clusterArn,
    containerArn: container.arn,
    containerName: container.name,
    interactive,
    session: { sessionId: session.id, streamUrl: session.url, tokenValue: session.token },
    taskArn: record.arn,
  };
}
