/**
 * A network namespace with addresses of its own. The API server refuses to talk to a node on a loopback address, and
 * nothing may listen on the machine's outer address; so a whole run (tests or demo) lives in a namespace that it made
 * itself, with one bridge. It goes away with its last process.
 */
import { spawn, spawnSync } from "node:child_process";

/** Address of the bridge, as everything inside knows it. */
const VARIABLE = "BURSTLET_NAMESPACE_ADDRESS";
const ADDRESS = "10.214.0.1";
const setUp = [
  "ip link set lo up",
  "ip link add burst0 type bridge",
  `ip addr add ${ADDRESS}/24 dev burst0`,
  "ip link set burst0 up",
  // A default route, so that clients find a source address; nothing answers behind it.
  "ip route add default dev burst0",
].join(" && ");

/** The address that servers of this run may listen on, or `undefined` outside such a namespace. */
export function namespaceAddress(): string | undefined {
  return process.env[VARIABLE];
}

/** Why this machine cannot make one; `undefined` when it can. */
export function namespaceTrouble(): string | undefined {
  if (process.getuid?.() !== 0) return "making a network namespace needs root";
  const tried = spawnSync("unshare", ["--net", "sh", "-c", setUp], { encoding: "utf8" });
  if (tried.error !== undefined) return `unshare of util-linux cannot be run: ${tried.error.message}`;
  return tried.status === 0 ? undefined : `a network namespace cannot be made: ${tried.stderr.trim()}`;
}

/** Runs a command inside a fresh namespace and resolves to its exit code. Signals reach it; it dies with us. */
export function runInNamespace(command: readonly string[]): Promise<number> {
  // The mount namespace keeps what the command mounts (containers' file systems) away from the machine, too.
  const child = spawn("unshare", ["--net", "--mount", "sh", "-c", `${setUp} && exec "$@"`, "sh", ...command], {
    stdio: "inherit",
    env: { ...process.env, [VARIABLE]: ADDRESS },
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? (signal === null ? 1 : 130)));
  });
}
