/** burstlet with one node on Fargate. */
import type { ScenarioInput } from "../../../localstack/scenario/schema.ts";
import { sideOverStandIn, type StandInSide } from "../sides/over-stand-in.ts";

/** AWS's defaults, its buckets of calls above all, but for room: six vCPUs would be 24 pods. Tasks start quickly. */
export const scenario: ScenarioInput = { quotas: { "L-3032A538": 10_000 } };

export function fargateSide(nodeFlags: readonly string[]): StandInSide {
  return sideOverStandIn({ name: "burstlet-fargate", scenario, node }, nodeFlags);
}

/** What the stand-in has by default, and room. */
function node(endpoint: string): object {
  const fargate = {
    region: "us-east-1",
    endpoint,
    subnets: ["subnet-0a1b2c3d", "subnet-1a2b3c4d"],
    securityGroups: ["sg-0a1b2c3d"],
    executionRoleArn: "arn:aws:iam::123456789012:role/burstlet-execution",
    capacity: { pods: 20_000 },
  };
  return { provider: "fargate", fargate };
}
