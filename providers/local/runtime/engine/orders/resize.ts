/** Gives containers of a live task other resources, while they run. */
import { ProviderError } from "../../../../../src/provider.ts";
import type { ContainerResize } from "../../../../../src/provider.ts";
import type { ContainerSpec } from "../../runtime.ts";
import { runName } from "../names.ts";
import { amend, type RecordedTask, type Workshop } from "../perform.ts";
import { usage } from "../reading/stats.ts";
import { limits, podmanLimits } from "../request/limits.ts";
import type { Seen } from "../seen.ts";

/** Call it with the task's lock, after a look. Noted first, so that runs to come have them whatever happens here. */
export async function resizeContainers(
  shop: Workshop,
  task: RecordedTask,
  wanted: readonly ContainerResize[],
): Promise<void> {
  const { spec } = task.record;
  const unknown = wanted.find(({ container }) => !spec.containers.some(({ name }) => name === container));
  if (unknown !== undefined) {
    throw new ProviderError("notFound", "ContainerNotFound", `the task has no container ${unknown.container}`);
  }
  const concerned = task.seen.filter((one) => wanted.some(({ container }) => container === one.container));
  const replaced = new Set(wanted.filter(({ later }) => later === true).map(({ container }) => container));
  const running = concerned.filter(({ container, state }) => state === "running" && !replaced.has(container));
  for (const run of running)
    await mustFit(
      shop,
      run,
      wanted.find(({ container }) => container === run.container),
    );
  const containers = spec.containers.map((one): ContainerSpec => {
    const found = wanted.find(({ container }) => container === one.name);
    if (found === undefined) return one;
    const { cpuRequest, cpuLimit, memoryLimit } = found;
    return { ...one, cpuRequest, cpuLimit, memoryLimit };
  });
  await amend(shop, task, { spec: { ...spec, containers } });
  for (const { container, instance } of running) {
    const amounts = containers.find(({ name }) => name === container) ?? {};
    await update(shop, runName(task.name, container, instance), amounts);
  }
  // One that was made and did not start is made anew.
  for (const { id } of concerned.filter(({ state }) => state === "created")) await shop.client.removeContainer(id);
}

async function update(shop: Workshop, name: string, amounts: Parameters<typeof limits>[0]): Promise<void> {
  const { flavour } = await shop.engine();
  if (flavour === "podman") await shop.client.updatePodmanContainer(name, podmanLimits(amounts));
  else await shop.client.updateContainer(name, limits(amounts));
}

/**
 * A limit below what is used would have the kernel end the container (control groups v2) or say no (v1). Only where the
 * engine tells what of it is cache: that goes by itself.
 */
async function mustFit(
  { client }: Workshop,
  { id, container }: Seen,
  { memoryLimit: limit }: Partial<ContainerResize> = {},
): Promise<void> {
  if (limit === undefined) return;
  const stats = await client.stats(id);
  if (stats?.memory_stats.stats === undefined) return;
  const used = usage(stats)?.memoryBytes ?? 0;
  if (used <= limit) return;
  const message = `container ${container} uses ${used} bytes of memory, more than the wanted limit of ${limit}`;
  throw new ProviderError("conflict", "MemoryInUse", message);
}
