/** Every command with its options. A command's code is imported when it runs, and only that one. */
import { Command, Option } from "commander";
import type { DemoOptions } from "./demo.ts";
import type { RunOptions } from "./run.ts";
import type { SchemaOptions } from "./schema.ts";
import type { VersionOptions } from "./version.ts";

/** Runs the chosen command, which resolves to its exit code. */
export type Start = (command: () => Promise<number>) => Promise<void>;

export function createProgram(start: Start, signal: AbortSignal): Command {
  const program = new Command("burstlet")
    .description("A Kubernetes node that is not a machine: its pods run as tasks of a serverless cloud.")
    .showHelpAfterError("(burstlet --help lists the commands and options)")
    .exitOverride();
  addRun(program, start, signal);
  addDemo(program, start, signal);
  program
    .command("schema")
    .description("Print the JSON Schema of the configuration.")
    .option("--draft-7", "JSON Schema draft 7, for Helm and older tools; default 2020-12")
    .option("--environment", "print the environment variables instead, each with the field that it overrides")
    .action(async (options: SchemaOptions) => start(async () => (await import("./schema.ts")).schema(options)));
  program
    .command("version")
    .description("Print the version.")
    .addOption(new Option("-o, --output <format>", "for programs").choices(["json"]))
    .action(async (options: VersionOptions) => start(async () => (await import("./version.ts")).version(options)));
  return program;
}

const precedence = `
A value comes from the flag, or else from the environment, or else from the file, or else it is the default.
Environment: BURSTLET_CLUSTER_ID, BURSTLET_LOGGING_VERBOSITY and so on for every single value; BURSTLET_NODE_NAME,
BURSTLET_NODE_PORT and so on for the node where there is one only ("burstlet schema --environment" lists them all).
VKUBELET_POD_IP and KUBELET_PORT are understood as BURSTLET_NODE_ADDRESS and BURSTLET_NODE_PORT.
Options that mean one node are a usage error when the configuration has several.`;

function addRun(program: Command, start: Start, signal: AbortSignal): void {
  const run = program
    .command("run")
    .description("Serve the virtual nodes of a configuration file.")
    .option("--config <file>", 'configuration file; "burstlet schema" prints its schema')
    .option("--kubeconfig <file>", "how to reach the API server; default KUBECONFIG, the pod's own, ~/.kube/config")
    .option("--context <name>", "context of the kubeconfig; default its current one")
    .option("--hostname-override <name>", "name of the node")
    .option("--node-ip <address>", "address of the node, at which the API server reaches this process")
    .option("--max-pods <number>", "how many pods the node takes at most")
    .option("--node-labels <key=value,...>", "labels added to the node")
    .option("--pod-manifest-path <path>", "folder with manifests of static pods, or one manifest")
    .option("--register-with-taints <key=value:effect,...>", "taints added to the node's own");
  addKubeletPort(run);
  run
    // Kubernetes' programs take -v=4 too.
    .option("-v, --v <level>", "how much is logged: 0 quiet, 4 debug; default 0", (text) => text.replace(/^=/, ""))
    .addOption(new Option("--logging-format <format>", "default text").choices(["json", "text"]))
    .addHelpText("after", precedence)
    .showHelpAfterError(
      "(burstlet run --help lists the options; docs/kubelet-options.md says of every option of the kubelet " +
        "whether burstlet has it, and why not)",
    )
    .action(async (options: Partial<RunOptions>, command: Command) => {
      const { config } = options;
      // Not a required option: then a misspelt one would only be told to be missing.
      if (config === undefined) command.error("error: --config <file> is needed");
      return start(async () => (await import("./run.ts")).run({ ...options, config }, signal));
    });
}

/** As with the kubelet, a truth value may follow after `=` and is `true` without. */
function addKubeletPort(run: Command): void {
  run
    .option("--address <address>", "address to listen on, 0.0.0.0 for all; default the node's own")
    .option("--read-only-port <0>", "there is no port without authentication")
    .option("--anonymous-auth [false]", "nobody is answered without credentials")
    .option(
      "--authentication-token-webhook [boolean]",
      "accept bearer tokens, reviewed by the API server; default true",
    )
    .option("--authentication-token-webhook-cache-ttl <duration>", "how long that answer is kept; default 2m")
    .option("--client-ca-file <file>", "CA of client certificates; default the cluster's")
    .option("--authorization-mode <mode>", "Webhook or AlwaysAllow; default Webhook")
    .option("--authorization-webhook-cache-authorized-ttl <duration>", "how long a permission is kept; default 5m")
    .option("--authorization-webhook-cache-unauthorized-ttl <duration>", "how long a refusal is kept; default 30s")
    .option("--rotate-server-certificates [boolean]", "ask the cluster for the serving certificate; default false")
    .option("--tls-cert-file <file>", "serving certificate; default one that burstlet signs itself")
    .option("--tls-private-key-file <file>", "its key");
}

function addDemo(program: Command, start: Start, signal: AbortSignal): void {
  program
    .command("demo")
    .description("Show a virtual node at work: a real control plane, burstlet, and examples, on this machine.")
    .addOption(
      new Option(
        "--provider <name>",
        "what runs the pods: processes of this machine, AWS Fargate, Azure Container Instances or AWS Lambda over a stand-in; all: the first three",
      )
        .choices(["local", "fargate", "aci", "lambda", "all"])
        .default("local"),
    )
    .option("--once", "run to the end; exit 0 only when every example reached its expected state")
    .option(
      "--kubeconfig <file>",
      "use the cluster of this kubeconfig instead of a fresh one; KUBECONFIG is not looked at",
    )
    .option("--context <name>", "use the cluster of this context of the kubeconfig")
    .action(async (options: DemoOptions) => start(async () => (await import("./demo.ts")).demo(options, signal)));
}
