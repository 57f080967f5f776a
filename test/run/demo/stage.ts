import type { ClusterClient } from "../../support/cluster.ts";

/** A cluster as the demo needs it, fresh or a person's own. */
export interface Stage {
  readonly cluster: ClusterClient;
  /** In which the examples are. */
  readonly namespace: string;
  /** Address of the node; `undefined` where it can have none, with the reason in `limits`. */
  readonly address: string | undefined;
  /** Can pods here have what the process runtime gives them as root alone: volumes, and addresses of their own? */
  readonly isRoot: boolean;
  /** A kubeconfig with burstlet's own rights and no others. */
  readonly identity: string;
  /** What does not work here, a sentence each. */
  readonly limits: readonly string[];
  /** Lines with commands to try next, which work from another terminal. */
  readonly hints: readonly string[];
  apply(file: string): Promise<void>;
  /** Takes the examples away while burstlet still runs and can end their pods. */
  clear(): Promise<void>;
  /** Takes everything else away. */
  leave(): Promise<void>;
}

export type ProviderChoice = "local" | "fargate" | "aci" | "lambda" | "all";

const nodeName = "burstlet-demo";

/** Those of the demo: one, or one for each provider. */
export function nodeNames(provider: ProviderChoice): readonly [string, ...string[]] {
  if (provider !== "all") return [nodeName];
  return [`${nodeName}-fargate`, `${nodeName}-aci`, `${nodeName}-local`];
}

/** Of each of them, so that examples in a person's own cluster go there and nowhere else. */
export const demoLabel = { "burstlet.dev/demo": nodeName } as const;
