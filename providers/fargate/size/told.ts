import type { Task } from "@aws-sdk/client-ecs";
import type { TaskState } from "../../../src/provider.ts";
import type { Prices } from "./prices.ts";
import { freeStorage, hourlyUsd, provisionedText } from "./sizes.ts";

/** What ECS says that a task has, in words and dollars; nothing where it does not say. Pure. */
export function toldSize(
  { cpu, memory, ephemeralStorage }: Pick<Task, "cpu" | "memory" | "ephemeralStorage">,
  prices: Prices,
): Pick<TaskState, "provisioned" | "hourlyUsd"> {
  const size = { cpu: Number(cpu), memory: Number(memory) };
  if (!(size.cpu > 0 && size.memory > 0)) return {};
  const storage = ephemeralStorage?.sizeInGiB ?? freeStorage;
  return { provisioned: provisionedText(size, storage), hourlyUsd: hourlyUsd(size, storage, prices) };
}
