/** Reads the demo's objects through one `kubectl proxy` on a unix socket: nothing listens on the network. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Objects } from "../../e2e/examples.ts";
import type { ClusterClient } from "../../support/cluster.ts";

export interface ApiReader {
  read(namespace: string): Promise<Objects>;
  close(): Promise<void>;
}

export async function startApiReader({ binary, kubeconfig, folder }: ClusterClient): Promise<ApiReader> {
  const socket = join(folder, "api.sock");
  // The shell waits for the end of the pipe, so that the proxy goes with this process, however that ends.
  const tied = '"$@" & read -r _; kill $!';
  const command = [binary, "kubectl", "--kubeconfig", kubeconfig, "proxy", `--unix-socket=${socket}`];
  const proxy = spawn("sh", ["-c", tied, "sh", ...command], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(proxy, "exit");
  // It says `Starting to serve on …`.
  await Promise.race([once(proxy.stdout, "data"), ended.then(() => Promise.reject(new Error("kubectl proxy ended")))]);
  const list = async <T>(group: string, namespace: string, resource: string): Promise<T[]> => {
    const body = await get(socket, `/${group}/namespaces/${namespace}/${resource}`);
    return (JSON.parse(body) as { items?: T[] }).items ?? [];
  };
  return {
    async read(namespace) {
      const [pods, jobs, deployments, endpointSlices] = await Promise.all([
        list<Objects["pods"][number]>("api/v1", namespace, "pods"),
        list<Objects["jobs"][number]>("apis/batch/v1", namespace, "jobs"),
        list<Objects["deployments"][number]>("apis/apps/v1", namespace, "deployments"),
        list<Objects["endpointSlices"][number]>("apis/discovery.k8s.io/v1", namespace, "endpointslices"),
      ]);
      return { pods, jobs, deployments, endpointSlices };
    },
    async close() {
      proxy.stdin.end();
      await ended;
    },
  };
}

async function get(socketPath: string, path: string): Promise<string> {
  const asked = request({ socketPath, path }).end();
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  const body = await text(answer);
  if (answer.statusCode !== 200) throw new Error(`GET ${path}: ${answer.statusCode} ${body}`);
  return body;
}
