/** burstlet with one node on Fargate. */
import type { ScenarioInput } from "../../../localstack/scenario/schema.ts";
import { sideOverStandIn, type StandInSide } from "../sides/over-stand-in.ts";

/** AWS's defaults, its buckets of calls above all, but for room: six vCPUs would be 24 pods. Tasks start quickly. */
export const scenario: ScenarioInput = { quotas: { "L-3032A538": 10_000 } };

const queue = "burstlet-events";
const queueUrl = `https://sqs.us-east-1.amazonaws.com/123456789012/${queue}`;

/** `isPushed`: changes of tasks come as events, by a queue. */
export function fargateSide(nodeFlags: readonly string[], isPushed: boolean): StandInSide {
  const name = "burstlet-fargate";
  if (!isPushed) return sideOverStandIn({ name, scenario, node: (endpoint) => node(endpoint) }, nodeFlags);
  const withQueue = { ...scenario, queues: [queue], eventRules: [{ cluster: "burstlet", queue }] };
  const hears = (endpoint: string) => node(endpoint, { events: { queueUrl } });
  return sideOverStandIn({ name, scenario: withQueue, node: hears }, nodeFlags);
}

/** What the stand-in has by default, and room. */
function node(endpoint: string, more: object = {}): object {
  const fargate = {
    region: "us-east-1",
    endpoint,
    subnets: ["subnet-0a1b2c3d", "subnet-1a2b3c4d"],
    securityGroups: ["sg-0a1b2c3d"],
    executionRoleArn: "arn:aws:iam::123456789012:role/burstlet-execution",
    capacity: { pods: 20_000 },
    ...more,
  };
  return { provider: "fargate", fargate };
}
