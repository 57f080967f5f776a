/** Which market a task is from: on demand, or Spot, which is what is free at the moment, for less, until AWS needs it. Pure. */
import type { Task } from "@aws-sdk/client-ecs";

export type Market = "on-demand" | "spot";

/** What is done where Spot has no capacity: wait for it, or run on demand. */
export const capacityTypes = ["on-demand", "spot", "spot-then-on-demand"] as const;

export type CapacityType = (typeof capacityTypes)[number];

/** In the order in which they are asked. */
export function marketsOf(capacityType: CapacityType): readonly Market[] {
  return capacityType === "spot-then-on-demand" ? ["spot", "on-demand"] : [capacityType];
}

/** The capacity provider of Fargate Spot, which a cluster has to be given before it can be asked for. */
export const spotProvider = "FARGATE_SPOT";

export function marketOf({ capacityProviderName }: Pick<Task, "capacityProviderName">): Market {
  return capacityProviderName === spotProvider ? "spot" : "on-demand";
}
