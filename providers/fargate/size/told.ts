import type { Task } from "@aws-sdk/client-ecs";
import type { TaskState } from "../../../src/provider.ts";
import { type Market, marketOf } from "../market.ts";
import type { Prices } from "./prices.ts";
import { freeStorage, hourlyUsd, provisionedText } from "./sizes.ts";

/** What ECS says that a task has, in words and dollars; nothing where it does not say. Pure. */
export function toldSize(
  task: Pick<Task, "cpu" | "memory" | "ephemeralStorage" | "capacityProviderName">,
  prices: Readonly<Record<Market, Prices | undefined>>,
): Pick<TaskState, "provisioned" | "hourlyUsd"> {
  const { cpu, memory, ephemeralStorage } = task;
  const size = { cpu: Number(cpu), memory: Number(memory) };
  if (!(size.cpu > 0 && size.memory > 0)) return {};
  const storage = ephemeralStorage?.sizeInGiB ?? freeStorage;
  const market = marketOf(task);
  const own = prices[market];
  return {
    provisioned: provisionedText(size, storage, market),
    ...(own !== undefined && { hourlyUsd: hourlyUsd(size, storage, own) }),
  };
}
