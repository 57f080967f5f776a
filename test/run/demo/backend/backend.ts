/** What the demo's nodes run their pods on. */
import { type Example, examples } from "../../../e2e/examples.ts";
import { demoLabel, nodeNames, type ProviderChoice } from "../stage.ts";

export interface Backend {
  /** In deploy/examples. */
  readonly folder: string;
  readonly examples: readonly Example[];
  /** Seconds for which the slowest example waits before it does anything. */
  readonly slowest: number;
  /** In burstlet's configuration, but for their addresses. */
  readonly nodes: readonly object[];
  readonly env: Readonly<Record<string, string>>;
  /** What follows the node's version in the title. */
  readonly title: string;
  /** Lines with commands to try next, as those of the stage. */
  readonly hints: readonly string[];
  close(): Promise<void>;
}

/** `stateDir`: where the process runtime keeps its tasks; who has made it ends what is left there. */
export async function openBackend(provider: ProviderChoice, stateDir: string): Promise<Backend> {
  if (provider !== "local") return (await import("./clouds.ts")).openClouds(provider, stateDir);
  const [name] = nodeNames(provider);
  return {
    folder: "local",
    examples,
    slowest: 60,
    nodes: [{ name, provider, labels: demoLabel, local: { runtime: "process", allowHostProcesses: true, stateDir } }],
    env: {},
    title: "",
    hints: [],
    close: () => Promise.resolve(),
  };
}
