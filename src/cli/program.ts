/** Every command with its options. A command's code is imported when it runs, and only that one. */
import { Command } from "commander";

export type Runs = (command: () => Promise<number>) => Promise<void>;

/** `runs` gets the chosen command as a function that resolves to its exit code. */
export function createProgram(runs: Runs, signal: AbortSignal): Command {
  const program = new Command("burstlet").description("A Kubernetes node that is not a machine.").exitOverride();
  program
    .command("run")
    .description("Serve the virtual nodes of a configuration file.")
    .requiredOption("--config <file>", "configuration file; burstlet schema prints its schema")
    .option("--kubeconfig <file>", "how to reach the API server; default KUBECONFIG, the pod's own, ~/.kube/config")
    .option("--context <name>", "context of the kubeconfig; default its current one")
    .action(async (options: { config: string; kubeconfig?: string; context?: string }) =>
      runs(async () => (await import("./run.ts")).run(options, signal)),
    );
  return program;
}
