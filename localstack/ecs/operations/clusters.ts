import { z } from "zod";
import { ApiError } from "../../server/service.ts";
import type { EcsAccount } from "../account.ts";
import type { Cluster } from "../clusters.ts";
import { read } from "../input/read.ts";
import { type Strategy, strategy } from "../input/strategy.ts";
import { tags } from "../input/tags.ts";
import { capacityProviders } from "../market.ts";
import { clusterArn, shortName } from "../names.ts";

const providers = z.array(z.enum(capacityProviders, "The specified capacity provider does not exist."));

const createInput = z.strictObject({
  clusterName: z
    .string()
    .regex(/^[\w-]{1,255}$/, "Invalid cluster name.")
    .default("default"),
  tags: tags.default([]),
  capacityProviders: providers.default([]),
  defaultCapacityProviderStrategy: strategy.default([]),
});

/** Replaces both; each must be said. */
const putInput = z.strictObject({
  cluster: z.string().min(1),
  capacityProviders: providers,
  defaultCapacityProviderStrategy: strategy,
});

const describeInput = z.strictObject({
  clusters: z.array(z.string()).max(100).default(["default"]),
  include: z.array(z.enum(["ATTACHMENTS", "CONFIGURATIONS", "SETTINGS", "STATISTICS", "TAGS"])).default([]),
});

/** One that exists already is told again. */
export function createCluster(account: EcsAccount, input: unknown): object {
  const wish = read(createInput, input, "CreateCluster");
  const { clusterName, tags: given, capacityProviders: named, defaultCapacityProviderStrategy } = wish;
  checkDefault(defaultCapacityProviderStrategy, named);
  const parts = { tags: given, capacityProviders: named, defaultStrategy: defaultCapacityProviderStrategy };
  return { cluster: picture(account, account.clusters.create(clusterName, parts), true) };
}

export function putClusterCapacityProviders(account: EcsAccount, input: unknown): object {
  const wish = read(putInput, input, "PutClusterCapacityProviders");
  const cluster = account.clusters.get(wish.cluster);
  checkDefault(wish.defaultCapacityProviderStrategy, wish.capacityProviders);
  cluster.capacityProviders = wish.capacityProviders;
  cluster.defaultStrategy = wish.defaultCapacityProviderStrategy;
  return { cluster: picture(account, cluster, true) };
}

function checkDefault(wish: Strategy, named: readonly string[]): void {
  if (wish.every(({ capacityProvider }) => named.includes(capacityProvider))) return;
  throw new ApiError(
    "InvalidParameterException",
    "The default capacity provider strategy cannot contain a capacity provider that is not associated with the cluster.",
  );
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
    capacityProviders: cluster.capacityProviders,
    defaultCapacityProviderStrategy: cluster.defaultStrategy,
  };
}
