/** virtual-kubelet's own end-to-end suite against a node that is there. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { World } from "../../e2e/worlds/world.ts";
import { nodeName } from "../../e2e/worlds/world.ts";
import type { SuiteResult } from "../result.ts";
import { goTestResults } from "./go-test.ts";
import { standInPod } from "./stand-in-pod.ts";

const namespace = "virtual-kubelet";

export async function runVirtualKubeletSuite(binary: string, { cluster, node }: World): Promise<SuiteResult> {
  await cluster.kubectl("create", "namespace", namespace);
  const front = await standInPod(cluster, await node(), namespace);
  const started = performance.now();
  try {
    const flags = { kubeconfig: cluster.kubeconfig, namespace, "node-name": nodeName };
    const words = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
    const output = await outputOf(spawn(binary, ["-test.v", ...words], { stdio: ["ignore", "pipe", "pipe"] }));
    const seconds = (performance.now() - started) / 1000;
    return { title: "virtual-kubelet", seconds, tests: goTestResults(output, "TestEndToEnd") };
  } finally {
    front.close();
    await cluster.kubectl("delete", "namespace", namespace, "--timeout=60s");
  }
}

async function outputOf(child: ChildProcess): Promise<string> {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (text += String(chunk)));
  await once(child, "close");
  return text;
}
