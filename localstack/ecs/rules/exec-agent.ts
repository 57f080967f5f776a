/** The agent of ECS Exec in a container, as far as tasks tell of it. */
import type { ContainerRecord, TaskRecord } from "../task/record.ts";

/**
 * It needs a root file system that can be written (ECS developer guide, ecs-exec). What ECS tells of one that has none is not
 * documented: here it is STOPPED, and the container runs.
 */
const cannotRun = ({ definition }: ContainerRecord): boolean => definition?.readonlyRootFilesystem === true;

/** Connected, so that sessions can be had. */
export function isAgentConnected({ request, lastStatus }: TaskRecord, container: ContainerRecord): boolean {
  return request.enableExecuteCommand && lastStatus !== "STOPPED" && !cannotRun(container);
}

export function agentStatus(container: ContainerRecord): { readonly lastStatus: string; readonly reason?: string } {
  if (!cannotRun(container)) return { lastStatus: container.lastStatus };
  return { lastStatus: "STOPPED", reason: "Agent failed to start" };
}
