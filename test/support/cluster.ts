/** A real control plane for one test file: started on free ports, gone with the test process, however that ends. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { parse } from "yaml";
import { controlPlaneBinary } from "../run/controlplane.ts";

const run = promisify(execFile);

export interface TestCluster extends ClusterClient {
  readonly server: string;
  /** `kill apiserver`, `start apiserver` … as the control plane's standard input takes it. */
  control(command: string): Promise<void>;
  stop(): Promise<void>;
}

/** The embedded kubectl on one cluster. */
export interface ClusterClient {
  readonly binary: string;
  /** A folder of this cluster's own; removed with it. */
  readonly folder: string;
  /** The administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** Standard output of the embedded kubectl; rejects with its standard error. */
  kubectl(...args: readonly string[]): Promise<string>;
  /** `kubectl apply -f -` of these objects or of this YAML. */
  apply(manifest: object | readonly object[] | string): Promise<string>;
  /** `kubectl get … -o json`. */
  get<T>(...args: readonly string[]): Promise<T>;
  /** A kubeconfig of this ServiceAccount, with a token of its own. */
  kubeconfigOf(namespace: string, serviceAccount: string): Promise<string>;
}

export interface ClusterOptions {
  /** Extra flags of `controlplane up`, e.g. `--controller-manager-arg=--node-monitor-grace-period=20s`. */
  readonly args?: readonly string[];
  /** Does the API server believe only those kubelets whose certificate the cluster has signed? */
  readonly verifiesKubelets?: boolean;
  /** Address that the API server and kubelets use; default loopback. */
  readonly bind?: string | undefined;
}

export async function startCluster(options: ClusterOptions = {}): Promise<TestCluster> {
  const binary = controlPlaneBinary();
  const folder = mkdtempSync(join(tmpdir(), "burstlet-cluster-"));
  const bind = options.bind === undefined ? [] : ["--bind", options.bind];
  const state = join(folder, "state");
  const ca = `--apiserver-arg=--kubelet-certificate-authority=${join(state, "pki/ca.crt")}`;
  const args = [...(options.args ?? []), ...(options.verifiesKubelets === true ? [ca] : [])];
  const up = spawn(binary, ["up", "--state", state, ...bind, ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = lineReader(up);
  const ready = JSON.parse(await lines.next((line) => line.includes('"ready"'))) as {
    ready: boolean;
    error?: string;
    kubeconfig: string;
    server: string;
  };
  if (!ready.ready) throw new Error(`the control plane did not start: ${ready.error}`);

  return {
    ...clusterClient(binary, ready.kubeconfig, folder),
    server: ready.server,
    async control(command) {
      up.stdin.write(`${command}\n`);
      const answer = JSON.parse(await lines.next((line) => line.includes(`"command":"${command}"`))) as { ok: boolean };
      if (!answer.ok) throw new Error(`${command}: ${JSON.stringify(answer)}`);
    },
    async stop() {
      const ended = new Promise((resolve) => up.once("exit", resolve));
      // Told to end well, it lingers for a second while watches are open, and nobody will read its state again.
      up.stdin.end("kill apiserver\n");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** `kubeconfig` is an administrator's, with one context; `folder` is there for kubeconfigs of others. */
export function clusterClient(binary: string, kubeconfig: string, folder: string): ClusterClient {
  const kubectl = async (...args: readonly string[]): Promise<string> => {
    const all = ["kubectl", "--kubeconfig", kubeconfig, ...args];
    const { stdout } = await run(binary, all, { maxBuffer: 1 << 28 }).catch((error: Error & { stderr?: string }) => {
      throw new Error(`kubectl ${args.join(" ")}: ${error.stderr?.trim() ?? error.message}`);
    });
    return stdout;
  };
  return {
    binary,
    folder,
    kubeconfig,
    kubectl,
    apply: (manifest) => apply(binary, kubeconfig, manifest),
    get: async <T>(...args: readonly string[]) => JSON.parse(await kubectl("get", ...args, "-o", "json")) as T,
    async kubeconfigOf(namespace, serviceAccount) {
      const token = (await kubectl("create", "token", "-n", namespace, serviceAccount, "--duration", "8h")).trim();
      const file = join(folder, `${serviceAccount}.kubeconfig`);
      const admin = parse(readFileSync(kubeconfig, "utf8")) as { clusters: object[] };
      writeFileSync(
        file,
        JSON.stringify({
          ...admin,
          users: [{ name: "u", user: { token } }],
          contexts: [contextOf(admin)],
          "current-context": "c",
        }),
        { mode: 0o600 },
      );
      return file;
    },
  };
}

function contextOf(config: { clusters: object[] }): object {
  const [first] = config.clusters as { name: string }[];
  return { name: "c", context: { cluster: first?.name, user: "u" } };
}

async function apply(
  binary: string,
  kubeconfig: string,
  manifest: object | readonly object[] | string,
): Promise<string> {
  const items = Array.isArray(manifest) ? { apiVersion: "v1", kind: "List", items: manifest } : manifest;
  const child = spawn(binary, ["kubectl", "--kubeconfig", kubeconfig, "apply", "-f", "-"], { stdio: "pipe" });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += String(chunk)));
  child.stdin.end(typeof items === "string" ? items : JSON.stringify(items));
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`kubectl apply: ${said.trim()}`);
  return said;
}

/** Lines of a child's standard output; each line goes to the first that waits for one like it. */
function lineReader(child: ChildProcess) {
  const waiting: {
    wanted: (line: string) => boolean;
    resolve: (line: string) => void;
    reject: (error: Error) => void;
  }[] = [];
  let ended: string | undefined;
  if (child.stdout === null) throw new Error("the child has no standard output");
  createInterface({ input: child.stdout }).on("line", (line) => {
    const index = waiting.findIndex(({ wanted }) => wanted(line));
    if (index >= 0) waiting.splice(index, 1)[0]?.resolve(line);
  });
  child.once("exit", (code, signal) => {
    ended = `the control plane ended (${signal ?? code})`;
    for (const { reject } of waiting) reject(new Error(ended));
  });
  return {
    next: (wanted: (line: string) => boolean) =>
      new Promise<string>((resolve, reject) => {
        if (ended !== undefined) reject(new Error(ended));
        else waiting.push({ wanted, resolve, reject });
      }),
  };
}
