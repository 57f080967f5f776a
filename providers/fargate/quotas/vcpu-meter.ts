import type { Task } from "@aws-sdk/client-ecs";
import type { TaskState } from "../../../src/provider.ts";

/** What of the account's vCPUs this node's tasks have. */
export interface VcpuMeter {
  /** A task of this node, as ECS shows it. */
  seen(task: Pick<Task, "taskArn" | "cpu">): void;
  /** Of these tasks, those that have not ended. Others are forgotten. */
  inUse(tasks: readonly TaskState[]): { readonly pods: number; readonly vcpu: number };
}

export function createVcpuMeter(): VcpuMeter {
  let sizes = new Map<string, number>();
  return {
    seen({ taskArn, cpu }) {
      const vcpu = Number(cpu) / 1024;
      if (taskArn !== undefined && vcpu > 0) sizes.set(taskArn, vcpu);
    },
    inUse(tasks) {
      const live = tasks.filter(({ phase }) => phase !== "stopped").map(({ id }) => id);
      sizes = new Map(live.map((id) => [id, sizes.get(id) ?? 0]));
      return { pods: live.length, vcpu: [...sizes.values()].reduce((sum, vcpu) => sum + vcpu, 0) };
    },
  };
}
