/**
 * `npm run kubectl -- …`: the embedded kubectl, on the cluster of --kubeconfig, or else of a demo that runs, or else of
 * KUBECONFIG, or else of `npm run cluster`.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { controlPlaneBinaryOrExit, keptCluster } from "./controlplane.ts";
import { inItsNetwork, runningDemo } from "./demo/running-demo.ts";

const words = process.argv.slice(2);
const isNamed = words.some((word) => /^--kubeconfig(=|$)/.test(word));
const demo = isNamed ? undefined : runningDemo();
const kept = join(keptCluster, "admin.kubeconfig");
const env = { ...process.env };
if (demo !== undefined) {
  const other = env["KUBECONFIG"] === undefined ? existsSync(kept) && "npm run cluster" : "KUBECONFIG";
  if (other !== false) console.error(`kubectl: the cluster of the running demo, not that of ${other}`);
  env["KUBECONFIG"] = demo.kubeconfig;
} else if (env["KUBECONFIG"] === undefined && existsSync(kept)) {
  env["KUBECONFIG"] = kept;
} else if (!isNamed && env["KUBECONFIG"] === undefined && !needsNoCluster(words)) {
  console.error(
    "kubectl: no cluster runs. Start one with: npm run cluster, or npm run demo; or name one by --kubeconfig",
  );
  process.exit(2);
}

/** Help and the client's own version; ~/.kube/config is never used in silence. */
function needsNoCluster(all: readonly string[]): boolean {
  return (
    all.length === 0 ||
    all.includes("--help") ||
    all.includes("--client") ||
    ["help", "completion"].includes(all[0] ?? "")
  );
}

const network = demo === undefined ? [] : inItsNetwork(demo);
if (network.length > 0 && words.some((word) => word === "port-forward" || word === "proxy"))
  console.error(
    `kubectl: it listens inside the demo's network; go there by: ${network.join(" ")} wget -qO- 127.0.0.1:PORT`,
  );
const [program = "", ...rest] = [...network, controlPlaneBinaryOrExit(), "kubectl", ...words];
// npm has changed to the project's folder: `-f FILE` means a file where the user is.
const cwd = env["npm_lifecycle_event"] === "kubectl" ? env["INIT_CWD"] : undefined;
const { status, signal } = spawnSync(program, rest, { stdio: "inherit", env, cwd });
process.exitCode = status ?? (signal === null ? 1 : 130);
