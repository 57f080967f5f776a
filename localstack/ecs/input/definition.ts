import { z } from "zod";
import { containerDefinition } from "./container-definition.ts";
import { tags } from "./tags.ts";
import { taskVolume } from "./volume.ts";

const cpuArchitectures = ["X86_64", "ARM64"] as const;

export const registerInput = z.strictObject({
  family: z.string().regex(/^[\w-]{1,255}$/, "Family contains invalid characters."),
  containerDefinitions: z.array(containerDefinition).min(1, "Container list cannot be empty."),
  volumes: z.array(taskVolume).default([]),
  networkMode: z.enum(["bridge", "host", "awsvpc", "none"]).optional(),
  requiresCompatibilities: z.array(z.enum(["EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"])).default([]),
  cpu: z.string().optional(),
  memory: z.string().optional(),
  taskRoleArn: z.string().optional(),
  executionRoleArn: z.string().optional(),
  ephemeralStorage: z.strictObject({ sizeInGiB: z.int() }).optional(),
  runtimePlatform: z
    .strictObject({
      cpuArchitecture: z.enum(cpuArchitectures).optional(),
      operatingSystemFamily: z.string().optional(),
    })
    .optional(),
  pidMode: z.enum(["host", "task"]).optional(),
  ipcMode: z.enum(["host", "task", "none"]).optional(),
  placementConstraints: z.array(z.unknown()).default([]),
  enableFaultInjection: z.boolean().optional(),
  tags: tags.default([]),
});

export type RegisterInput = z.output<typeof registerInput>;

/** As DescribeTaskDefinition tells it; times in seconds since 1970. */
export interface TaskDefinition extends Omit<RegisterInput, "tags"> {
  readonly taskDefinitionArn: string;
  readonly revision: number;
  readonly status: "ACTIVE" | "INACTIVE" | "DELETE_IN_PROGRESS";
  readonly requiresAttributes: readonly { readonly name: string }[];
  readonly compatibilities: readonly string[];
  readonly registeredAt: number;
  readonly registeredBy: string;
  readonly deregisteredAt?: number;
}
