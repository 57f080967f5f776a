/** What the demo's node runs its pods on. */
import { type Example, examples } from "../../../e2e/examples.ts";

export type BackendName = "local" | "fargate";

export interface Backend {
  /** Of the provider, and of the folder in deploy/examples. */
  readonly name: BackendName;
  readonly examples: readonly Example[];
  /** Seconds for which the slowest example waits before it does anything. */
  readonly slowest: number;
  /** Fields of the node in burstlet's configuration. */
  readonly node: object;
  readonly env: Readonly<Record<string, string>>;
  /** What follows the node's version in the title. */
  readonly title: string;
  /** Lines with commands to try next, as those of the stage. */
  readonly hints: readonly string[];
  close(): Promise<void>;
}

/** `stateDir`: where the process runtime keeps its tasks; who has made it ends what is left there. */
export async function openBackend(name: BackendName, stateDir: string): Promise<Backend> {
  if (name === "fargate") return (await import("./fargate.ts")).openFargateBackend(stateDir);
  return {
    name,
    examples,
    slowest: 60,
    node: { provider: "local", local: { runtime: "process", allowHostProcesses: true, stateDir } },
    env: {},
    title: "",
    hints: [],
    close: () => Promise.resolve(),
  };
}
