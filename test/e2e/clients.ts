/** client-go's executors and port-forward dialers, each by itself: test/controlplane/cmd/clients. */
import { execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { goCommand } from "../run/controlplane.ts";
import type { World } from "./worlds/world.ts";

const run = promisify(execFile);

export interface Digest {
  readonly bytes: number;
  readonly sha256: string;
  /** How it begins. */
  readonly text: string;
}

export interface ExecResult {
  /** Absent where the client was not told how the command ended. */
  readonly exitCode?: number;
  readonly error?: string;
  readonly stdin: Digest;
  readonly stdout: Digest;
  readonly stderr: Digest;
}

export interface ForwardResult {
  /** What was said of `--refused-port`. */
  readonly refused?: string;
  readonly sent: Digest;
  readonly connections: readonly { readonly error?: string; readonly received: Digest }[];
  readonly errors: string;
}

/** Flags that lead straight to this node's kubelet port, past the API server. */
export async function straightTo(world: World, node: string): Promise<readonly string[]> {
  const { status } = await world.node(node);
  const address = status?.addresses?.find(({ type }) => type === "InternalIP")?.address;
  return ["--node", `https://${address}:${status?.daemonEndpoints?.kubeletEndpoint?.Port}`];
}

/** Rejects with its standard error where there is no answer at all. */
export async function client(world: World, command: "exec", words: readonly string[]): Promise<ExecResult>;
export async function client(world: World, command: "forward", words: readonly string[]): Promise<ForwardResult>;
export async function client(world: World, command: string, words: readonly string[]): Promise<object> {
  const all = [command, "--kubeconfig", world.cluster.kubeconfig, ...words];
  const { stdout } = await run(goCommand("clients"), all, { maxBuffer: 1 << 24 });
  return JSON.parse(stdout) as object;
}

export interface HeldSessions {
  /** Ends them; resolves to how many had ended by themselves. */
  release(): Promise<number>;
}

/** Resolves once all sessions run. Each command must print something, and then rest. */
export async function holdSessions(world: World, words: readonly string[]): Promise<HeldSessions> {
  const all = ["hold", "--kubeconfig", world.cluster.kubeconfig, ...words];
  const child = spawn(goCommand("clients"), all, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error("the sessions could not be held; the lines above say why");
    return JSON.parse(value);
  };
  await next();
  return {
    async release() {
      child.stdin.end();
      return ((await next()) as { lost: number }).lost;
    },
  };
}
