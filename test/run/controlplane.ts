/** The embedded control plane, for a person: its binary, built when need be, and where a kept cluster lives. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** Where `npm run cluster` keeps its cluster, and where `npm run kubectl` looks for one. Git ignores it. */
export const keptCluster = join(import.meta.dirname, "../../.cache/cluster");

/** The path of the binary; progress goes to standard error. Ends this process where it cannot be had, as `build.sh` says. */
export function controlPlaneBinary(): string {
  const build = spawnSync(join(import.meta.dirname, "../controlplane/build.sh"), {
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
  });
  if (build.status !== 0) process.exit(build.status ?? 1);
  return build.stdout.trimEnd().split("\n").at(-1) ?? "";
}
