/** burstlet with one node on a cloud, over a stand-in of its own each time: full buckets, and nothing left of the round before. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ScenarioInput } from "../../../localstack/scenario/schema.ts";
import { burstletIdentity } from "../../support/burstlet.ts";
import { burstletCommand } from "./burstlet.ts";
import { type Side, type SideName, startProcess } from "./side.ts";
import { type StandIn, startStandIn } from "./stand-in.ts";

export interface StandInSide extends Side {
  /** That of the node that runs now. */
  standIn(): StandIn;
}

export interface CloudNode {
  readonly name: SideName;
  readonly scenario: ScenarioInput;
  /** Fields of the node in burstlet's configuration, given where the stand-in is and whose pods come. */
  readonly node: (endpoint: string, namespace: string) => object;
}

const credentials = { AWS_ACCESS_KEY_ID: "AKIASTANDIN", AWS_SECRET_ACCESS_KEY: "secret" };

export function sideOverStandIn({ name, scenario, node: of }: CloudNode, nodeFlags: readonly string[]): StandInSide {
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
    async start({ cluster, address }, namespace) {
      const path = join(cluster.folder, `${name}-${++runs}`);
      const standIn = await startStandIn(`${path}-aws`, scenario);
      running = standIn;
      const nodes = [{ name, address, port: 0, ...of(standIn.url, namespace) }];
      const configuration = { apiVersion: "burstlet.dev/v1alpha1", kind: "BurstletConfiguration", nodes };
      writeFileSync(`${path}.json`, JSON.stringify(configuration));
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
