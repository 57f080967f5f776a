/** One round of one side: a Deployment comes up on a fresh node, rests, and is deleted. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Audit, users } from "../audit.ts";
import { onFreshNode, podSpec, quietMs, type Stage } from "../drive.ts";
import { type Speed, speedOf, type Writes } from "../measure.ts";
import { cpuSeconds, memory, type Memory } from "../process.ts";
import type { Arena, Side } from "../sides/side.ts";
import { type AwsFigures, awsFigures } from "./measure.ts";
import type { StandIn } from "../sides/stand-in.ts";
import { createFiles, withFiles } from "./files.ts";

export interface DeploymentRound {
  readonly speed: Speed;
  /** Until burstlet had nothing more to write. */
  readonly writes: Writes;
  /** Of the node process, seconds: from the first bind to the last Ready, and on Fargate for each second of the rest. */
  readonly cpu: { readonly ready: number; readonly rest?: number };
  readonly memory: { readonly before: Memory; readonly after: Memory };
  /** Seconds from the request to delete the Deployment until no pod was there. */
  readonly allGone: number;
  /** Of a side on Fargate. */
  readonly aws?: AwsFigures;
}

const restSeconds = 60;
const patienceMs = 600_000;

export interface DeploymentOptions {
  readonly pods: number;
  /** Have they files? */
  readonly files: boolean;
  /** Of a side on Fargate. */
  readonly standIn: (() => StandIn) | undefined;
}

export async function deploymentRound(
  arena: Arena,
  side: Side,
  audit: Audit,
  { pods, files, standIn }: DeploymentOptions,
): Promise<DeploymentRound> {
  return onFreshNode(arena, side, audit, async (stage) => {
    if (files) await createFiles(arena.client, stage.namespace);
    const mark = audit.mark();
    const spec = podSpec(side.name);
    const up = await bringUp(arena, stage, deployment(files ? withFiles(spec) : spec, pods));
    await audit.quiet(users[side.name], quietMs);
    const writes = audit.since(mark, users[side.name]);
    const rest = standIn === undefined ? undefined : await restOf(stage.node.pid, standIn(), up.runningAt);
    const after = memory(stage.node.pid);
    const start = performance.now();
    await arena.client.send("DELETE", `${deployments(stage)}/bench`);
    await stage.timeline.reached("gone", pods, patienceMs);
    return {
      speed: up.speed,
      writes,
      cpu: { ready: up.cpu, ...(rest !== undefined && { rest: rest.cpu }) },
      memory: { before: up.before, after },
      allGone: (performance.now() - start) / 1000,
      ...(rest !== undefined && { aws: rest.aws }),
    };
  });
}

async function bringUp({ client }: Arena, stage: Stage, body: ReturnType<typeof deployment>) {
  const { node, timeline } = stage;
  const before = memory(node.pid);
  let cpuAtBind = cpuSeconds(node.pid);
  timeline.onFirst("bound", () => (cpuAtBind = cpuSeconds(node.pid)));
  await client.send("POST", deployments(stage), body);
  await timeline.reached("ready", body.spec.replicas, patienceMs);
  const cpu = cpuSeconds(node.pid) - cpuAtBind;
  const times = [...timeline.pods.values()];
  const toWall = Date.now() - performance.now();
  const runningAt = Math.max(...times.map(({ running = Number.NaN }) => running)) + toWall;
  const createdAt = Math.max(...times.map(({ created }) => created));
  return { before, cpu, runningAt, speed: speedOf(times, createdAt) };
}

/** `runningAt`: wall milliseconds. `cpu`: seconds of processor time a second. */
async function restOf(pid: number, standIn: StandIn, runningAt: number): Promise<{ cpu: number; aws: AwsFigures }> {
  const before = await standIn.calls();
  const cpuBefore = cpuSeconds(pid);
  await sleep(restSeconds * 1000);
  const cpu = (cpuSeconds(pid) - cpuBefore) / restSeconds;
  const [after, ledger] = [await standIn.calls(), await standIn.ledger()];
  return { cpu, aws: awsFigures({ ledger, runningAt, before, after, restSeconds }) };
}

const deployments = ({ namespace }: Stage): string => `/apis/apps/v1/namespaces/${namespace}/deployments`;

function deployment(spec: object, replicas: number) {
  const labels = { app: "bench" };
  return {
    metadata: { name: "bench" },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}
