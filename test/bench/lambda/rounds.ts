/** Rounds of the benchmark of Lambda: short jobs that arrive one by one, and many invocations that are held at once. */
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../support/eventually.ts";
import type { Audit } from "../audit.ts";
import { each } from "../client.ts";
import { onFreshNode, type Stage } from "../drive.ts";
import { cpuSeconds, memory, type Memory } from "../process.ts";
import type { Arena, Side } from "../sides/side.ts";
import type { StandIn } from "../sides/stand-in.ts";
import type { PodTimes } from "../timeline.ts";
import { byStart, type Waits, waitsOf } from "./measure.ts";

/** Pods a second. */
const pace = 20;
/** Pods at once before the others, so that there are warm environments. */
const first = 8;
export const held = 500;
const patienceMs = 180_000;

export interface JobRound {
  readonly warm: Waits;
  /** Absent where nothing is ever cold. */
  readonly cold?: Waits;
  /** Milliseconds of the node process, a pod. */
  readonly cpu: number;
}

const work = {
  burstlet: { image: "busybox", env: [{ name: "SCRIPT_RUN", value: "0.005" }] },
  "burstlet-lambda": { image: "lambda://job" },
} as const;

/** `pods` of 5 ms each, twenty a second. */
export async function jobRound(
  arena: Arena,
  side: Side & { readonly name: keyof typeof work },
  audit: Audit,
  pods: number,
  standIn?: () => StandIn,
): Promise<JobRound> {
  return onFreshNode(arena, side, audit, async (stage) => {
    const { timeline, node } = stage;
    const create = async (name: string): Promise<void> => {
      timeline.creating(name);
      await createPod(arena, stage, side, name, work[side.name]);
    };
    await each(first, first, async (index) => create(`first-${index}`));
    await timeline.reached("succeeded", first, patienceMs);
    const cpuBefore = cpuSeconds(node.pid);
    const start = performance.now();
    const creating: Promise<void>[] = [];
    for (let index = 0; index < pods; index++) {
      await sleep(Math.max(0, start + (index * 1000) / pace - performance.now()));
      creating.push(create(`pod-${index}`));
    }
    await Promise.all(creating);
    await timeline.reached("succeeded", first + pods, patienceMs);
    const cpu = ((cpuSeconds(node.pid) - cpuBefore) / pods) * 1000;
    const all = [...timeline.pods].flatMap(([name, times]) => (name.startsWith("pod-") ? [times] : []));
    if (standIn === undefined) return { warm: waitsOf(all), cpu };
    const { warm, cold } = byStart([...timeline.pods.values()], await standIn().ledger(), await clusterUid(arena));
    const measured = new Set<PodTimes>(all);
    return { warm: waitsOf(warm.filter((pod) => measured.has(pod))), cold: waitsOf(cold), cpu };
  });
}

/** The memory of burstlet while so many invocations are held. */
export async function heldRound(arena: Arena, side: Side, audit: Audit, standIn: () => StandIn): Promise<Memory> {
  return onFreshNode(arena, side, audit, async (stage) => {
    const container = { image: "lambda://held" };
    await each(held, 50, async (index) => createPod(arena, stage, side, `held-${index}`, container));
    await eventually(
      `${held} invocations are held`,
      async () => (await standIn().ledger()).filter(({ event }) => event === "run").length === held,
      patienceMs,
    );
    await stage.timeline.reached("running", held, patienceMs);
    const found = memory(stage.node.pid);
    const path = `/api/v1/namespaces/${stage.namespace}/pods`;
    await each(held, 50, async (index) => arena.client.send("DELETE", `${path}/held-${index}?gracePeriodSeconds=0`));
    await stage.timeline.reached("gone", held, patienceMs);
    return found;
  });
}

async function createPod(
  { client }: Arena,
  { namespace }: Stage,
  side: Side,
  name: string,
  container: object,
): Promise<void> {
  const spec = {
    nodeSelector: { "burstlet.dev/bench": side.name },
    tolerations: [{ operator: "Exists" }],
    restartPolicy: "Never",
    automountServiceAccountToken: false,
    containers: [{ name: "main", ...container }],
  };
  await client.send("POST", `/api/v1/namespaces/${namespace}/pods`, { metadata: { name }, spec });
}

/** As burstlet knows the cluster. */
async function clusterUid({ client }: Arena): Promise<string> {
  const { metadata } = await client.send<{ metadata: { uid: string } }>("GET", "/api/v1/namespaces/kube-system");
  return metadata.uid;
}
