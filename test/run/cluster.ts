/** `npm run cluster`: keeps a control plane up until Ctrl-C, and says how to use it. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { controlPlaneBinaryOrExit, keptCluster } from "./controlplane.ts";

// The pipe to its standard input is what keeps the cluster alive: it ends with this process, however this one ends.
const cluster = spawn(controlPlaneBinaryOrExit(), ["up", "--state", keptCluster, "--remove-state"], {
  stdio: ["pipe", "pipe", "inherit"],
});
process.on("SIGINT", () => cluster.stdin.end());
process.on("SIGTERM", () => cluster.stdin.end());
cluster.once("exit", (code) => {
  process.exitCode = code ?? 1;
});

for await (const line of createInterface({ input: cluster.stdout })) {
  const told = JSON.parse(line) as { ready?: boolean; kubeconfig?: string; server?: string; seconds?: number };
  if (told.ready === true) {
    console.log(`A cluster is up at ${told.server} after ${told.seconds} s. In another terminal:

  npm run kubectl -- get nodes                          the kubectl that belongs to it
  export KUBECONFIG=${told.kubeconfig}       for any other client
  npm run burstlet -- run --config FILE --kubeconfig ${told.kubeconfig}

Ctrl-C ends it and removes what it stored.`);
  } else if (told.ready === undefined) {
    console.log(line);
  }
}
