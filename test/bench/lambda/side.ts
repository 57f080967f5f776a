/** burstlet with one node on Lambda, whose functions are processes of this host that speak the Runtime API. */
import { join } from "node:path";
import type { ScenarioInput } from "../../../localstack/scenario/schema.ts";
import { standInLambdaNode } from "../../support/stand-in-node.ts";
import { sideOverStandIn, type StandInSide } from "../sides/over-stand-in.ts";

const code = join(import.meta.dirname, "function");

/** `job`: 5 ms of a really run function; `held`: answers after five minutes, and costs this machine nothing meanwhile. */
const scenario: ScenarioInput = {
  functions: {
    job: { runtime: "nodejs24.x", code, timeout: 60, memory: 512 },
    held: { timeout: 900, memory: 512, script: { run: 300 } },
  },
};

export function lambdaSide(nodeFlags: readonly string[]): StandInSide {
  const node = (endpoint: string, namespace: string): object => {
    const { lambda, ...rest } = standInLambdaNode(endpoint).node;
    return { ...rest, grants: [{ namespace, allow: ["*"] }], lambda };
  };
  return sideOverStandIn({ name: "burstlet-lambda", scenario, node }, nodeFlags);
}
