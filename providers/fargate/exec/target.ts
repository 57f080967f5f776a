/** Which container a session goes to, and why it cannot. */
import { type ContainerRef, ProviderError } from "../../../src/provider.ts";
import type { EcsClient } from "../client.ts";
import type { Tasks } from "../tasks/known-tasks.ts";

export interface FoundTarget {
  readonly arn: string;
  readonly container: string;
  /** As Session Manager names it. */
  readonly target: string;
}

/** Throws a ProviderError for what does not run. Pure. */
export function targetOf(
  { task, container, instance }: ContainerRef,
  tasks: Pick<Tasks, "find">,
  cluster: string,
): FoundTarget {
  const known = tasks.find(task);
  const run = known?.state.containers.find(({ name }) => name === container);
  // A container runs once in a task of ECS.
  if (known === undefined || run === undefined || instance !== 0)
    throw new ProviderError("notFound", "ContainerNotRunning", `container ${container} is not known to ECS`);
  if (known.state.phase === "stopped" || known.state.phase === "stopping" || run.state.is !== "running")
    throw new ProviderError(
      "notFound",
      "ContainerNotRunning",
      `container ${container} does not run: its task is ${known.state.phase}`,
    );
  const runtimeId = (run.containerID ?? "").replace(/^ecs:\/\//, "");
  const id = known.arn.slice(known.arn.lastIndexOf("/") + 1);
  return { arn: known.arn, container, target: `ecs:${cluster}_${id}_${runtimeId}` };
}

/** Of `whyAway`: no other session would fare better. */
export const awayReasons: ReadonlySet<string> = new Set(["AgentNotConnected", "ExecNotEnabled", "ContainerNotRunning"]);

/** The exact reason why the agent is away, from ECS's own picture of the task. `final`: waiting will not mend it. */
export async function whyAway(
  error: ProviderError,
  ecs: Pick<EcsClient, "describeTasks">,
  { arn, container }: Pick<FoundTarget, "arn" | "container">,
): Promise<{ readonly error: ProviderError; readonly final: boolean }> {
  const { tasks } = await ecs.describeTasks([arn]);
  const [task] = tasks;
  const told = (final: boolean, reason: string, sentence: string) => {
    return { final, error: new ProviderError(error.kind, reason, `${sentence} (${error.message})`, { cause: error }) };
  };
  if (task === undefined || task.desiredStatus === "STOPPED")
    return told(true, "ContainerNotRunning", `the task of container ${container} is stopping or has stopped`);
  if (task.enableExecuteCommand !== true)
    return told(
      true,
      "ExecNotEnabled",
      "the task was launched without ECS Exec, as fargate.exec was off or it has no task role: mend that and delete its pod, so that another one is launched",
    );
  const agent = task.containers?.find(({ name }) => name === container)?.managedAgents?.[0];
  const state =
    agent === undefined
      ? "is not there"
      : `is ${agent.lastStatus}${agent.reason === undefined ? "" : `, ${agent.reason}`}`;
  const needs =
    "it needs the rights ssmmessages:* in the task role, a way to ssmmessages, and a root file system that can be written";
  return told(
    false,
    "AgentNotConnected",
    `the agent of ECS Exec in container ${container} ${state} and has not connected: ${needs}`,
  );
}
