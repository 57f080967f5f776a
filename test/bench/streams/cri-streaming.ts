/** A node of nothing but Kubernetes' own streaming server, in Go: test/controlplane/cmd/criserver. */
import { spawn } from "node:child_process";
import { createWriteStream, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { selfSignedCertificate } from "../../../src/kubelet/serving/certificate.ts";
import { servingIdentity } from "../../../src/kubelet/serving/names.ts";
import { goCommand } from "../../run/controlplane.ts";
import type { Arena } from "../sides/side.ts";
import { sourceServer, type StreamNode, type StreamSide } from "./side.ts";

const name = "cri-streaming";

export function criStreamingSide(): StreamSide {
  return {
    name,
    async start(arena, megabytes): Promise<StreamNode> {
      const { cluster, address } = arena;
      const path = (suffix: string) => join(cluster.folder, `${name}${suffix}`);
      const pem = selfSignedCertificate(servingIdentity([name], [address]), Date.now());
      writeFileSync(path(".crt"), pem.cert);
      writeFileSync(path(".key"), pem.key, { mode: 0o600 });
      const log = createWriteStream(path(".log"));
      const words = ["--address", `${address}:0`, "--cert", path(".crt"), "--key", path(".key")];
      const server = spawn(goCommand("criserver"), words, {
        stdio: ["pipe", "pipe", "pipe"],
        env: { ...process.env, BURSTLET_END_WITH_STDIN: "1" },
      });
      server.stderr.pipe(log);
      // It ends with its standard input, as criserver does: neither outlives the benchmark.
      const source = `process.stdin.resume().on("end", () => process.exit());${sourceServer(megabytes)}`;
      const served = spawn(process.execPath, ["-e", source], { stdio: ["pipe", "ignore", "inherit"] });
      const first = await createInterface({ input: server.stdout })[Symbol.asyncIterator]().next();
      await register(arena, (JSON.parse(String(first.value)) as { port: number }).port);
      const file = path(".big");
      await makeFile(file, megabytes);
      return {
        pid: server.pid ?? -1,
        log: path(".log"),
        pod: name,
        file,
        async stop() {
          const ended = [server, served].map(async (child) => new Promise((resolve) => child.once("exit", resolve)));
          server.stdin.end();
          served.stdin.end();
          await Promise.all(ended);
        },
      };
    },
  };
}

async function makeFile(file: string, megabytes: number): Promise<void> {
  const child = spawn("sh", ["-c", 'head -c "$1" /dev/urandom > "$2"', "sh", `${megabytes}M`, file]);
  const code = await new Promise((resolve) => child.once("exit", resolve));
  if (code !== 0) throw new Error(`${file} could not be written`);
}

/** A node and a running pod on it, as the API server must see them to send anybody there. */
async function register({ client, address, cluster }: Arena, port: number): Promise<void> {
  await client.send("POST", "/api/v1/nodes", { metadata: { name } });
  await client.send("PATCH", `/api/v1/nodes/${name}/status`, {
    status: {
      addresses: [{ type: "InternalIP", address }],
      daemonEndpoints: { kubeletEndpoint: { Port: port } },
      conditions: [{ type: "Ready", status: "True" }],
    },
  });
  await cluster.apply({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: {
      nodeName: name,
      // Nobody renews the node's lease; its pod stays all the same.
      tolerations: [{ operator: "Exists" }],
      containers: [{ name: "main", image: "none" }],
    },
  });
  await client.send("PATCH", `/api/v1/namespaces/default/pods/${name}/status`, {
    status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
  });
}
