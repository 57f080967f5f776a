/**
 * A network namespace with addresses of its own. The API server refuses to talk to a node on a loopback address, and
 * nothing may listen on the machine's outer address; so a whole run (tests or demo) lives in a namespace that it made
 * itself, with one bridge. It goes away with its last process.
 */
import { spawn, spawnSync } from "node:child_process";
import { readdirSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

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

/**
 * Runs a command inside a fresh namespace and resolves to its exit code. Signals reach it; it dies with us. What an
 * interrupted one has left running there is ended: vitest ends at once by a signal, and takes nothing down.
 */
export async function runInNamespace(
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<number> {
  // The mount namespace keeps what the command mounts (containers' file systems) away from the machine, too.
  const child = spawn("unshare", ["--net", "--mount", "sh", "-c", `${setUp} && exec "$@"`, "sh", ...command], {
    stdio: "inherit",
    env: { ...process.env, ...env, [VARIABLE]: ADDRESS },
  });
  let interrupted = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      interrupted = true;
      child.kill(signal);
    });
  }
  let network: string | undefined;
  const look = setInterval(() => {
    network = otherNetworkOf(child.pid);
    if (network !== undefined) clearInterval(look);
  }, 50).unref();
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (status, signal) => resolve(status ?? (signal === null ? 1 : 130)));
  });
  clearInterval(look);
  if (interrupted && network !== undefined) await endAll(network);
  return code;
}

/** The network namespace of a process, as its link in /proc names it; `undefined` for ours, and when it is gone. */
function otherNetworkOf(pid: number | string | undefined): string | undefined {
  try {
    const network = readlinkSync(`/proc/${pid}/ns/net`);
    return network === readlinkSync("/proc/self/ns/net") ? undefined : network;
  } catch {
    return undefined;
  }
}

/** SIGTERM to each process there, to those that come meanwhile too; who is still there after ten seconds is killed. */
async function endAll(network: string): Promise<void> {
  const told = new Set<string>();
  for (let roundsLeft = 150; roundsLeft > 0; roundsLeft -= 1) {
    const members = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && otherNetworkOf(name) === network);
    if (members.length === 0) return;
    for (const pid of members) {
      if (roundsLeft < 50) send(Number(pid), "SIGKILL");
      else if (!told.has(pid)) send(Number(pid), "SIGTERM");
      told.add(pid);
    }
    await sleep(100);
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has just ended.
  }
}
