/**
 * virtual-kubelet's suite reads metrics through the API server's proxy of a *pod* that is named like the node, on port
 * 10250, as where a virtual kubelet runs as a pod of its own cluster and answers everybody. burstlet answers nobody
 * without credentials, and that proxy hands none on; so the pod's address is that of a server which has some.
 */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, request, type Server } from "node:https";
import { join } from "node:path";
import type { Node } from "../../../src/model/kube.ts";
import type { TestCluster } from "../../support/cluster.ts";

interface KubeconfigUser {
  readonly user: { readonly "client-certificate-data": string; readonly "client-key-data": string };
}

export async function standInPod(cluster: TestCluster, node: Node, namespace: string): Promise<Server> {
  const name = node.metadata?.name ?? "";
  const address = node.status?.addresses?.find(({ type }) => type === "InternalIP")?.address ?? "";
  const kubeletPort = node.status?.daemonEndpoints?.kubeletEndpoint?.Port;
  const { users } = JSON.parse(await cluster.kubectl("config", "view", "--raw", "-o", "json")) as {
    users: readonly KubeconfigUser[];
  };
  const [admin] = users;
  if (admin === undefined || kubeletPort === undefined) throw new Error(`node ${name} cannot be asked`);
  const decoded = (text: string): Buffer => Buffer.from(text, "base64");
  const credentials = {
    cert: decoded(admin.user["client-certificate-data"]),
    key: decoded(admin.user["client-key-data"]),
    // As the API server itself asks kubelets here.
    rejectUnauthorized: false,
  };
  const server = createServer(serverCertificate(cluster.folder, address), ({ url: path, method }, response) => {
    const forwarded = request({ host: address, port: kubeletPort, path, method, ...credentials }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    forwarded.on("error", (error) => response.writeHead(502).end(error.message));
    forwarded.end();
  });
  server.listen(10_250, address);
  await once(server, "listening");

  // No scheduler wants it, so nobody else writes its status.
  const spec = { schedulerName: "nobody", containers: [{ name: "kubelet", image: "burstlet" }] };
  await cluster.apply({ apiVersion: "v1", kind: "Pod", metadata: { name, namespace }, spec });
  const status = JSON.stringify({ status: { podIP: address, podIPs: [{ ip: address }] } });
  await cluster.kubectl("patch", "pod", name, "-n", namespace, "--subresource=status", "--type=merge", "-p", status);
  return server;
}

function serverCertificate(folder: string, address: string): { readonly cert: Buffer; readonly key: Buffer } {
  const [cert, key] = [join(folder, "stand-in.crt"), join(folder, "stand-in.key")];
  const words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  execFileSync("openssl", [...words, "-subj", `/CN=${address}`, "-keyout", key, "-out", cert], { stdio: "ignore" });
  return { cert: readFileSync(cert), key: readFileSync(key) };
}
