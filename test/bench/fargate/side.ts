/** burstlet with one node on Fargate, over a stand-in of its own each time: full buckets, and nothing registered. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { burstletIdentity } from "../../support/burstlet.ts";
import { burstletCommand } from "../sides/burstlet.ts";
import { type Side, startProcess } from "../sides/side.ts";
import { type StandIn, startStandIn } from "./stand-in.ts";

const name = "burstlet-fargate";
const credentials = { AWS_ACCESS_KEY_ID: "AKIASTANDIN", AWS_SECRET_ACCESS_KEY: "secret" };

export interface FargateSide extends Side {
  /** That of the node that runs now. */
  standIn(): StandIn;
}

export function fargateSide(nodeFlags: readonly string[]): FargateSide {
  let identity = "";
  let runs = 0;
  let running: StandIn | undefined;
  return {
    name,
    standIn() {
      if (running === undefined) throw new Error("the stand-in for AWS has not been started");
      return running;
    },
    async prepare({ cluster }) {
      identity = await burstletIdentity(cluster);
    },
    async start({ cluster, address }) {
      const path = join(cluster.folder, `${name}-${++runs}`);
      const standIn = await startStandIn(`${path}-aws`);
      running = standIn;
      writeFileSync(`${path}.json`, JSON.stringify(configuration(address, standIn.url)));
      const node = startProcess(burstletCommand(nodeFlags, `${path}.json`, identity), `${path}.log`, credentials);
      return {
        ...node,
        async stop() {
          await node.stop();
          await standIn.stop();
        },
      };
    },
  };
}

/** What the stand-in has by default, and room. */
function configuration(address: string, endpoint: string): object {
  const fargate = {
    region: "us-east-1",
    endpoint,
    subnets: ["subnet-0a1b2c3d", "subnet-1a2b3c4d"],
    securityGroups: ["sg-0a1b2c3d"],
    executionRoleArn: "arn:aws:iam::123456789012:role/burstlet-execution",
    capacity: { pods: 20_000 },
  };
  const node = { name, provider: "fargate", address, port: 0, fargate };
  return { apiVersion: "burstlet.dev/v1alpha1", kind: "BurstletConfiguration", nodes: [node] };
}
