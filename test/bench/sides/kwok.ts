/** kwok pretends nodes and pods and does nothing else: the least that a node can cost. */
import { join } from "node:path";
import { peerIdentity } from "./peer-identity.ts";
import { binaryPath, filePath, type GoProgram } from "../../support/programs/go-program.ts";
import { type Arena, type Side, startProcess } from "./side.ts";

const stages = "kustomize/stage";

export const kwok: GoProgram = {
  name: "kwok",
  module: "sigs.k8s.io/kwok",
  command: "cmd/kwok",
  version: "v0.8.0",
  // What its own manifests install: the fastest life of a node and of pods, without delays.
  files: [
    `${stages}/node/fast/node-initialize.yaml`,
    `${stages}/node/heartbeat-with-lease/node-heartbeat-with-lease.yaml`,
    `${stages}/pod/fast/pod-ready.yaml`,
    `${stages}/pod/fast/pod-complete.yaml`,
    `${stages}/pod/fast/pod-delete.yaml`,
  ],
};

export function kwokSide(): Side {
  let identity = "";
  let runs = 0;
  return {
    name: "kwok",
    async prepare(arena) {
      identity = await peerIdentity(arena.cluster, "kwok");
    },
    async start({ cluster, client, address }: Arena) {
      // kwok makes no Node object: it looks after one that somebody else has made.
      await client.send("POST", "/api/v1/nodes", { metadata: { name: "kwok" } });
      const where = ["--node-ip", address, "--cidr", "10.98.0.0/16"];
      const life = kwok.files.flatMap((file) => ["--config", filePath(kwok, file)]);
      const command = [binaryPath(kwok), "--kubeconfig", identity, ...life];
      return startProcess(
        [...command, "--manage-single-node", "kwok", ...where],
        join(cluster.folder, `kwok-${++runs}.log`),
      );
    },
  };
}
