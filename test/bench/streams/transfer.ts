/** One transfer through the API server by kubectl, as a user makes it; what comes is counted and dropped. */
import { spawn } from "node:child_process";
import type { TestCluster } from "../../support/cluster.ts";
import { eventually } from "../../support/eventually.ts";
import { sourcePort, type StreamNode } from "./side.ts";

/** What kubectl speaks to the API server: WebSockets, as it does by itself since 1.31, or SPDY, as before. */
export const dialects = {
  websocket: {},
  spdy: { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: "false", KUBECTL_PORT_FORWARD_WEBSOCKETS: "false" },
} as const;

export type Dialect = keyof typeof dialects;

/** Milliseconds, kubectl's own start included. */
export async function execTransfer(
  cluster: TestCluster,
  { pod, file }: StreamNode,
  dialect: Dialect,
  megabytes: number,
): Promise<number> {
  return counted([...kubectl(cluster), "exec", pod, "--", "cat", file], dialect, megabytes);
}

/** Milliseconds, from the connection to kubectl's port to the last byte. */
export async function forwardTransfer(
  cluster: TestCluster,
  { pod }: StreamNode,
  dialect: Dialect,
  megabytes: number,
): Promise<number> {
  const [program, ...words] = [...kubectl(cluster), "port-forward", pod, `:${sourcePort}`];
  const forward = spawn(program, words, {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...dialects[dialect] },
  });
  const reap = () => forward.kill("SIGKILL");
  process.once("exit", reap);
  try {
    let said = "";
    forward.stdout.on("data", (chunk) => (said += String(chunk)));
    const port = await eventually("kubectl listens", () => /127\.0\.0\.1:(\d+)/.exec(said)?.[1]);
    return await counted(["busybox", "nc", "127.0.0.1", port], dialect, megabytes);
  } finally {
    process.off("exit", reap);
    reap();
  }
}

function kubectl(cluster: TestCluster): string[] {
  return [cluster.binary, "kubectl", "--kubeconfig", cluster.kubeconfig];
}

/** Runs a command whose output is so long and no other. Counting by a program keeps this process out of the way. */
async function counted(command: readonly string[], dialect: Dialect, megabytes: number): Promise<number> {
  const start = performance.now();
  const child = spawn("sh", ["-c", '"$@" < /dev/null | wc -c', "sh", ...command], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...dialects[dialect] },
  });
  let said = "";
  child.stdout.on("data", (chunk) => (said += String(chunk)));
  await new Promise((resolve) => child.once("close", resolve));
  const took = performance.now() - start;
  if (Number(said) !== megabytes * 2 ** 20) {
    throw new Error(`${command.join(" ")}: ${said.trim()} bytes came, ${megabytes} MB were expected`);
  }
  return took;
}
