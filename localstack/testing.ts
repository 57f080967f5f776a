import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { ECSClient, type RegisterTaskDefinitionCommandInput, type RunTaskCommandInput } from "@aws-sdk/client-ecs";
import { systemClock } from "../src/telemetry/clock.ts";
import { type Localstack, type LocalstackOptions, startLocalstack } from "./localstack.ts";
import type { ScenarioInput } from "./scenario/schema.ts";

export interface World extends AsyncDisposable {
  readonly aws: Localstack;
  readonly ecs: ECSClient;
  readonly logs: CloudWatchLogsClient;
  /** For any other client. */
  readonly config: ReturnType<typeof clientConfig>;
}

/** A client of the stand-in that tries once. */
export function clientConfig(url: string) {
  return {
    endpoint: url,
    region: "us-east-1",
    credentials: { accessKeyId: "AKIASTANDIN", secretAccessKey: "secret" },
    maxAttempts: 1,
  };
}

/** A stand-in on a free port, where steps take no time unless the scenario says so, with clients of the real SDK. */
export async function openWorld(
  scenario: ScenarioInput = {},
  options: Partial<LocalstackOptions> = {},
): Promise<World> {
  const times = { ...instantly, ...scenario.times };
  const aws = await startLocalstack({ port: 0, clock: systemClock, ...options, scenario: { ...scenario, times } });
  const config = clientConfig(aws.url);
  const [ecs, logs] = [new ECSClient(config), new CloudWatchLogsClient(config)];
  return {
    aws,
    ecs,
    logs,
    config,
    async [Symbol.asyncDispose]() {
      ecs.destroy();
      logs.destroy();
      await aws.close();
    },
  };
}

const instantly = {
  register: 0,
  visible: 0,
  provisioning: 0,
  pull: 0,
  activating: 0,
  deactivating: 0,
  deprovisioning: 0,
  logs: 0,
};

/** A definition that is right, of one container. */
export function definition(
  change: Partial<RegisterTaskDefinitionCommandInput> = {},
): RegisterTaskDefinitionCommandInput {
  return {
    family: "bl-1",
    networkMode: "awsvpc",
    requiresCompatibilities: ["FARGATE"],
    cpu: "256",
    memory: "512",
    executionRoleArn: "arn:aws:iam::123456789012:role/burstlet-execution",
    containerDefinitions: [{ name: "app", image: "scripted" }],
    ...change,
  };
}

/** A launch of it that is right. */
export function launch(change: Partial<RunTaskCommandInput> = {}): RunTaskCommandInput {
  return {
    cluster: "burstlet",
    taskDefinition: "bl-1",
    launchType: "FARGATE",
    networkConfiguration: { awsvpcConfiguration: { subnets: ["subnet-0a1b2c3d"], securityGroups: ["sg-0a1b2c3d"] } },
    ...change,
  };
}
