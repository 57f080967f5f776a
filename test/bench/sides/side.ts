/** One program that plays the node: how it is started, and what the benchmark needs of it. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { TestCluster } from "../../support/cluster.ts";
import type { Client } from "../client.ts";

export type PeerName = "virtual-kubelet" | "kwok";
export type SideName = "burstlet" | "burstlet-fargate" | "burstlet-lambda" | PeerName;

export interface Arena {
  readonly cluster: TestCluster;
  readonly client: Client;
  /** Address of the node: that of the network namespace, or loopback. */
  readonly address: string;
}

export interface Side {
  readonly name: SideName;
  /** Identities and rights in the cluster, once. */
  prepare(arena: Arena): Promise<void>;
  /** A fresh process with one node named like the side, for pods of this namespace. The node need not be Ready yet. */
  start(arena: Arena, namespace: string): Promise<NodeProcess>;
}

export interface NodeProcess {
  readonly pid: number;
  /** File of everything that it said. */
  readonly log: string;
  stop(): Promise<void>;
}

/** Starts a program with its words in a file; a benchmark that dies leaves none behind. */
export function startProcess(
  command: readonly string[],
  log: string,
  env: Readonly<Record<string, string>> = {},
): NodeProcess {
  const out = openSync(log, "w");
  const [program = "", ...words] = command;
  const child: ChildProcess = spawn(program, words, { stdio: ["ignore", out, out], env: { ...process.env, ...env } });
  closeSync(out);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const reap = () => child.kill("SIGKILL");
  process.once("exit", reap);
  void ended.then(() => process.off("exit", reap));
  return {
    pid: child.pid ?? -1,
    log,
    async stop() {
      child.kill("SIGTERM");
      const late = setTimeout(reap, 10_000);
      await ended;
      clearTimeout(late);
    },
  };
}
