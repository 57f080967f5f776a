/** The demo itself, top to bottom: cluster, burstlet, examples, pictures; and everything taken away again. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { shutdownSupervisor } from "../../../providers/local/runtime/process/process-runtime.ts";
import type { Node } from "../../../src/model/kube.ts";
import { systemClock } from "../../../src/telemetry/clock.ts";
import type { Example } from "../../e2e/examples.ts";
import { type Burstlet, startBurstlet } from "../../support/burstlet.ts";
import { eventually } from "../../support/eventually.ts";
import { type ApiReader, startApiReader } from "./api-reader.ts";
import { type Backend, openBackend } from "./backend/backend.ts";
import { startFreshCluster } from "./fresh-cluster.ts";
import { enterOwnCluster, type OwnCluster } from "./own-cluster.ts";
import type { Progress } from "./picture.ts";
import { writeLeftovers } from "./running-demo.ts";
import { createScreen } from "./screen.ts";
import { nodeNames, type ProviderChoice, type Stage } from "./stage.ts";

export interface DemoOptions extends OwnCluster {
  readonly once?: boolean | undefined;
  /** Default `local`. */
  readonly provider?: ProviderChoice | undefined;
}

const exampleFolders = join(import.meta.dirname, "../../../deploy/examples");
const lookEveryMs = 500;
/** With --once, beyond the time for which the slowest example waits: a loaded machine is slow. */
const patienceSeconds = 240;

export interface DemoPlace {
  readonly binary: string;
  /** Holds everything that the demo keeps on disk. */
  readonly folder: string;
  /** Why this machine has no network namespace for the demo. */
  readonly trouble: string | undefined;
}

/** Resolves to the exit code, when nothing of the demo is left. */
export async function runDemo(options: DemoOptions, place: DemoPlace, signal: AbortSignal): Promise<number> {
  await using undo = new AsyncDisposableStack();
  const isOwn = options.kubeconfig !== undefined || options.context !== undefined;
  const provider = options.provider ?? "local";
  if (!isOwn) console.log("starting a control plane");
  const nodes = nodeNames(provider);
  const stage = isOwn
    ? await enterOwnCluster(place.binary, { ...options, nodes }, place.folder)
    : await startFreshCluster(place.folder, place.trouble, { nodes, speaks: speaking[provider] });
  undo.defer(() => stage.leave());
  signal.throwIfAborted();

  const stateDir = join(place.folder, "tasks");
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  // Tasks outlive burstlet on purpose; they must not outlive the demo.
  undo.defer(() => shutdownSupervisor(stateDir, systemClock));
  if (provider !== "local") console.log("starting a stand-in for the cloud");
  const backend = await openBackend(provider, stateDir);
  undo.defer(() => backend.close());
  signal.throwIfAborted();

  console.log("starting burstlet");
  const config = { nodes: backend.nodes.map((node) => ({ address: stage.address, port: 0, ...node })) };
  const burstlet = startBurstlet(place.folder, stage.identity, config, backend.env);
  undo.defer(async () => void (await burstlet.stop()));
  writeLeftovers(place.folder, burstlet.pid, stage.cluster.folder);
  undo.defer(() => stage.clear());
  const kubelet = await nodesAreReady(stage, nodes, burstlet, signal);

  const shown = backend.examples.filter(({ needs }) => needs === undefined || stage.isRoot);
  for (const sentence of limitsOf(stage, backend, shown)) console.log(sentence);
  const reader = await startApiReader(stage.cluster);
  undo.defer(() => reader.close());
  const title = `${nodes.length > 1 ? "Nodes" : "Node"} ${nodes.join(", ")} (${kubelet}${backend.title})`;
  const code = await perform({ stage, backend, burstlet, reader, shown, title, once: options.once === true }, signal);
  console.log("removing everything that the demo started");
  return code;
}

/** A pod whose logs are worth reading, as kubectl takes it. */
const speaking: Readonly<Record<ProviderChoice, string>> = {
  local: "hello",
  fargate: "together -c second",
  aci: "together -c second",
  lambda: "job/crawl",
  all: "deployment/everywhere",
};

