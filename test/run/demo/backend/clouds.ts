/** Clouds over the stand-in, whose tasks are processes of this machine; with `all` a node of this machine's own beside them. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { startLocalstack } from "../../../../localstack/localstack.ts";
import { metadataHostOf, openRuntimeOf } from "../../../../localstack/runtimes.ts";
import { shutdownSupervisor } from "../../../../providers/local/runtime/process/process-runtime.ts";
import { systemClock as clock } from "../../../../src/telemetry/clock.ts";
import { createLog } from "../../../../src/telemetry/log.ts";
import type { ScenarioInput } from "../../../../localstack/scenario/schema.ts";
import { aciExamples, fargateExamples, lambdaExamples, multiCloudExamples } from "../../../e2e/examples.ts";
import { namespaceAddress } from "../../../support/namespace.ts";
import { azureNode, besideTheStandIn, standInLambdaNode, standInNode } from "../../../support/stand-in-node.ts";
import { demoLabel, nodeNames, type ProviderChoice } from "../stage.ts";
import type { Backend } from "./backend.ts";

type Choice = Exclude<ProviderChoice, "local">;

const shows: Readonly<Record<Choice, Pick<Backend, "folder" | "examples" | "slowest" | "title">>> = {
  fargate: {
    folder: "fargate",
    examples: fargateExamples,
    slowest: 300,
    title: ", AWS Fargate over a stand-in",
  },
  aci: {
    folder: "aci",
    examples: aciExamples,
    slowest: 300,
    title: ", Azure Container Instances over a stand-in",
  },
  lambda: {
    folder: "lambda",
    examples: lambdaExamples,
    slowest: 300,
    title: ", AWS Lambda over a stand-in",
  },
  all: {
    folder: "multi-cloud",
    examples: multiCloudExamples,
    slowest: 60,
    title: ", two clouds over a stand-in and this machine",
  },
};

const handler = {
  runtime: "nodejs24.x",
  code: join(import.meta.dirname, "../../../../deploy/lambda/node"),
  memory: 512,
  timeout: 60,
  // Each environment is a process of this machine.
  reservedConcurrency: 8,
  versions: { "1": {} },
  aliases: { live: "1" },
};

/** Those that the examples of Lambda name, with the handlers that a user has. */
const functions: ScenarioInput["functions"] = {
  run: handler,
  crawl: { ...handler, durable: {} },
  notify: handler,
  report: { timeout: 300, script: { result: { sent: true } } },
};

export async function openClouds(choice: Choice, stateDir: string): Promise<Backend> {
  const log = createLog({ format: "text", verbosity: 0 });
  const cloud = await startLocalstack({
    clock,
    port: 0,
    scenario: choice === "lambda" ? { functions } : {},
    runtime: await openRuntimeOf("process", { clock, log, stateDir }),
    metadataHost: metadataHostOf("process"),
  });
  // Tasks of the node of this machine are in a folder of their own: each has a supervisor.
  const own = join(stateDir, "local");
  if (choice === "all") mkdirSync(own, { recursive: true, mode: 0o700 });
  // Inside a namespace its network is of this process alone.
  const reach = namespaceAddress() === undefined ? "" : `nsenter --net=/proc/${process.pid}/ns/net `;
  const { node: fargate, env } = standInNode(cloud.url);
  const aci = azureNode(cloud.url);
  const { node: lambda } = standInLambdaNode(cloud.url, { durableFunctions: ["crawl"], eventFunctions: ["notify"] });
  const of = { fargate: [fargate], aci: [aci], lambda: [lambda], all: [fargate, aci, besideTheStandIn(own)] };
  const names = nodeNames(choice);
  return {
    ...shows[choice],
    nodes: of[choice].map((node, index) => ({ name: names[index], labels: demoLabel, ...node })),
    env,
    hints: ["Every launch and stop that the stand-in has seen:", `  ${reach}curl -s ${cloud.url}/_burstlet/ledger`],
    async close() {
      await cloud.close();
      if (choice === "all") await shutdownSupervisor(own, clock);
    },
  };
}
