/**
 * What burstlet takes for granted of AWS's API, as tests that run against anything with an endpoint: the stand-in,
 * moto, LocalStack, AWS itself. None waits for a task to run; all that they make carries the prefix `outside`.
 */
import { randomUUID } from "node:crypto";
import { DescribeSecurityGroupsCommand, DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import {
  CreateClusterCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  RunTaskCommand,
  type RunTaskCommandInput,
  StopTaskCommand,
  type Task,
} from "@aws-sdk/client-ecs";
import { expect } from "vitest";

export interface Account {
  readonly ecs: ECSClient;
  readonly subnet: string;
  readonly securityGroup: string;
  /** Registers a definition of one container in a family of its own. */
  define(change?: Partial<RegisterTaskDefinitionCommandInput>): Promise<string>;
  run(change?: Partial<RunTaskCommandInput>): Promise<Task[]>;
  describe(arn: string): Promise<Task | undefined>;
}

export interface ApiTest {
  readonly name: string;
  run(account: Account): Promise<void>;
}

const cluster = "outside";

/** Clients that try once, with a cluster of this suite's own. */
export async function openAccount(endpoint: string | undefined, region: string): Promise<Account> {
  const config = {
    region,
    maxAttempts: 1,
    ...(endpoint !== undefined && { endpoint, credentials: { accessKeyId: "AKIAOUTSIDE", secretAccessKey: "secret" } }),
  };
  const ecs = new ECSClient(config);
  const ec2 = new EC2Client(config);
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
  const [{ SubnetId: subnet, VpcId: vpc } = {}] = Subnets;
  const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({}));
  const securityGroup = SecurityGroups.find(({ VpcId }) => VpcId === vpc)?.GroupId;
  if (subnet === undefined || securityGroup === undefined) throw new Error("this account has no subnet with a group");
  await ecs.send(new CreateClusterCommand({ clusterName: cluster }));

  const define: Account["define"] = async (change = {}) => {
    const input = { family: `outside-${randomUUID()}`, ...definition, ...change };
    const { taskDefinition } = await ecs.send(new RegisterTaskDefinitionCommand(input));
    return taskDefinition?.taskDefinitionArn ?? "";
  };
  return {
    ecs,
    subnet,
    securityGroup,
    define,
    async run(change = {}) {
      const taskDefinition = change.taskDefinition ?? (await define());
      const input = {
        cluster,
        launchType: "FARGATE",
        ...network(subnet, securityGroup),
        ...change,
        taskDefinition,
      } as const;
      const { tasks = [], failures = [] } = await ecs.send(new RunTaskCommand(input));
      expect(failures).toEqual([]);
      return tasks;
    },
    async describe(arn) {
      const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: [arn], include: ["TAGS"] }));
      return tasks[0];
    },
  };
}

const network = (subnet: string, securityGroup: string) => ({
  networkConfiguration: { awsvpcConfiguration: { subnets: [subnet], securityGroups: [securityGroup] } },
});

const definition: Omit<RegisterTaskDefinitionCommandInput, "family"> = {
  requiresCompatibilities: ["FARGATE"],
  networkMode: "awsvpc",
  cpu: "256",
  memory: "512",
  containerDefinitions: [{ name: "a", image: "busybox", essential: true, memory: 256, command: ["sleep", "60"] }],
};

const arnOf = (tasks: readonly Task[]): string => tasks[0]?.taskArn ?? "";

