/** One round of one side: a fresh node process, its pods from their creation to Ready, then their deletion. */
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../support/eventually.ts";
import type { Node } from "../../src/model/kube.ts";
import { type Audit, users } from "./audit.ts";
import { each } from "./client.ts";
import { type Speed, speedOf, type Writes } from "./measure.ts";
import { cpuSeconds, familyCpuSeconds, memory, type Memory } from "./process.ts";
import type { Arena, NodeProcess, Side } from "./sides/side.ts";
import { type Timeline, watchTimeline } from "./timeline.ts";

export interface RoundOptions {
  readonly pods: number;
  /** How long to wait after Ready before the memory is read, milliseconds. */
  readonly restMs: number;
  /** Mount the service account's token, as Kubernetes does where nobody objects. */
  readonly tokens: boolean;
  /** Milliseconds until a side that does not bring its pods up, or does not let them go, is given up. */
  readonly patienceMs: number;
}

export interface Round {
  readonly speed: Speed;
  readonly writes: Writes;
  readonly deletionWrites: Writes;
  /** Of the node process, seconds: from the first bind to the last Ready, and on until it wrote nothing more. */
  readonly cpu: {
    readonly ready: number;
    readonly settled: number;
    /** Of everything that the run consists of, from the first creation to the last Ready: what the machine had to do. */
    readonly everybody: number;
  };
  readonly memory: { readonly before: Memory; readonly after: Memory };
  /** Seconds from the first request to delete a pod until none was there. */
  readonly allGone: number;
}

/** Enough to fill the API server, as `kubectl` with many files or a busy controller would. */
const atOnce = 50;
export const quietMs = 2_000;

export async function round(arena: Arena, side: Side, audit: Audit, options: RoundOptions): Promise<Round> {
  const user = users[side.name];
  return onFreshNode(arena, side, audit, async (stage) => {
    const { namespace, timeline } = stage;
    const up = await bringUp(arena, side, { ...options, ...stage, audit });
    const mark = audit.mark();
    const start = performance.now();
    await each(options.pods, atOnce, (index) => arena.client.send("DELETE", podPath(namespace, index)));
    await timeline.reached("gone", options.pods, options.patienceMs);
    const allGone = (performance.now() - start) / 1000;
    await audit.quiet(user, quietMs);
    return { ...up, allGone, deletionWrites: audit.since(mark, user) };
  });
}

/** Where a round takes place. */
export interface Stage {
  readonly node: NodeProcess;
  readonly namespace: string;
  readonly timeline: Timeline;
}

/** A fresh node process and a fresh namespace with a watch of its pods, all of them gone afterwards. */
export async function onFreshNode<T>(
  arena: Arena,
  side: Side,
  audit: Audit,
  work: (stage: Stage) => Promise<T>,
): Promise<T> {
  const namespace = `bench-${Math.floor(performance.now())}`;
  const node = await side.start(arena, namespace);
  await arena.client.send("POST", "/api/v1/namespaces", { metadata: { name: namespace } });
  try {
    await ready(arena, side, node);
    await serviceAccount(arena, namespace);
    await audit.quiet(users[side.name], quietMs);
    const timeline = await watchTimeline(arena.client, namespace);
    try {
      return await work({ node, namespace, timeline });
    } finally {
      await timeline.close();
    }
  } finally {
    await node.stop();
    await arena.client.send("DELETE", `/api/v1/nodes/${side.name}`);
    // Takes the events along; their number would otherwise burden the rounds that follow.
    await arena.client.send("DELETE", `/api/v1/namespaces/${namespace}`);
    await namespaceGone(arena, namespace);
  }
}

async function namespaceGone({ client }: Arena, namespace: string): Promise<void> {
  const gone = async () => {
    const { items } = await client.send<{ items: { metadata: { name: string } }[] }>("GET", "/api/v1/namespaces");
    return items.every((item) => item.metadata.name !== namespace);
  };
  await eventually(`namespace ${namespace} is gone`, gone, 300_000);
}

interface Start extends RoundOptions, Stage {
  readonly audit: Audit;
}

async function bringUp(arena: Arena, side: Side, start: Start): Promise<Omit<Round, "allGone" | "deletionWrites">> {
  const { pods, node, namespace, timeline, audit, patienceMs } = start;
  const mark = audit.mark();
  const before = memory(node.pid);
  const everybodyBefore = familyCpuSeconds();
  let cpuAtBind = cpuSeconds(node.pid);
  timeline.onFirst("bound", () => (cpuAtBind = cpuSeconds(node.pid)));
  const path = `/api/v1/namespaces/${namespace}/pods`;
  await each(pods, atOnce, (index) => {
    const pod = podManifest(index, side.name, start.tokens);
    timeline.creating(nameOf(index));
    return arena.client.send("POST", path, pod);
  });
  const createdAt = performance.now();
  await timeline.reached("ready", pods, patienceMs);
  const cpuAtReady = cpuSeconds(node.pid);
  const everybody = familyCpuSeconds() - everybodyBefore;
  const readyAt = performance.now();
  await audit.quiet(users[side.name], quietMs);
  const cpuAtQuiet = cpuSeconds(node.pid);
  const writes = audit.since(mark, users[side.name]);
  await sleep(Math.max(0, readyAt + start.restMs - performance.now()));
  return {
    speed: speedOf([...timeline.pods.values()], createdAt),
    writes,
    cpu: { ready: cpuAtReady - cpuAtBind, settled: cpuAtQuiet - cpuAtBind, everybody },
    memory: { before, after: memory(node.pid) },
  };
}

const nameOf = (index: number) => `pod-${index}`;
const podPath = (namespace: string, index: number) => `/api/v1/namespaces/${namespace}/pods/${nameOf(index)}`;

function podManifest(index: number, side: string, tokens: boolean): object {
  return {
    metadata: { name: nameOf(index), labels: { app: "bench" } },
    spec: { ...podSpec(side), ...(!tokens && { automountServiceAccountToken: false }) },
  };
}

/** One container, everything else as it is by default. */
export function podSpec(side: string) {
  return {
    nodeSelector: { "burstlet.dev/bench": side },
    tolerations: [{ operator: "Exists" }],
    containers: [{ name: "main", image: "busybox", command: ["sleep", "3600"] }],
  };
}

/** Ready, with the label that sends this side's pods there. */
async function ready({ client }: Arena, side: Side, node: NodeProcess): Promise<void> {
  const path = `/api/v1/nodes/${side.name}`;
  await eventually(`node ${side.name} is Ready (its log: ${node.log})`, async () => {
    const { status } = await client.send<Node>("GET", path);
    return status?.conditions?.some((one) => one.type === "Ready" && one.status === "True");
  });
  await client.send("PATCH", path, { metadata: { labels: { "burstlet.dev/bench": side.name } } });
}

/** A pod is refused until its namespace has this one. */
async function serviceAccount({ client }: Arena, namespace: string): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
  await eventually("the namespace has its service account", async () => client.send("GET", path).then(() => true));
}
