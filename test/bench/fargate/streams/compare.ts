/** kubectl exec of a big file: from a task on Fargate through the stand-in, and from a pod of this machine, in turn. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { shutdownSupervisor } from "../../../../providers/local/runtime/process/process-runtime.ts";
import type { Pod } from "../../../../src/model/kube.ts";
import { systemClock } from "../../../../src/telemetry/clock.ts";
import { burstletIdentity } from "../../../support/burstlet.ts";
import { startCluster } from "../../../support/cluster.ts";
import { eventually } from "../../../support/eventually.ts";
import { standInNode } from "../../../support/stand-in-node.ts";
import { openClient } from "../../client.ts";
import type { BenchOptions } from "../../options.ts";
import { burstletCommand } from "../../sides/burstlet.ts";
import { startProcess } from "../../sides/side.ts";
import { execTransfer } from "../../streams/transfer.ts";
import { startStandIn } from "../../sides/stand-in.ts";
import { scenario } from "../side.ts";

export const sides = ["local", "fargate"] as const;
type Side = (typeof sides)[number];

export interface FargateTransfer {
  readonly side: Side;
  /** Megabytes a second. */
  readonly speed: number;
}

const file = "/tmp/big";

export async function compareFargateStreams(
  { nodeFlags, megabytes, rounds }: BenchOptions,
  address = "127.0.0.1",
): Promise<readonly FargateTransfer[]> {
  const folder = mkdtempSync(join(tmpdir(), "burst-"));
  const cluster = await startCluster({ bind: address });
  const client = openClient(cluster.kubeconfig);
  const standIn = await startStandIn(join(folder, "aws"), scenario, "process");
  const stateDir = join(folder, "tasks");
  mkdirSync(stateDir, { mode: 0o700 });
  const configuration = join(folder, "burstlet.json");
  writeFileSync(configuration, JSON.stringify(nodesOf(address, standIn.url, stateDir)));
  const { env } = standInNode(standIn.url);
  const command = burstletCommand(nodeFlags, configuration, await burstletIdentity(cluster));
  const node = startProcess(command, join(folder, "burstlet.log"), env);
  const transfers: FargateTransfer[] = [];
  try {
    for (const side of sides) {
      await eventually(`node ${side}`, async () => client.send("GET", `/api/v1/nodes/${side}`).then(() => true));
      await cluster.apply(podOn(side));
      const pod = async () => client.send<Pod>("GET", `/api/v1/namespaces/default/pods/${side}`);
      await eventually(`pod ${side} is ready (log of burstlet: ${node.log})`, async () =>
        (await pod()).status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True"),
      );
      await cluster.kubectl("exec", side, "--", "sh", "-c", `head -c ${megabytes * 2 ** 20} /dev/urandom > ${file}`);
    }
    for (let round = 1; round <= rounds; round++) {
      for (const side of sides) {
        const load = loadavg()[0] ?? Number.NaN;
        const milliseconds = await execTransfer(cluster, { ...node, pod: side, file }, "websocket", megabytes);
        const speed = (megabytes / milliseconds) * 1000;
        transfers.push({ side, speed });
        console.log(`${side}, round ${round} of ${rounds}: ${speed.toFixed(1)} MB/s; load before ${load.toFixed(1)}`);
      }
    }
    return transfers;
  } finally {
    await node.stop();
    await standIn.stop();
    await shutdownSupervisor(stateDir, systemClock);
    await client.close();
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Both nodes are one burstlet's. The stand-in's tasks have the default bridge, so the local node has another one. */
function nodesOf(address: string, endpoint: string, stateDir: string): object {
  const { node } = standInNode(endpoint);
  const network = { bridge: "burstlet-bench", subnet: "10.214.0.0/16" };
  const local = { runtime: "process", allowHostProcesses: true, stateDir, process: network };
  const nodes = [
    { name: "local", provider: "local", address, port: 0, local },
    { name: "fargate", address, port: 0, ...node, fargate: { ...node.fargate, exec: true } },
  ];
  return { apiVersion: "burstlet.dev/v1alpha1", kind: "BurstletConfiguration", nodes };
}

function podOn(nodeName: Side): object {
  const containers = [{ name: "main", image: "busybox:1", command: ["sleep", "3600"] }];
  const spec = { nodeName, tolerations: [{ operator: "Exists" }], terminationGracePeriodSeconds: 1, containers };
  return { apiVersion: "v1", kind: "Pod", metadata: { name: nodeName }, spec };
}
