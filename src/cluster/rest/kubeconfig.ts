/** The one importer of @kubernetes/client-node's values: it finds the cluster and the credentials, nothing else. */
import type { OutgoingHttpHeaders } from "node:http";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";

/** Where the API server is and how to speak to it, at one moment: tokens and certificates rotate. */
export interface Access {
  /** e.g. `https://10.0.0.1:6443`, perhaps with a path. */
  readonly server: string;
  readonly proxyUrl: string | undefined;
  readonly tls: Tls;
  /** Authorization, Impersonate-User. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface Tls {
  readonly ca?: string | Buffer | undefined;
  readonly cert?: string | Buffer | undefined;
  readonly key?: string | Buffer | undefined;
  readonly servername?: string | undefined;
  readonly rejectUnauthorized?: boolean | undefined;
}

export interface Credentials {
  /** For messages: the file, or `in-cluster`. */
  readonly origin: string;
  /** Cheap when nothing changed: exec plugins and token files are cached by client-node, token files for 60 s. */
  read(): Promise<Access>;
  /** Forgets everything read so far, e.g. after a 401: the next `read` opens the files and runs the plugin again. */
  forget(): void;
}

export interface KubeconfigChoice {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}

const serviceAccountToken = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/** Throws with what to do when there is no usable configuration; does not talk to the API server. */
export function openCredentials(choice: KubeconfigChoice, env: NodeJS.ProcessEnv = process.env): Credentials {
  const source = findSource(choice, env);
  const open = (): KubeConfig => select(load(source), choice.context, source.origin);
  let config: KubeConfig | undefined = open();
  return {
    origin: source.origin,
    read: async () => readAccess((config ??= open())),
    forget: () => {
      config = undefined;
    },
  };
}

interface Source {
  readonly origin: string;
  /** Empty: in-cluster. */
  readonly files: readonly string[];
}

function findSource(choice: KubeconfigChoice, env: NodeJS.ProcessEnv): Source {
  if (choice.kubeconfig !== undefined) return { origin: choice.kubeconfig, files: [choice.kubeconfig] };
  const files = (env["KUBECONFIG"] ?? "").split(delimiter).filter((file) => file !== "");
  if (files.length > 0) return { origin: files.join(delimiter), files };
  if (env["KUBERNETES_SERVICE_HOST"] !== undefined && existsSync(serviceAccountToken)) {
    return { origin: "in-cluster", files: [] };
  }
  const home = join(env["HOME"] ?? homedir(), ".kube", "config");
  if (existsSync(home)) return { origin: home, files: [home] };
  throw new Error(
    `No kubeconfig: --kubeconfig and KUBECONFIG are not set, this is no pod of a cluster, and ${home} does not exist. ` +
      "Give --kubeconfig FILE.",
  );
}

function load(source: Source): KubeConfig {
  const config = new KubeConfig();
  if (source.files.length === 0) config.loadFromCluster();
  for (const [index, file] of source.files.entries()) {
    const part = index === 0 ? config : new KubeConfig();
    try {
      part.loadFromFile(file);
    } catch (error) {
      // oxlint-disable-next-line preserve-caught-error -- its message shows lines of the file
      throw new Error(`The kubeconfig ${file} cannot be read: ${firstLine(error)}`);
    }
    // As kubectl: the first file that names a current context wins.
    if (index > 0) config.mergeConfig(part, config.currentContext !== undefined);
  }
  return config;
}

/** What follows in the message of a YAML error are lines of the file, tokens among them. */
function firstLine(error: unknown): string {
  return String(error).split("\n", 1).join("");
}

function select(config: KubeConfig, context: string | undefined, origin: string): KubeConfig {
  if (context !== undefined) config.setCurrentContext(context);
  const name = config.getCurrentContext();
  const known = config.getContexts().map((each) => each.name);
  if (name === undefined || !known.includes(name)) {
    const what = name === undefined || name === "" ? "names no current context" : `has no context "${name}"`;
    throw new Error(`The kubeconfig ${origin} ${what}; it has: ${known.join(", ") || "none"}. Give --context NAME.`);
  }
  if (config.getCurrentCluster() === null) {
    throw new Error(`The kubeconfig ${origin} has no cluster for its context "${name}".`);
  }
  const server = config.getCurrentCluster()?.server ?? "";
  if (!/^https?:$/.test(URL.parse(server)?.protocol ?? "")) {
    const found = server === "" ? "no server" : `the server ${JSON.stringify(server)}, which is no URL`;
    throw new Error(
      `The kubeconfig ${origin} has ${found}, for its context "${name}"; it is written as https://HOST:PORT.`,
    );
  }
  return config;
}

async function readAccess(config: KubeConfig): Promise<Access> {
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error("The kubeconfig has no cluster for its context.");
  const options: Tls & { auth?: string; headers?: OutgoingHttpHeaders } = {};
  await config.applyToHTTPSOptions(options);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    // A token file may end in a line break, which no header may hold.
    headers[name.toLowerCase()] = String(value).trim();
  }
  if (options.auth !== undefined) headers["authorization"] = `Basic ${Buffer.from(options.auth).toString("base64")}`;
  const { ca, cert, key, servername, rejectUnauthorized } = options;
  return {
    server: cluster.server,
    proxyUrl: cluster.proxyUrl ?? undefined,
    tls: { ca, cert, key, servername, rejectUnauthorized },
    headers,
  };
}
