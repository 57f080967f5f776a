/** burstlet on Fargate and burstlet on the scripted runtime, in turn, on one control plane. */
import { loadavg } from "node:os";
import { inArena } from "../arena.ts";
import type { BenchOptions } from "../options.ts";
import { burstletSide } from "../sides/burstlet.ts";
import { fargateLine } from "./report.ts";
import { type DeploymentRound, deploymentRound } from "./round.ts";
import { fargateSide } from "./side.ts";

export interface FargateComparison {
  readonly fargate: readonly DeploymentRound[];
  readonly scripted: readonly DeploymentRound[];
}

/** By default the controllers create 20 pods a second, no more than ECS launches. Far more would crowd the API server. */
const quickControllers = ["--kube-api-qps=100", "--kube-api-burst=100"].map(
  (flag) => `--controller-manager-arg=${flag}`,
);

export async function compareFargate(
  { nodeFlags, pods, files, rounds, push }: BenchOptions,
  address: string | undefined,
): Promise<FargateComparison> {
  const fargate: DeploymentRound[] = [];
  const scripted: DeploymentRound[] = [];
  return inArena(address, quickControllers, async (arena, audit) => {
    const onFargate = fargateSide(nodeFlags, push);
    const sides = [
      { side: onFargate, standIn: onFargate.standIn, found: fargate },
      { side: burstletSide(nodeFlags), standIn: undefined, found: scripted },
    ];
    for (const { side } of sides) await side.prepare(arena);
    for (let number = 1; number <= rounds; number++) {
      for (const { side, standIn, found } of sides) {
        const load = loadavg()[0] ?? Number.NaN;
        const round = await deploymentRound(arena, side, audit, { pods, files, standIn });
        found.push(round);
        console.log(fargateLine(side.name, `round ${number} of ${rounds}`, round, load));
      }
    }
    return { fargate, scripted };
  });
}
