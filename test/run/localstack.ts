/** `npm run localstack`: the stand-in for AWS and Azure in a terminal, until Ctrl-C. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { type Localstack, type LocalstackOptions, startLocalstack } from "../../localstack/localstack.ts";
import { metadataHostOf, openRuntimeOf, type RuntimeKind } from "../../localstack/runtimes.ts";
import { readScenario } from "../../localstack/scenario/load.ts";
import { shutdownSupervisor } from "../../providers/local/runtime/process/process-runtime.ts";
import { systemClock } from "../../src/telemetry/clock.ts";
import { createLog } from "../../src/telemetry/log.ts";

interface Options {
  readonly port: number;
  readonly host: string;
  readonly metadataHost?: string;
  readonly runtime: RuntimeKind;
  readonly engine?: string;
  readonly stateDir?: string;
  readonly scenario?: string;
}

const program = new Command("npm run localstack --")
  .description(
    "A stand-in for AWS on one port: ECS on Fargate, Lambda, CloudWatch Logs, Secrets Manager, SQS, S3, Systems Manager, Service " +
      "Quotas, STS, and as much of EC2 and IAM as burstlet asks; container groups of Azure below /subscriptions. Point any client at it by AWS_ENDPOINT_URL, with " +
      "any region and credentials, or as the endpoint of Azure Resource Manager, with any token.",
  )
  .addOption(new Option("--port <number>", "port to listen on; 0 takes any").default(4566).argParser(portOf))
  .option("--host <address>", "address to listen on", "127.0.0.1")
  .option(
    "--metadata-host <address>",
    "address of this machine as tasks see it, for the task metadata endpoint; default that of --host",
  )
  .addOption(
    new Option("--runtime <kind>", "what runs the tasks: a timetable, processes of this host, or a container engine")
      .choices(["scripted", "process", "engine"])
      .default("scripted"),
  )
  .option(
    "--engine <url>",
    "for --runtime engine: its Docker-compatible API; default DOCKER_HOST, then Docker's socket",
  )
  .option(
    "--state-dir <folder>",
    "for --runtime process and engine: where tasks are kept; default a folder that is removed",
  )
  .option("--scenario <file>", "YAML or JSON: times, quotas, capacity, faults and switches; see localstack/README.md")
  .showHelpAfterError("(npm run localstack -- --help lists the options)")
  .exitOverride();

process.exitCode = await main();
// What the runtimes keep alive of their own accord has nothing more to do.
process.exit();

async function main(): Promise<number> {
  try {
    program.parse();
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  const options = program.opts<Options>();
  // From here on, so that nothing that has been started outlives an early Ctrl-C.
  const interruption = interrupted();
  const folder = options.stateDir ?? (await mkdtemp(join(tmpdir(), "burstlet-localstack-")));
  try {
    const aws = await startLocalstack(await partsOf(options, folder));
    tell(aws, options);
    await interruption;
    await aws.close();
    return 0;
  } catch (error) {
    console.error(`localstack: ${sentenceOf(error, options)}`);
    return 1;
  } finally {
    if (options.runtime === "process") await shutdownSupervisor(folder, systemClock);
    if (options.stateDir === undefined) await rm(folder, { recursive: true, force: true });
  }
}

async function partsOf(options: Options, stateDir: string): Promise<LocalstackOptions> {
  const { port, host, metadataHost, runtime, engine, scenario } = options;
  const log = createLog({ format: "text", verbosity: 0 });
  return {
    clock: systemClock,
    port,
    host,
    metadataHost: metadataHost ?? metadataHostOf(runtime),
    runtime: await openRuntimeOf(runtime, { clock: systemClock, log, stateDir, engine }),
    scenario: scenario === undefined ? undefined : await readScenario(scenario),
  };
}

function tell({ url, insideUrl, scenario }: Localstack, { runtime }: Options): void {
  const { region, clusters, subnets, securityGroups, account, azure } = scenario.now;
  console.log(`A stand-in for AWS and Azure is up at ${url}; its tasks run on the ${runtime} runtime. In another terminal:

  export AWS_ENDPOINT_URL=${url} AWS_REGION=${region} AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any
  curl ${url}/_burstlet/ledger                  every launch and stop
  curl ${url}/_burstlet/clock -d '{"advance": 3600}'

Account ${account} has the cluster ${clusters.join(", ")}, the subnets ${subnets.map(({ id }) => id).join(", ")} and the security
group ${securityGroups.join(", ")}.
Azure is at the same address: subscription ${azure.subscription}, resource group ${azure.resourceGroups.join(", ")},
${Object.keys(azure.locations).join(", ")}. ${insideUrl === url ? "" : `Tasks find it at ${insideUrl}, which nodes with a bucket need as fargate.files.endpoint.\n`}Ctrl-C ends it and every task.`);
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
  });
}

function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError("expected a number from 0 to 65535");
  return port;
}

function sentenceOf(error: unknown, { host, port }: Options): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE")
    return `port ${port} is taken, maybe by another stand-in: choose one with --port, 0 for any`;
  if (code === "EADDRNOTAVAIL") return `${host} is no address of this machine: choose one with --host`;
  return message;
}
