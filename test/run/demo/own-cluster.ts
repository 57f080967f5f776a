/** A person's own cluster, where everything that the demo makes is named first and removed at the end. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execFileSync } from "node:child_process";
import { parseAllDocuments } from "yaml";
import { burstletIdentity } from "../../support/burstlet.ts";
import { type ClusterClient, clusterClient } from "../../support/cluster.ts";
import { demoLabel, type Stage } from "./stage.ts";

export interface OwnCluster {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}

const namespace = "burstlet-demo";
const rights = join(import.meta.dirname, "../../../deploy/rbac.yaml");

export async function enterOwnCluster(
  binary: string,
  { nodes, ...own }: OwnCluster & { readonly nodes: readonly string[] },
  folder: string,
): Promise<Stage> {
  const words = wordsOf(own);
  const cluster = clusterClient(binary, oneContext(binary, words, folder), folder);
  const { server, context } = await whichCluster(cluster);
  for (const taken of [`namespace/${namespace}`, ...nodes.map((name) => `node/${name}`)]) {
    if (await exists(cluster, taken)) {
      throw new Error(`the cluster has a ${taken} already: is a demo running there? Otherwise delete it and try again`);
    }
  }
  const hasRights = await exists(cluster, "namespace/burstlet");
  const made = hasRights ? "" : ", and what deploy/rbac.yaml holds (namespace burstlet, its ServiceAccount and roles)";
  console.log(`The demo uses the cluster of context ${context} (${server}).`);
  console.log(
    `It creates there: namespace ${namespace}, node ${nodes.join(", ")}${made}. At its end it removes them again.`,
  );

  await cluster.kubectl("create", "namespace", namespace);
  const identity = hasRights ? await cluster.kubeconfigOf("burstlet", "burstlet") : await burstletIdentity(cluster);
  const remove = (...what: readonly string[]) => cluster.kubectl("delete", "--ignore-not-found", ...what);
  return {
    cluster,
    namespace,
    address: undefined,
    isRoot: process.getuid?.() === 0,
    identity,
    limits: ["The node has no address at which your cluster could reach it, so kubectl logs does not work."],
    hints: [
      "In another terminal:",
      `  kubectl ${[...words, "--namespace", namespace].map(quoted).join(" ")} get pods -o wide`,
      `  kubectl ${words.map(quoted).join(" ")} describe node ${nodes[0]}`,
    ],
    async apply(file) {
      await cluster.apply(pinnedObjects(readFileSync(file, "utf8")));
    },
    async clear() {
      await remove("namespace", namespace, "--timeout=90s");
    },
    async leave() {
      await remove("node", ...nodes);
      await remove("lease", "--namespace", "kube-node-lease", ...nodes);
      if (!hasRights) await remove("-f", rights);
    },
  };
}

function wordsOf({ kubeconfig, context }: OwnCluster): string[] {
  return [
    ...(kubeconfig === undefined ? [] : ["--kubeconfig", kubeconfig]),
    ...(context === undefined ? [] : ["--context", context]),
  ];
}

function quoted(word: string): string {
  return /^[\w./:@=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A copy of the one context, so that nothing later can mean another. */
function oneContext(binary: string, words: readonly string[], folder: string): string {
  const file = join(folder, "own.kubeconfig");
  const args = ["kubectl", ...words, "config", "view", "--raw", "--minify", "--flatten"];
  writeFileSync(file, execFileSync(binary, args, { stdio: ["ignore", "pipe", "inherit"] }), { mode: 0o600 });
  return file;
}

async function whichCluster(cluster: ClusterClient): Promise<{ server: string; context: string }> {
  const view = JSON.parse(await cluster.kubectl("config", "view", "-o", "json")) as {
    "current-context": string;
    clusters: { cluster: { server: string } }[];
  };
  return { context: view["current-context"], server: view.clusters[0]?.cluster.server ?? "" };
}

async function exists(cluster: ClusterClient, name: string): Promise<boolean> {
  return (await cluster.kubectl("get", name, "--ignore-not-found", "-o", "name")).trim() !== "";
}

interface Loose {
  [key: string]: Loose;
}

/** Bound to the demo's own nodes: the examples would fit other virtual nodes of the cluster too, which may cost money. */
function pinnedObjects(yaml: string): object[] {
  return parseAllDocuments(yaml).map((document) => {
    const object = document.toJS() as Loose & { kind: string };
    const job = object.kind === "CronJob" ? object["spec"]?.["jobTemplate"] : object;
    const spec = object.kind === "Pod" ? object["spec"] : job?.["spec"]?.["template"]?.["spec"];
    if (spec !== undefined) Object.assign(spec["nodeSelector"] ?? {}, demoLabel);
    return { ...object, metadata: { ...object["metadata"], namespace } };
  });
}
