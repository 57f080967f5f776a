/** burstlet as a real process of its own, as `burstlet run` starts it; for tests that kill it. */
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ClusterClient } from "./cluster.ts";

export interface Burstlet {
  readonly pid: number;
  /** Everything it has logged so far. */
  log(): string;
  /** Clean stop by SIGTERM; resolves to the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL. */
  kill(): Promise<void>;
  readonly ended: Promise<number | null>;
}

let started = 0;

/** `config` is the BurstletConfiguration without apiVersion and kind. */
export function startBurstlet(
  folder: string,
  kubeconfig: string,
  config: object,
  env: Readonly<Record<string, string>> = {},
): Burstlet {
  const name = join(folder, `burstlet-${++started}`);
  const full = { apiVersion: "burstlet.dev/v1alpha1", kind: "BurstletConfiguration", ...config };
  writeFileSync(`${name}.yaml`, JSON.stringify(full));
  const main = join(import.meta.dirname, "../../src/main.ts");
  const child = spawn(process.execPath, [main, "run", "--config", `${name}.yaml`, "--kubeconfig", kubeconfig], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, ...env },
  });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));
  // Not at its exit, when its last lines may still be on their way.
  const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  // A test process that dies must not leave it behind.
  const reap = () => child.kill("SIGKILL");
  process.once("exit", reap);
  void ended.then(() => process.off("exit", reap));
  return {
    pid: child.pid ?? -1,
    ended,
    log: () => log,
    stop() {
      child.kill("SIGTERM");
      return ended;
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** deploy/rbac.yaml applied, and a kubeconfig of the ServiceAccount in it: tests never run burstlet as administrator. */
export async function burstletIdentity(cluster: ClusterClient): Promise<string> {
  await cluster.apply(readFileSync(join(import.meta.dirname, "../../deploy/rbac.yaml"), "utf8"));
  return cluster.kubeconfigOf("burstlet", "burstlet");
}
