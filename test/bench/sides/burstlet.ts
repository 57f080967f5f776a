import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { burstletIdentity } from "../../support/burstlet.ts";
import { type Arena, type Side, startProcess } from "./side.ts";

const root = join(import.meta.dirname, "../../..");

/** Started as `npm run burstlet` does; `nodeFlags` come on top, e.g. `--cpu-prof`. */
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
      return startProcess(burstletCommand(nodeFlags, `${name}.json`, identity), `${name}.log`);
    },
  };
}

/** burstlet as it is shipped, with more flags for its Node. */
export function burstletCommand(nodeFlags: readonly string[], configuration: string, identity: string): string[] {
  const main = join(root, "src/main.ts");
  const words = ["run", "--config", configuration, "--kubeconfig", identity];
  return [process.execPath, ...shippedFlags(), ...nodeFlags, main, ...words];
}

/** The flags for Node in package.json's script `burstlet`. */
function shippedFlags(): string[] {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: { burstlet: string } };
  const flags = /&& node (.*)src\/main\.ts$/.exec(scripts.burstlet)?.[1];
  if (flags === undefined) throw new Error("package.json: script burstlet no longer ends in `node … src/main.ts`");
  return flags.split(" ").filter((flag) => flag !== "");
}

/** As a user would have it, but for room: 110 pods are the default. The log stays at its default, too. */
function configuration(address: string, stateDir: string): object {
  const capacity = { cpu: 10_000, memory: "10Ti", pods: 20_000 };
  const local = { runtime: "scripted", stateDir, capacity };
  const node = { name: "burstlet", provider: "local", address, port: 0, local };
  return { apiVersion: "burstlet.dev/v1alpha1", kind: "BurstletConfiguration", nodes: [node] };
}
