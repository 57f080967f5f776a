import { z } from "zod";
import { connectionFields } from "../aws/config.ts";
import { capacityTypes } from "./market.ts";

const id = (prefix: string, what: string) =>
  z.string().regex(new RegExp(`^${prefix}-[0-9a-z]+$`), `the id of ${what}, such as ${prefix}-0a1b2c3d`);

const roleArn = z
  .string()
  .regex(
    /^arn:aws[\w-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/,
    "the ARN of a role, such as arn:aws:iam::123456789012:role/x",
  );

const prices = z.strictObject({
  vcpu: z
    .number()
    .positive()
    .describe("US dollars for one vCPU and hour.")
    .meta({ examples: [0.04048] }),
  memory: z
    .number()
    .positive()
    .describe("US dollars for one GB of memory and hour.")
    .meta({ examples: [0.004445] }),
  storage: z
    .number()
    .positive()
    .describe("US dollars for one GB of ephemeral storage above 20 and hour.")
    .meta({ examples: [0.000111] }),
});

const logs = z.strictObject({
  group: z
    .string()
    .regex(/^[\w./#-]{1,512}$/, "the name of a log group of CloudWatch Logs")
    .default("/burstlet")
    .describe("Log group of CloudWatch Logs that takes what containers write; it must exist.")
    .meta({ examples: ["/burstlet"] }),
  mode: z
    .enum(["non-blocking", "blocking"])
    .default("non-blocking")
    .describe(
      "non-blocking: what does not fit the buffer is lost. blocking: a container waits while CloudWatch does not answer.",
    )
    .meta({ examples: ["blocking"] }),
  bufferSize: z
    .string()
    .regex(/^\d+[kmg]$/, "a size such as 25m")
    .default("25m")
    .describe("Buffer of mode non-blocking, for each container.")
    .meta({ examples: ["25m"] }),
});

const serviceAccount = z.strictObject({
  namespace: z
    .string()
    .min(1)
    .describe("Namespace of the service account.")
    .meta({ examples: ["team-a"] }),
  name: z
    .string()
    .min(1)
    .describe("Its name.")
    .meta({ examples: ["builder"] }),
  taskRoleArn: roleArn
    .optional()
    .describe("Role of the containers of its pods; default that of the node.")
    .meta({ examples: ["arn:aws:iam::123456789012:role/team-a-builder"] }),
  executionRoleArn: roleArn
    .optional()
    .describe("Role with which ECS pulls their images and writes their logs; default that of the node.")
    .meta({ examples: ["arn:aws:iam::123456789012:role/team-a-execution"] }),
});

const events = z.strictObject({
  queueUrl: z
    .string()
    .regex(
      /^https?:\/\/[^/\s]+\/\d{12}\/[\w-]{1,80}$/,
      "the URL of a standard queue of SQS, such as https://sqs.eu-central-1.amazonaws.com/123456789012/burstlet-events",
    )
    .describe("Queue of SQS into which a rule of EventBridge sends changes of the cluster's tasks; this node's alone.")
    .meta({
      examples: ["https://sqs.eu-central-1.amazonaws.com/123456789012/burstlet-events"],
      ownPerNode: "a message of a queue goes to one reader alone",
    }),
});

/** Part `fargate` of a node's configuration. */
export const configSchema = z
  .strictObject({
    ...connectionFields,
    cluster: z
      .string()
      .regex(/^[\w-]{1,255}$/, "the name of an ECS cluster: letters, digits, '-' and '_'")
      .default("burstlet")
      .describe("ECS cluster of the tasks; it must exist.")
      .meta({ examples: ["burstlet"] }),
    subnets: z
      .array(id("subnet", "a subnet"))
      .min(1)
      .max(16)
      .describe("Subnets, best first: where one has no capacity the next one is tried.")
      .meta({ examples: [["subnet-0a1b2c3d", "subnet-1a2b3c4d"]] }),
    securityGroups: z
      .array(id("sg", "a security group"))
      .max(5)
      .default([])
      .describe("Security groups of every task; default that of the VPC.")
      .meta({ examples: [["sg-0a1b2c3d"]] }),
    assignPublicIp: z
      .boolean()
      .default(false)
      .describe("Do tasks get a public address? Needed in subnets without NAT and endpoints, to pull images.")
      .meta({ examples: [true] }),
    platformVersion: z
      .string()
      .regex(/^(LATEST|\d+\.\d+\.\d+)$/, "LATEST or a version such as 1.4.0")
      .default("1.4.0")
      .describe("Platform version of Fargate.")
      .meta({ examples: ["1.4.0"] }),
    architecture: z
      .enum(["amd64", "arm64"])
      .default("amd64")
      .describe("Processor of the node's tasks, and its label kubernetes.io/arch; arm64 is Graviton.")
      .meta({ examples: ["arm64"] }),
    capacityType: z
      .enum(capacityTypes)
      .default("on-demand")
      .describe(
        "On demand, on Fargate Spot, or on Spot and where that has no capacity on demand: for pods that say nothing else.",
      )
      .meta({ examples: ["spot-then-on-demand"] }),
    executionRoleArn: roleArn
      .optional()
      .describe("Role with which ECS itself pulls images and writes logs.")
      .meta({ examples: ["arn:aws:iam::123456789012:role/burstlet-execution"] }),
    taskRoleArn: roleArn
      .optional()
      .describe("Role of the containers of every pod that names no other; default none.")
      .meta({ examples: ["arn:aws:iam::123456789012:role/burstlet-task"] }),
    infrastructureRoleArn: roleArn
      .optional()
      .describe(
        "Role with which ECS makes volumes of EBS for tasks that ask for one; default none, and such pods are refused.",
      )
      .meta({ examples: ["arn:aws:iam::123456789012:role/burstlet-infrastructure"] }),
    serviceAccounts: z
      .array(serviceAccount)
      .default([])
      .describe(
        "Roles of service accounts, whose pods then need to name none; what a pod names by a grant stands before them.",
      )
      .meta({
        examples: [
          [{ namespace: "team-a", name: "builder", taskRoleArn: "arn:aws:iam::123456789012:role/team-a-builder" }],
        ],
      }),
    secrets: z
      .strictObject({
        store: z
          .enum(["secretsManager", "parameters"])
          .default("secretsManager")
          .describe(
            "Where it is kept. secretsManager: secrets of up to 64 KB, which cost by the month. parameters: SecureStrings of Systems Manager of up to 4 KB, which cost nothing and are slow to make; logins to registries stay in Secrets Manager.",
          )
          .meta({ examples: ["parameters"] }),
        graceSeconds: z
          .int()
          .positive()
          .default(3_600)
          .describe("Seconds for which a secret that no task needs any more is kept, for the next pod that needs it.")
          .meta({ examples: [3_600] }),
      })
      .prefault({})
      .describe("What is secret about pods."),
    files: z
      .strictObject({
        bucket: z
          .string()
          .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "the name of a bucket of S3")
          .optional()
          .describe(
            "Bucket of S3 for files that are not secret and too large for a task; default none, and such pods are refused.",
          )
          .meta({ examples: ["burstlet-files"] }),
        endpoint: z
          .url()
          .optional()
          .describe("S3 as tasks reach it, where that is another place, such as an interface endpoint of the VPC.")
          .meta({ examples: ["https://bucket.vpce-0a1b2c3d.s3.eu-central-1.vpce.amazonaws.com"] }),
      })
      .prefault({})
      .describe("Files of pods."),
    events: events
      .optional()
      .describe(
        "Changes of tasks come as events, and few calls go to tasks that run; default none, and tasks are polled.",
      )
      .meta({ examples: [{ queueUrl: "https://sqs.eu-central-1.amazonaws.com/123456789012/burstlet-events" }] }),
    logs: logs.prefault({}).describe("Where the containers' output goes."),
    exec: z
      .boolean()
      .default(false)
      .describe(
        "ECS Exec in new tasks that have a task role: kubectl exec, cp and port-forward. Commands run as root, and are allowed to whoever may use nodes/proxy.",
      )
      .meta({ examples: [true] }),
    stats: z
      .strictObject({
        intervalSeconds: z
          .int()
          .min(10)
          .max(600)
          .default(30)
          .describe("Seconds between two readings of a task; Fargate itself reads every ten.")
          .meta({ examples: [30] }),
      })
      .optional()
      .describe(
        "Usage of new pods, for kubectl top: a container more in each task reads it and writes it to the task's logs; absent: none. {} takes the defaults.",
      )
      .meta({ examples: [{ intervalSeconds: 30 }] }),
    helperImage: z
      .string()
      .min(1)
      .default("public.ecr.aws/docker/library/busybox:1.37")
      .describe(
        "Image of burstlet's helpers, with sh, base64, grep, gzip, tar, sed, timeout, tr and wget: they write a pod's files, read its usage, and end a task of several main containers when all have ended.",
      )
      .meta({ examples: ["123456789012.dkr.ecr.eu-central-1.amazonaws.com/busybox:1.37"] }),
    readiness: z
      .enum(["refuse", "running"])
      .default("refuse")
      .describe("Readiness probes that nobody can ask here. refuse: the pod is refused. running: ready when it runs.")
      .meta({ examples: ["running"] }),
    capacity: z
      .strictObject({
        vcpu: z
          .number()
          .positive()
          .optional()
          .describe("vCPUs that the node promises; default the account's quota of Fargate.")
          .meta({ examples: [64] }),
        pods: z
          .int()
          .positive()
          .default(1_000)
          .describe("Pods at once.")
          .meta({ examples: [1_000] }),
      })
      .prefault({})
      .describe("What the node promises."),
    prices: prices
      .optional()
      .describe("Prices of your region and contract; default the public ones of us-east-1.")
      .meta({ examples: [{ vcpu: 0.04656, memory: 0.00511, storage: 0.000127 }] }),
    spotPrices: prices
      .optional()
      .describe("Prices of Fargate Spot, which change; without them pods on Spot have no price.")
      .meta({ examples: [{ vcpu: 0.0133, memory: 0.0015, storage: 0.000111 }] }),
  })
  .refine(
    ({ region, endpoint, events: from }) =>
      region === undefined || endpoint !== undefined || (regionOf(from?.queueUrl) ?? region) === region,
    {
      path: ["events", "queueUrl"],
      error: ({ input }) => {
        const { region, events: from } = input as { region: string; events: { queueUrl: string } };
        return `the queue is in ${regionOf(from.queueUrl)} and the tasks are in region: ${region}, whose events go to queues there`;
      },
    },
  );

/** Of a queue by its URL; `undefined` where it does not tell. */
const regionOf = (queueUrl = ""): string | undefined => /^https:\/\/sqs\.([\w-]+)\.amazonaws\./.exec(queueUrl)?.[1];

export type FargateConfig = z.output<typeof configSchema>;
