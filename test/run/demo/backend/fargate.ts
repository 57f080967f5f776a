import { startLocalstack } from "../../../../localstack/localstack.ts";
import { metadataHostOf, openRuntimeOf } from "../../../../localstack/runtimes.ts";
import { systemClock as clock } from "../../../../src/telemetry/clock.ts";
import { createLog } from "../../../../src/telemetry/log.ts";
import { fargateExamples } from "../../../e2e/examples.ts";
import { standInNode } from "../../../support/stand-in-node.ts";
import { namespaceAddress } from "../../../support/namespace.ts";
import type { Backend } from "./backend.ts";

/** AWS Fargate over the stand-in, whose tasks are processes of this machine. */
export async function openFargateBackend(stateDir: string): Promise<Backend> {
  const log = createLog({ format: "text", verbosity: 0 });
  const aws = await startLocalstack({
    clock,
    port: 0,
    runtime: await openRuntimeOf("process", { clock, log, stateDir }),
    metadataHost: metadataHostOf("process"),
  });
  // Inside a namespace its network is of this process alone.
  const reach = namespaceAddress() === undefined ? "" : `nsenter --net=/proc/${process.pid}/ns/net `;
  return {
    name: "fargate",
    examples: fargateExamples,
    slowest: 300,
    ...standInNode(aws.url),
    title: ", AWS Fargate over a stand-in",
    hints: [
      "Every launch and stop that the stand-in for AWS has seen:",
      `  ${reach}curl -s ${aws.url}/_burstlet/ledger`,
    ],
    close: () => aws.close(),
  };
}
