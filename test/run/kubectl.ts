/** `npm run kubectl -- …`: the embedded kubectl, on the cluster of KUBECONFIG or --kubeconfig, or else of `npm run cluster`. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { controlPlaneBinaryOrExit, keptCluster } from "./controlplane.ts";

const kept = join(keptCluster, "admin.kubeconfig");
const env = { ...process.env };
if (env["KUBECONFIG"] === undefined && existsSync(kept)) env["KUBECONFIG"] = kept;

const { status, signal } = spawnSync(controlPlaneBinaryOrExit(), ["kubectl", ...process.argv.slice(2)], {
  stdio: "inherit",
  env,
});
process.exitCode = status ?? (signal === null ? 1 : 130);
