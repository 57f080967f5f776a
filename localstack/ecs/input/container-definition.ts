import { z } from "zod";

const seconds = z.int().min(0);
const names = /^[\w-]{1,255}$/;
const pair = z.strictObject({ name: z.string().min(1), value: z.string() });

const mountPoint = z.strictObject({
  sourceVolume: z.string(),
  containerPath: z.string().min(1),
  readOnly: z.boolean().optional(),
});

const portMapping = z
  .strictObject({
    containerPort: z.int().min(1).max(65_535),
    hostPort: z.int().min(0).max(65_535).optional(),
    protocol: z.enum(["tcp", "udp"]).default("tcp"),
    name: z.string().optional(),
  })
  .transform(({ hostPort, ...mapping }) => ({ ...mapping, hostPort: hostPort || mapping.containerPort }));

const dependency = z.strictObject({
  containerName: z.string().min(1),
  condition: z.enum(["START", "COMPLETE", "SUCCESS", "HEALTHY"]),
});

const healthCheck = z.strictObject({
  command: z
    .array(z.string())
    .min(1)
    .refine(([kind]) => ["CMD", "CMD-SHELL", "NONE"].includes(kind ?? ""), "the first word is CMD, CMD-SHELL or NONE"),
  interval: z.int().min(5).max(300).default(30),
  timeout: z.int().min(2).max(60).default(5),
  retries: z.int().min(1).max(10).default(3),
  startPeriod: z.int().min(0).max(300).optional(),
});

const logConfiguration = z.strictObject({
  logDriver: z.enum(["awslogs", "splunk", "awsfirelens"]),
  options: z.record(z.string(), z.string()).default({}),
});

const linuxParameters = z.strictObject({
  initProcessEnabled: z.boolean().optional(),
  capabilities: z
    .strictObject({ add: z.array(z.string()).optional(), drop: z.array(z.string()).optional() })
    .optional(),
  tmpfs: z
    .array(
      z.strictObject({
        containerPath: z.string().min(1),
        size: z.int().positive(),
        mountOptions: z.array(z.string()).optional(),
      }),
    )
    .optional(),
  // Not for Fargate: the rules say so.
  devices: z.array(z.unknown()).optional(),
  maxSwap: z.int().optional(),
  swappiness: z.int().optional(),
  sharedMemorySize: z.int().optional(),
});

/** Members that a rule refuses on Fargate, whatever they say. */
export const notOnFargate = {
  privileged: z.boolean().optional(),
  hostname: z.string().optional(),
  links: z.array(z.string()).optional(),
  dnsServers: z.array(z.string()).optional(),
  dnsSearchDomains: z.array(z.string()).optional(),
  extraHosts: z.array(z.unknown()).optional(),
  dockerSecurityOptions: z.array(z.string()).optional(),
  disableNetworking: z.boolean().optional(),
} as const;

const secretArn = /^arn:aws[\w-]*:secretsmanager:[\w-]+:\d{12}:secret:[\w/+=.@-]+-[A-Za-z0-9]{6}(:[^:]*:[^:]*:[^:]*)?$/;

const parameterArn = /^arn:aws[\w-]*:ssm:[\w-]+:\d{12}:parameter\/[\w./-]+$/;

const secret = z.strictObject({
  name: z.string().min(1),
  valueFrom: z
    .string()
    .refine(
      (text) => secretArn.test(text) || parameterArn.test(text),
      "the stand-in knows full ARNs of Secrets Manager and of parameters only",
    ),
});

export const containerDefinition = z.strictObject({
  name: z.string().regex(names, "Container.name contains invalid characters."),
  image: z.string().min(1).max(255),
  cpu: z.int().min(0).default(0),
  memory: z.int().min(4).optional(),
  memoryReservation: z.int().min(4).optional(),
  essential: z.boolean().default(true),
  entryPoint: z.array(z.string()).optional(),
  command: z.array(z.string()).optional(),
  workingDirectory: z.string().optional(),
  environment: z.array(pair).default([]),
  secrets: z.array(secret).default([]),
  repositoryCredentials: z.strictObject({ credentialsParameter: z.string().min(1) }).optional(),
  mountPoints: z.array(mountPoint).default([]),
  volumesFrom: z.array(z.never("volumesFrom is not simulated")).default([]),
  portMappings: z.array(portMapping).default([]),
  dependsOn: z.array(dependency).optional(),
  startTimeout: seconds.min(2).max(120).optional(),
  stopTimeout: seconds.min(0).max(120).optional(),
  user: z.string().optional(),
  readonlyRootFilesystem: z.boolean().optional(),
  linuxParameters: linuxParameters.optional(),
  ulimits: z.array(z.strictObject({ name: z.string(), softLimit: z.int(), hardLimit: z.int() })).optional(),
  systemControls: z.array(z.strictObject({ namespace: z.string(), value: z.string() })).default([]),
  healthCheck: healthCheck.optional(),
  logConfiguration: logConfiguration.optional(),
  dockerLabels: z.record(z.string(), z.string()).optional(),
  interactive: z.boolean().optional(),
  pseudoTerminal: z.boolean().optional(),
  versionConsistency: z.enum(["enabled", "disabled"]).optional(),
  ...notOnFargate,
});

export type ContainerDefinition = z.output<typeof containerDefinition>;
