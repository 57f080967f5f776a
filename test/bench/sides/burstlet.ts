import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { burstletIdentity } from "../../support/burstlet.ts";
import { type Arena, type Side, startProcess } from "./side.ts";

/** `node` itself with more flags, e.g. `--cpu-prof`. */
export function burstletSide(nodeFlags: readonly string[]): Side {
  let identity = "";
  let runs = 0;
  return {
    name: "burstlet",
    async prepare({ cluster }) {
      identity = await burstletIdentity(cluster);
    },
    async start({ cluster, address }: Arena) {
      const name = join(cluster.folder, `burstlet-${++runs}`);
      writeFileSync(`${name}.json`, JSON.stringify(configuration(address, join(cluster.folder, "tasks"))));
      const main = join(import.meta.dirname, "../../../src/main.ts");
      const command = [
        process.execPath,
        ...nodeFlags,
        main,
        "run",
        "--config",
        `${name}.json`,
        "--kubeconfig",
        identity,
      ];
      return startProcess(command, `${name}.log`);
    },
  };
}

/** As a user would have it, but for room: 110 pods are the default. The log stays at its default, too. */
function configuration(address: string, stateDir: string): object {
  const capacity = { cpu: 10_000, memory: "10Ti", pods: 20_000 };
  const local = { runtime: "scripted", stateDir, capacity };
  const node = { name: "burstlet", provider: "local", address, port: 0, local };
  return { apiVersion: "burstlet.dev/v1alpha1", kind: "BurstletConfiguration", nodes: [node] };
}
