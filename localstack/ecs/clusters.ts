import type { ScenarioBox } from "../scenario/box.ts";
import { ApiError } from "../server/service.ts";
import type { Tag } from "./input/tags.ts";
import { clusterArn, shortName } from "./names.ts";

export interface Cluster {
  readonly name: string;
  readonly arn: string;
  tags: readonly Tag[];
}

export interface Clusters {
  /** Those of the scenario exist from the start. */
  create(name: string, tags: readonly Tag[]): Cluster;
  find(nameOrArn: string): Cluster | undefined;
  /** Throws AWS's error where there is none. */
  get(nameOrArn: string): Cluster;
}

export function createClusters(scenario: ScenarioBox): Clusters {
  const known = new Map<string, Cluster>();
  const create = (name: string, tags: readonly Tag[]): Cluster => {
    const cluster = known.get(name) ?? { name, arn: clusterArn(scenario.now, name), tags };
    known.set(name, cluster);
    return cluster;
  };
  for (const name of scenario.now.clusters) create(name, []);
  const find = (nameOrArn: string): Cluster | undefined => known.get(shortName(nameOrArn));
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
