import type { ScenarioBox } from "../scenario/box.ts";
import { ApiError } from "../server/service.ts";
import type { Strategy } from "./input/strategy.ts";
import type { Tag } from "./input/tags.ts";
import { clusterArn, shortName } from "./names.ts";

export interface Cluster {
  readonly name: string;
  readonly arn: string;
  tags: readonly Tag[];
  capacityProviders: readonly string[];
  /** Of a RunTask that says neither a launch type nor a strategy. */
  defaultStrategy: Strategy;
}

type ClusterWish = Partial<Pick<Cluster, "tags" | "capacityProviders" | "defaultStrategy">>;

/** Those that the scenario names exist, from the moment on when it names them; none goes. */
export interface Clusters {
  create(name: string, wish: ClusterWish): Cluster;
  find(nameOrArn: string): Cluster | undefined;
  /** Throws AWS's error where there is none. */
  get(nameOrArn: string): Cluster;
}

export function createClusters(scenario: ScenarioBox): Clusters {
  const known = new Map<string, Cluster>();
  const create = (name: string, { tags = [], capacityProviders = [], defaultStrategy = [] }: ClusterWish): Cluster => {
    const arn = clusterArn(scenario.now, name);
    const cluster = known.get(name) ?? { name, arn, tags, capacityProviders, defaultStrategy };
    known.set(name, cluster);
    return cluster;
  };
  const ofScenario = (): void => {
    const { clusters, capacityProviders } = scenario.now;
    for (const name of clusters) create(name, { capacityProviders });
  };
  ofScenario();
  const find = (nameOrArn: string): Cluster | undefined => {
    ofScenario();
    return known.get(shortName(nameOrArn));
  };
  return {
    create,
    find,
    get(nameOrArn) {
      const cluster = find(nameOrArn);
      if (cluster === undefined) throw new ApiError("ClusterNotFoundException", "Cluster not found.");
      return cluster;
    },
  };
}
