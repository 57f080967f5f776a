/** Nodes over the stand-in, in whose account and subscription everything is as the default scenario has it. */
export interface StandInNode {
  /** Fields of the node in burstlet's configuration. */
  readonly node: { readonly provider: "fargate"; readonly fargate: object };
  /** Credentials, which burstlet takes from its environment. */
  readonly env: Readonly<Record<string, string>>;
}

const role = (name: string): string => `arn:aws:iam::123456789012:role/${name}`;

export function standInNode(endpoint: string): StandInNode {
  const fargate = {
    region: "us-east-1",
    endpoint,
    subnets: ["subnet-0a1b2c3d", "subnet-1a2b3c4d"],
    securityGroups: ["sg-0a1b2c3d"],
    executionRoleArn: role("burstlet-execution"),
    taskRoleArn: role("burstlet-task"),
    infrastructureRoleArn: role("burstlet-infrastructure"),
  };
  return {
    node: { provider: "fargate", fargate },
    env: { AWS_ACCESS_KEY_ID: "AKIASTANDIN", AWS_SECRET_ACCESS_KEY: "secret" },
  };
}

/** On Azure Container Instances. It needs no credentials: over plain http no token is asked for. */
export function azureNode(endpoint: string): { readonly provider: "aci"; readonly aci: object } {
  const aci = { endpoint, subscription: "00000000-0000-0000-0000-000000000000", locations: ["westeurope"] };
  return { provider: "aci", aci };
}

/** Of this machine, whose processes have another network than those of the stand-in. */
export function besideTheStandIn(stateDir: string): { readonly provider: "local"; readonly local: object } {
  const network = { bridge: "burstlet1", subnet: "10.215.0.0/16" };
  return { provider: "local", local: { runtime: "process", allowHostProcesses: true, stateDir, process: network } };
}

/** A node on Lambda whose pods of any namespace that e2e tests use may name every function. */
export function standInLambdaNode(
  endpoint: string,
  lambda: object = {},
): {
  readonly node: { readonly provider: "lambda"; readonly grants: readonly object[]; readonly lambda: object };
} & Pick<StandInNode, "env"> {
  return {
    node: {
      provider: "lambda",
      grants: ["default", "burstlet-demo"].map((namespace) => ({ namespace, allow: ["*"] })),
      lambda: { region: "us-east-1", endpoint, ...lambda },
    },
    env: { AWS_ACCESS_KEY_ID: "AKIASTANDIN", AWS_SECRET_ACCESS_KEY: "secret" },
  };
}
