import { CloudWatchLogsClient, CreateLogGroupCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  type ContainerDefinition,
  CreateClusterCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  RunTaskCommand,
  type RunTaskCommandInput,
  type Task,
  type TaskDefinition,
} from "@aws-sdk/client-ecs";
import { systemClock } from "../src/telemetry/clock.ts";
import { eventually } from "../test/support/eventually.ts";
import { type Localstack, type LocalstackOptions, startLocalstack } from "./localstack.ts";
import type { ScenarioInput } from "./scenario/schema.ts";

export interface World extends AsyncDisposable {
  readonly aws: Localstack;
  readonly ecs: ECSClient;
  readonly logs: CloudWatchLogsClient;
  /** Registers a definition of this change and runs a task of it; its ARN. */
  run(
    definitionChange?: Parameters<typeof definition>[0],
    launchChange?: Parameters<typeof launch>[0],
  ): Promise<string>;
  /** As DescribeTasks tells it now; `undefined`: MISSING. */
  look(arn: string): Promise<Task | undefined>;
  /** Of a task, as everybody may see it who may describe it. */
  definitionOf(arn: string): Promise<TaskDefinition>;
  /** Waits until the task is in this state, and tells it. */
  reaches(arn: string, lastStatus: string): Promise<Task>;
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

/** Creates the cluster and the log group of burstlet's default configuration, where a scenario has left them out. */
export async function createAsUsual(url: string): Promise<void> {
  const config = clientConfig(url);
  const [ecs, logs] = [new ECSClient(config), new CloudWatchLogsClient(config)];
  await ecs.send(new CreateClusterCommand({ clusterName: "burstlet" }));
  await logs.send(new CreateLogGroupCommand({ logGroupName: "/burstlet" }));
  ecs.destroy();
  logs.destroy();
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
  const look: World["look"] = async (arn) => {
    const { tasks } = await ecs.send(
      new DescribeTasksCommand({ cluster: "burstlet", tasks: [arn], include: ["TAGS"] }),
    );
    return tasks?.[0];
  };
  return {
    aws,
    ecs,
    logs,
    config,
    look,
    async run(definitionChange, launchChange) {
      const { taskDefinition } = await ecs.send(new RegisterTaskDefinitionCommand(definition(definitionChange)));
      const which = { taskDefinition: taskDefinition?.taskDefinitionArn };
      const { tasks = [], failures = [] } = await ecs.send(new RunTaskCommand(launch({ ...which, ...launchChange })));
      const [task] = tasks;
      if (task?.taskArn === undefined) throw new Error(`nothing was launched: ${JSON.stringify(failures)}`);
      return task.taskArn;
    },
    async definitionOf(arn) {
      const which = { taskDefinition: (await look(arn))?.taskDefinitionArn };
      return (await ecs.send(new DescribeTaskDefinitionCommand(which))).taskDefinition ?? {};
    },
    reaches: (arn, lastStatus) =>
      eventually(`the task is ${lastStatus}`, async () => {
        const task = await look(arn);
        return task?.lastStatus === lastStatus && task;
      }),
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
  event: 0,
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

/** A container of an image of its name. */
export const container = (name: string, change: Partial<ContainerDefinition> = {}): ContainerDefinition => {
  return { name, image: name, ...change };
};
/** The SCRIPT_ variables of one. */
export const script = (values: Readonly<Record<string, string>>): Partial<ContainerDefinition> => {
  return { environment: Object.entries(values).map(([name, value]) => ({ name: `SCRIPT_${name}`, value })) };
};
export const runContainers = (world: World, ...containerDefinitions: ContainerDefinition[]) =>
  world.run({ containerDefinitions });
/** Each container in a few words: `app STOPPED 3`. */
export const inWords = ({ containers = [] }: Task): string[] =>
  containers.map(({ name, lastStatus, exitCode, reason }) =>
    [name, lastStatus, exitCode, reason].filter((word) => word !== undefined).join(" "),
  );