/** Resolves to the version that the nodes show. */
async function nodesAreReady(
  { cluster }: Stage,
  nodes: readonly string[],
  burstlet: Burstlet,
  signal: AbortSignal,
): Promise<string> {
  let ended = false;
  void burstlet.ended.then(() => (ended = true));
  const versionOf = async (node: string): Promise<string | undefined> => {
    const { status } = await cluster.get<Node>("node", node);
    const isReady = status?.conditions?.some((one) => one.type === "Ready" && one.status === "True") === true;
    return isReady ? status.nodeInfo?.kubeletVersion : undefined;
  };
  const look = async (): Promise<string | undefined> => {
    if (ended || signal.aborted) return "";
    const versions = await Promise.all(nodes.map(versionOf));
    return versions.includes(undefined) ? undefined : versions[0];
  };
  const version = await eventually("the nodes are Ready", look).catch(() => "");
  signal.throwIfAborted();
  if (version === "") throw new Error(`burstlet did not bring its nodes up; it says:\n${lastLines(burstlet)}`);
  return version;
}

function limitsOf(stage: Stage, { examples }: Backend, shown: readonly Example[]): string[] {
  const left = examples.filter((example) => !shown.includes(example)).map(({ file }) => file);
  return [
    ...stage.limits,
    ...(left.length === 0
      ? []
      : [`Left out, because without root pods have neither volumes nor addresses here: ${left.join(", ")}.`]),
  ];
}

interface Performance {
  readonly stage: Stage;
  readonly backend: Backend;
  readonly burstlet: Burstlet;
  readonly reader: ApiReader;
  readonly shown: readonly Example[];
  readonly title: string;
  readonly once: boolean;
}

/** Shows what happens until it is stopped, or with `once` until every example has got where it should. */
async function perform(play: Performance, signal: AbortSignal): Promise<number> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const dies = play.burstlet.ended.then((code) => {
    throw new Error(`burstlet ended by itself (${code}); it said:\n${lastLines(play.burstlet)}`);
  });
  // While it is already being looked at: most pods are Pending for a moment only.
  const applied = applyAll(play, either);
  try {
    const missing = await Promise.race([look(play, either), dies, applied.then(() => dies)]);
    for (const { file, expected } of missing) console.log(`not reached: ${file}: ${expected}`);
    if (play.once && missing.length === 0) console.log("every example reached its expected state");
    return missing.length === 0 ? 0 : 1;
  } finally {
    stop.abort();
    await applied.catch(() => undefined);
  }
}

async function applyAll({ stage, backend, shown }: Performance, signal: AbortSignal): Promise<void> {
  for (const { file } of shown) {
    if (!signal.aborted) await stage.apply(join(exampleFolders, backend.folder, file));
  }
}

/** Resolves to the examples that should have got somewhere and have not. */
async function look(play: Performance, signal: AbortSignal): Promise<Example[]> {
  const { stage, backend, reader, shown, title, once } = play;
  const screen = createScreen(process.stdout, process.env);
  const told = [...stage.hints, ...backend.hints];
  const hints = once ? told : [...told, "Ctrl-C ends the demo and removes everything that it started."];
  const reached = new Map<Example, number>();
  const missing = (): Example[] => shown.filter((example) => !reached.has(example));
  const began = performance.now();
  for (;;) {
    const objects = await reader.read(stage.namespace);
    const seconds = (performance.now() - began) / 1000;
    for (const example of missing()) if (example.reached(objects)) reached.set(example, seconds);
    const progress = shown.map((example): Progress => ({ example, reachedAfter: reached.get(example) }));
    screen.show({ title, seconds, now: Date.now(), progress, objects, hints });
    if (once && (missing().length === 0 || seconds > backend.slowest + patienceSeconds)) return missing();
    await sleep(lookEveryMs, undefined, { signal }).catch(() => undefined);
    // Whoever stops the demo has seen enough of it; with --once they wanted the end.
    if (signal.aborted) return once ? missing() : [];
  }
}

function lastLines(burstlet: Burstlet): string {
  return burstlet.log().trimEnd().split("\n").slice(-20).join("\n");
}
