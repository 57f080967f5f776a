/** All transfers of both sides on one control plane, the sides in turn, and a big log of burstlet's. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { startCluster } from "../../support/cluster.ts";
import { eventually } from "../../support/eventually.ts";
import { openClient } from "../client.ts";
import type { BenchOptions } from "../options.ts";
import { memory } from "../process.ts";
import type { Arena } from "../sides/side.ts";
import { type BurstletStreamNode, burstletStreamSide } from "./burstlet.ts";
import { criStreamingSide } from "./cri-streaming.ts";
import type { LoopDelay } from "./event-loop.ts";
import { transferLine } from "./report.ts";
import type { StreamNode, StreamSideName } from "./side.ts";
import { type Dialect, dialects, execTransfer, forwardTransfer } from "./transfer.ts";

export interface Transfer {
  readonly kind: "exec" | "port-forward";
  readonly dialect: Dialect;
  readonly side: StreamSideName;
  /** Megabytes a second. */
  readonly speed: number;
  /** burstlet's, meanwhile. */
  readonly loop?: LoopDelay;
}

export interface LogReading {
  /** Milliseconds. */
  readonly firstByte: number;
  readonly end: number;
  readonly bytes: number;
  /** How much more memory burstlet had at its peak than before, bytes. */
  readonly growth: number;
  readonly loop: LoopDelay;
}

export interface StreamComparison {
  readonly megabytes: number;
  readonly transfers: readonly Transfer[];
  readonly logs: readonly LogReading[];
  /** burstlet's, before the first transfer and at its peak until after the last. */
  readonly memory: { readonly before: number; readonly peak: number };
}

/** Written by a container; a node keeps the last five files of 10 MiB, as a kubelet does. */
const logMegabytes = 100;

export async function compareStreams(options: BenchOptions, address: string | undefined): Promise<StreamComparison> {
  const folder = mkdtempSync(join(tmpdir(), "burstlet-bench-"));
  const cluster = await startCluster({ bind: address });
  const client = openClient(cluster.kubeconfig);
  const arena: Arena = { cluster, client, address: address ?? "127.0.0.1" };
  const running: StreamNode[] = [];
  try {
    const ours = burstletStreamSide(options.nodeFlags);
    const sides = [ours, criStreamingSide()];
    for (const side of sides) running.push(await side.start(arena, options.megabytes));
    const before = memory(ours.node().pid).now;
    const transfers: Transfer[] = [];
    for (let round = 1; round <= options.rounds; round++) {
      for (const dialect of Object.keys(dialects) as Dialect[]) {
        for (const [kind, transfer] of [
          ["exec", execTransfer],
          ["port-forward", forwardTransfer],
        ] as const) {
          for (const [index, { name }] of sides.entries()) {
            const node = running[index];
            if (node === undefined) continue;
            const load = loadavg()[0] ?? Number.NaN;
            await loopDelay(ours.node());
            const milliseconds = await transfer(cluster, node, dialect, options.megabytes);
            const loop = name === "burstlet" ? { loop: await loopDelay(ours.node()) } : {};
            const one = { kind, dialect, side: name, speed: (options.megabytes / milliseconds) * 1000, ...loop };
            transfers.push(one);
            console.log(transferLine(one, `round ${round} of ${options.rounds}`, load));
          }
        }
      }
    }
    const { peak } = memory(ours.node().pid);
    const logs = await readLogs(arena, ours.node(), options.rounds);
    return { megabytes: options.megabytes, transfers, logs, memory: { before, peak } };
  } finally {
    for (const node of running) await node.stop();
    await client.close();
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function readLogs({ client }: Arena, node: BurstletStreamNode, rounds: number): Promise<LogReading[]> {
  const pod = await node.startTalker(logMegabytes);
  const readings: LogReading[] = [];
  for (let round = 1; round <= rounds; round++) {
    await loopDelay(node);
    const before = memory(node.pid).now;
    let peak = before;
    const watching = setInterval(() => (peak = Math.max(peak, memory(node.pid).now)), 20);
    const read = await client.download(`/api/v1/namespaces/default/pods/${pod}/log`).finally(() => {
      clearInterval(watching);
    });
    const reading = { ...read, growth: peak - before, loop: await loopDelay(node) };
    readings.push(reading);
    console.log(`log, round ${round} of ${rounds}: ${JSON.stringify(reading)}`);
  }
  return readings;
}

/** How late burstlet's event loop was since the last call. */
async function loopDelay({ pid, loop }: BurstletStreamNode): Promise<LoopDelay> {
  rmSync(loop, { force: true });
  process.kill(pid, "SIGUSR2");
  await eventually("burstlet tells of its event loop", () => existsSync(loop));
  return JSON.parse(readFileSync(loop, "utf8")) as LoopDelay;
}
