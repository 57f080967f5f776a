/** `npm run cluster`: keeps a control plane up until Ctrl-C, and says how to use it. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { controlPlaneBinaryOrExit, keptCluster } from "./controlplane.ts";

const usage = `npm run cluster

Keeps a control plane (etcd, API server, controllers, scheduler) up on loopback until Ctrl-C, and says how to use it.
The first time it is built, which takes some minutes and needs Go. It takes no options.`;
const [word] = process.argv.slice(2);
if (word !== undefined) {
  const isHelp = word === "--help" || word === "-h" || word === "help";
  if (isHelp) console.log(usage);
  else console.error(`cluster: ${word}: there are no options\n\n${usage}`);
  process.exit(isHelp ? 0 : 2);
}

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
