/** A node on Fargate over the stand-in for AWS, in whose account everything is as the default scenario has it. */
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
  };
  return {
    node: { provider: "fargate", fargate },
    env: { AWS_ACCESS_KEY_ID: "AKIASTANDIN", AWS_SECRET_ACCESS_KEY: "secret" },
  };
}
