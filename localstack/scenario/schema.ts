import { z } from "zod";
import { faultSchema } from "../faults.ts";
import { azureSchema } from "./azure.ts";
import { functionSchema } from "./functions.ts";
import { fileSystemSchema } from "./storage.ts";
import { switchesSchema } from "./switches.ts";
import { timesSchema } from "./times.ts";

const id = (prefix: string) => z.string().regex(new RegExp(`^${prefix}-[0-9a-z]+$`), `expected ${prefix}-…`);

const subnet = z.strictObject({
  id: id("subnet"),
  availabilityZone: z.string().min(1).describe("Name of the zone: us-east-1a."),
  cidr: z
    .cidrv4()
    .default("10.0.0.0/20")
    .describe("Addresses of tasks, where the runtime gives them none of their own."),
  capacity: z.int().min(0).optional().describe("So many tasks run in it at once; without it any number."),
});

const image = z
  .strictObject({
    pull: z
      .enum(["missing", "denied", "limited"])
      .optional()
      .describe(
        "It cannot be pulled: no such image, no right to it, or the registry has had too many pulls; other images are the runtime's business.",
      ),
    login: z
      .strictObject({ username: z.string(), password: z.string() })
      .optional()
      .describe("Of a private registry: pulled by tasks whose repositoryCredentials say the same."),
    health: z
      .enum(["HEALTHY", "UNHEALTHY"])
      .optional()
      .describe("What health checks of its containers find where the runtime has nothing to execute them with."),
    shell: z.boolean().default(true).describe("Has it a shell? Without one ECS Exec finds no sh in its containers."),
    run: z
      .union([z.number().min(0), z.literal("forever")])
      .optional()
      .describe("Seconds that it runs by itself."),
    exit: z.int().min(0).max(255).optional().describe("Exit code after that."),
    end: z.enum(["exit", "oom", "unknown"]).optional().describe("How it ends."),
    start: z.number().min(0).optional().describe("Seconds from its turn to its running state."),
    stop: z.number().min(0).optional().describe("Seconds from SIGTERM to its end."),
  })
  .describe("What containers of an image do. run, exit, end, start and stop are for the scripted runtime.");

const securityGroup = id("sg");
const queueName = z.string().regex(/^[\w-]{1,80}$/, "expected the name of a standard queue");
const roleName = z.string().regex(/^[\w+=,.@/-]{1,128}$/, "expected the name of a role");

/** A scenario: what the cloud is like, and how it behaves. Every value has a default. */
export const scenarioSchema = z.strictObject({
  account: z
    .string()
    .regex(/^\d{12}$/, "expected 12 digits")
    .default("123456789012")
    .describe("Number of the account."),
  region: z.string().min(1).default("us-east-1").describe("Region of what exists; rates of CloudWatch Logs go by it."),
  rate: z.number().positive().default(1).describe("How many seconds of the stand-in go by in a second."),
  times: timesSchema,
  switches: switchesSchema,
  quotas: z
    .record(z.string().regex(/^L-[0-9A-F]{8}$/, "expected the code of a quota: L-3032A538"), z.number().min(0))
    .default({})
    .describe("Values of quotas by code; what is left out has AWS's default, buckets of calls too."),
  clusters: z
    .array(z.string().regex(/^[\w-]{1,255}$/))
    .default(["burstlet"])
    .describe("ECS clusters that exist."),
  capacityProviders: z
    .array(z.enum(["FARGATE", "FARGATE_SPOT"]))
    .default(["FARGATE", "FARGATE_SPOT"])
    .describe("What these clusters may place tasks with by a capacity provider strategy."),
  logGroups: z.array(z.string()).default(["/burstlet"]).describe("Log groups that exist."),
  queues: z.array(queueName).default([]).describe("Queues of SQS that exist, into which EventBridge may write."),
  eventRules: z
    .array(z.strictObject({ cluster: z.string(), queue: queueName }))
    .default([])
    .describe("Rules of EventBridge: changes of tasks of this cluster are sent into this queue."),
  buckets: z
    .array(z.string().regex(/^[a-z0-9.-]{3,63}$/))
    .default([])
    .describe("Buckets of S3 that exist."),
  roles: z
    .array(roleName)
    .default(["burstlet-execution", "burstlet-task"])
    .describe("IAM roles that exist and that ECS may assume."),
  unpassable: z.array(roleName).default([]).describe("Roles that exist, but that the caller may not pass to ECS."),
  secretless: z.array(roleName).default([]).describe("Roles that may not read secrets of Secrets Manager."),
  infrastructureRoles: z
    .array(roleName)
    .default(["burstlet-infrastructure"])
    .describe("IAM roles that exist and that ECS may assume to make volumes."),
  fileSystems: z
    .record(
      z.string().regex(/^fs-[0-9a-f]{8,40}$/, "expected fs- and 8 to 40 hexadecimal digits: fs-0a1b2c3d"),
      fileSystemSchema,
    )
    .default({})
    .describe("File systems of EFS that exist, by id."),
  subnets: z
    .array(subnet)
    .default([
      { id: "subnet-0a1b2c3d", availabilityZone: "us-east-1a", cidr: "10.0.0.0/20" },
      { id: "subnet-1a2b3c4d", availabilityZone: "us-east-1b", cidr: "10.0.16.0/20" },
    ])
    .describe("Subnets that exist, all in one VPC."),
  securityGroups: z.array(securityGroup).default(["sg-0a1b2c3d"]).describe("Security groups that exist."),
  zones: z
    .record(
      z.string(),
      z.strictObject({
        capacity: z.number().min(0).optional().describe("vCPUs that it has for tasks on demand."),
        spotCapacity: z.number().min(0).optional().describe("vCPUs that it has for tasks on Spot."),
      }),
    )
    .default({})
    .describe("Availability zones whose capacity is limited."),
  images: z.record(z.string(), image).default({}).describe("What containers of an image do, by its name as written."),
  azure: azureSchema,
  functions: z
    .record(z.string().regex(/^[\w-]{1,64}$/, "expected the name of a function"), functionSchema)
    .default({ run: functionSchema.parse({ versions: { "1": {} }, aliases: { live: "1" } }) })
    .describe("Lambda functions that exist, by name."),
  faults: z.array(faultSchema).default([]).describe("Calls that go wrong from the start."),
});

export type Scenario = z.output<typeof scenarioSchema>;
export type ScenarioInput = z.input<typeof scenarioSchema>;
export type Subnet = Scenario["subnets"][number];
