import { z } from "zod";
import { strategy } from "./strategy.ts";
import { tags } from "./tags.ts";
import { volumeConfigurations } from "./volume.ts";

const containerOverride = z.strictObject({
  name: z.string().optional(),
  command: z.array(z.string()).optional(),
  environment: z.array(z.strictObject({ name: z.string().min(1), value: z.string() })).optional(),
  cpu: z.int().min(0).optional(),
  memory: z.int().min(4).optional(),
  memoryReservation: z.int().min(4).optional(),
});

const overrides = z.strictObject({
  containerOverrides: z.array(containerOverride).default([]),
  cpu: z.string().optional(),
  memory: z.string().optional(),
  taskRoleArn: z.string().optional(),
  executionRoleArn: z.string().optional(),
  ephemeralStorage: z.strictObject({ sizeInGiB: z.int() }).optional(),
});

const awsvpc = z.strictObject({
  subnets: z.array(z.string()).min(1, "subnets can not be empty.").max(16, "subnets can have at most 16 items."),
  securityGroups: z.array(z.string()).max(5, "securityGroup can have at most 5 items.").optional(),
  assignPublicIp: z.enum(["ENABLED", "DISABLED"]).default("DISABLED"),
});

export const runTaskInput = z.strictObject({
  taskDefinition: z.string().min(1),
  cluster: z.string().default("default"),
  count: z.int().min(1, "count cannot be less than 1.").max(10, "count cannot be greater than 10.").default(1),
  launchType: z.enum(["EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"]).optional(),
  capacityProviderStrategy: strategy.default([]),
  platformVersion: z.string().default("LATEST"),
  networkConfiguration: z.strictObject({ awsvpcConfiguration: awsvpc.optional() }).optional(),
  overrides: overrides.default({ containerOverrides: [] }),
  startedBy: z
    .string()
    .regex(
      /^[\w/-]{0,128}$/,
      "Invalid identifier: startedBy may contain letters, digits, '-', '_' and '/', at most 128.",
    )
    .optional(),
  clientToken: z
    .string()
    .regex(/^[\x21-\x7e]{1,64}$/, "clientToken may contain ASCII characters 33 to 126, at most 64.")
    .optional(),
  group: z.string().optional(),
  enableECSManagedTags: z.boolean().default(false),
  enableExecuteCommand: z.boolean().default(false),
  propagateTags: z.enum(["TASK_DEFINITION", "SERVICE", "NONE"]).optional(),
  tags: tags.default([]),
  volumeConfigurations: volumeConfigurations.default([]),
});

export type RunTaskInput = z.output<typeof runTaskInput>;
