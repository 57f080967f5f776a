import { z } from "zod";
import type { EcsAccount } from "../account.ts";
import type { Cluster } from "../clusters.ts";
import { read } from "../input/read.ts";
import { tags } from "../input/tags.ts";
import { clusterArn, shortName } from "../names.ts";

const createInput = z.strictObject({
  clusterName: z
    .string()
    .regex(/^[\w-]{1,255}$/, "Invalid cluster name.")
    .default("default"),
  tags: tags.default([]),
});

const describeInput = z.strictObject({
  clusters: z.array(z.string()).max(100).default(["default"]),
  include: z.array(z.enum(["ATTACHMENTS", "CONFIGURATIONS", "SETTINGS", "STATISTICS", "TAGS"])).default([]),
});

/** One that exists already is told again. */
export function createCluster(account: EcsAccount, input: unknown): object {
  const wish = read(createInput, input, "CreateCluster");
  return { cluster: picture(account, account.clusters.create(wish.clusterName, wish.tags), true) };
}

export function describeClusters(account: EcsAccount, input: unknown): object {
  const wish = read(describeInput, input, "DescribeClusters");
  const found: object[] = [];
  const failures: object[] = [];
  for (const name of wish.clusters) {
    const cluster = account.clusters.find(name);
    if (cluster === undefined)
      failures.push({ arn: clusterArn(account.scenario.now, shortName(name)), reason: "MISSING" });
    else found.push(picture(account, cluster, wish.include.includes("TAGS")));
  }
  return { clusters: found, failures };
}

function picture({ tasks }: EcsAccount, cluster: Cluster, withTags: boolean): object {
  const live = [...tasks.all].filter(({ record }) => record.clusterName === cluster.name);
  const running = live.filter(({ record }) => record.lastStatus === "RUNNING").length;
  const stopped = live.filter(({ record }) => record.lastStatus === "STOPPED").length;
  return {
    clusterArn: cluster.arn,
    clusterName: cluster.name,
    status: "ACTIVE",
    registeredContainerInstancesCount: 0,
    runningTasksCount: running,
    pendingTasksCount: live.length - running - stopped,
    activeServicesCount: 0,
    statistics: [],
    tags: withTags ? cluster.tags : [],
    settings: [],
    capacityProviders: ["FARGATE", "FARGATE_SPOT"],
    defaultCapacityProviderStrategy: [],
  };
}
