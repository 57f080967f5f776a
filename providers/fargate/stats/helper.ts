/** The container that reads what the others use, where the node's configuration asks for it. Pure. */
import type { ContainerDefinition } from "@aws-sdk/client-ecs";
import type { FargateConfig } from "../config.ts";
import { labels } from "../request.ts";

/** No container of a pod can have this name: Kubernetes allows no underscore. */
export const statsName = "burstlet_stats";

/** Seconds until the first reading: Fargate knows a container's figures after one, and the others start meanwhile. */
const firstAfter = 5;

/**
 * It keeps no task alive, waits for nobody, and nobody waits for it. Its memory is not bounded by itself: ECS counts what
 * is bounded as part of the task's size, which is the pod's.
 */
export function statsHelper(
  { helperImage, stats }: Pick<FargateConfig, "helperImage" | "stats">,
  logConfiguration: ContainerDefinition["logConfiguration"],
  index: number,
): ContainerDefinition | undefined {
  if (stats === undefined) return undefined;
  return {
    name: statsName,
    image: helperImage,
    essential: false,
    entryPoint: ["/bin/sh", "-c"],
    command: [scriptOf(stats.intervalSeconds)],
    logConfiguration,
    dockerLabels: { [labels.kind]: "helper", [labels.index]: String(index) },
  };
}

/** What is kept of Docker's statistics, wherever it stands: `reading.ts` reads it there. */
const kept = "read|total_usage|usage|inactive_file|total_inactive_file|anon|total_rss|rx_bytes|tx_bytes";

/**
 * The task metadata endpoint (version 4) tells of each container in the shape of Docker's statistics, three kilobytes of
 * it. Each line of the log has a tenth of that, as JSON of the same shape: of values those that are kept are marked, the
 * others go, then what is empty, and the figures of the time before. SIGTERM interrupts a wait, and no program that is
 * waited for otherwise. Some builds of busybox 1.35 crash in wget's own -T.
 */
function scriptOf(intervalSeconds: number): string {
  return [
    `trap 'kill $!; exit 0' TERM`,
    "read_stats() {",
    `  timeout 5 wget -q -O - "$ECS_CONTAINER_METADATA_URI_V4/task/stats" | tr -d ' \\n' | sed -E ` +
      `-e 's/"(${kept})":/"@\\1":/g' ` +
      `-e 's/"[a-z_]+":(\\[[^]]*\\]|"[^"]*"|[-+.0-9eE]+|null|true|false),?//g' ` +
      `-e ':a' -e 's/,}/}/g; s/"[a-z_]+":\\{\\},?//g; ta' ` +
      `-e 's/"precpu_stats":\\{"cpu_usage":\\{[^}]*\\}\\},?//g' ` +
      `-e 's/,}/}/g; s/"@/"/g' | grep .`,
    "}",
    `pause=${firstAfter}`,
    "while :; do",
    `  sleep $pause & wait $!`,
    `  read_stats & wait $!`,
    `  pause=${intervalSeconds}`,
    "done",
  ].join("\n");
}