export const apiTests: readonly ApiTest[] = [
  {
    name: "a definition is found by its family and by its revision, as it was registered",
    async run({ ecs, define }) {
      const arn = await define();
      const family = /task-definition\/(.+):1$/.exec(arn)?.[1] ?? "";
      for (const taskDefinition of [arn, family]) {
        const found = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition }));
        expect(found.taskDefinition).toMatchObject({ family, revision: 1, status: "ACTIVE", cpu: "256" });
      }
    },
  },
  {
    name: "a task is listed by who started it, and described with its tags",
    async run({ ecs, run, describe }) {
      const startedBy = `bl/${randomUUID()}/1`;
      const arn = arnOf(await run({ startedBy, tags: [{ key: "burstlet.dev/pod", value: "web" }] }));
      const { taskArns } = await ecs.send(new ListTasksCommand({ cluster, startedBy }));
      expect(taskArns).toEqual([arn]);
      expect(await describe(arn)).toMatchObject({ startedBy, tags: [{ key: "burstlet.dev/pod", value: "web" }] });
    },
  },
  {
    name: "a task begins as PROVISIONING, with a version and the time at which it was made",
    async run({ run }) {
      const [task] = await run();
      expect(task).toMatchObject({ lastStatus: "PROVISIONING", desiredStatus: "RUNNING" });
      expect(task?.version).toBeGreaterThan(0);
      expect(task?.createdAt).toBeInstanceOf(Date);
    },
  },
  {
    name: "the same token with the same request is the same task",
    async run({ define, run }) {
      const request = { clientToken: randomUUID(), taskDefinition: await define() };
      expect(arnOf(await run(request))).toBe(arnOf(await run(request)));
    },
  },
  {
    name: "the same token with another request is a conflict that names the task",
    async run({ define, run }) {
      const request = { clientToken: randomUUID(), taskDefinition: await define() };
      const arn = arnOf(await run(request));
      await expect(run({ ...request, startedBy: "another" })).rejects.toMatchObject({
        name: "ConflictException",
        resourceIds: [arn],
      });
    },
  },
  {
    name: "a task that is stopped says by whom and why",
    async run({ ecs, run }) {
      const arn = arnOf(await run());
      const { task } = await ecs.send(new StopTaskCommand({ cluster, task: arn, reason: "burstlet: the pod ends" }));
      expect(task).toMatchObject({
        desiredStatus: "STOPPED",
        stopCode: "UserInitiated",
        stoppedReason: "burstlet: the pod ends",
      });
    },
  },
  {
    name: "a task that does not exist is named as MISSING",
    async run({ ecs, run }) {
      const arn = arnOf(await run()).replace(/[^/]+$/, "0".repeat(32));
      const { tasks, failures } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: [arn] }));
      expect(tasks).toEqual([]);
      expect(failures).toEqual([{ arn, reason: "MISSING" }]);
    },
  },
  refused("a cluster that does not exist", async ({ run }) => run({ cluster: "nowhere" }), "ClusterNotFoundException"),
  refused("a definition that does not exist", async ({ run }) => run({ taskDefinition: "nothing:1" })),
  refused("a subnet that does not exist", async ({ run, securityGroup }) =>
    run(network("subnet-00000000", securityGroup)),
  ),
  refused("a security group that does not exist", async ({ run, subnet }) => run(network(subnet, "sg-00000000"))),
  refused("a task without a network", async ({ run }) => run({ networkConfiguration: undefined })),
  refused("more than ten tasks at once", async ({ run }) => run({ count: 11 })),
  refused("a launch type beside a capacity provider", async ({ run }) =>
    run({ capacityProviderStrategy: [{ capacityProvider: "FARGATE_SPOT" }] }),
  ),
  refused("a size that Fargate does not have", async ({ define }) => define({ cpu: "256", memory: "8192" })),
  refused("a bridge network on Fargate", async ({ define }) => define({ networkMode: "bridge" })),
];

/** A request that AWS answers with an error, and with this one where its name decides what burstlet does. */
function refused(what: string, ask: (account: Account) => Promise<unknown>, error?: string): ApiTest {
  return {
    name: `${what} is refused`,
    async run(account) {
      await expect(ask(account)).rejects.toMatchObject({
        name: error ?? (expect.stringMatching(/Exception$/) as string),
        $metadata: { httpStatusCode: 400 },
      });
    },
  };
}
