import { z } from "zod";

const share = z.strictObject({ cpu: z.number().positive(), memoryInGB: z.number().positive() });

export const port = z.strictObject({
  port: z.int().min(1).max(65_535),
  protocol: z.enum(["TCP", "UDP"]).default("TCP"),
});

const variable = z.strictObject({
  name: z.string(),
  value: z.string().optional(),
  secureValue: z.string().optional(),
});

const header = z.strictObject({ name: z.string(), value: z.string() });

/** The defaults are those of Kubernetes (from memory: Azure's page says 10 s and 3 failures). */
const probe = z
  .strictObject({
    exec: z.strictObject({ command: z.array(z.string()).min(1) }).optional(),
    httpGet: z
      .strictObject({
        path: z.string().default("/"),
        port: z.int().min(1).max(65_535),
        scheme: z.enum(["http", "https"]).default("http"),
        httpHeaders: z.array(header).default([]),
      })
      .optional(),
    initialDelaySeconds: z.int().min(0).default(0),
    periodSeconds: z.int().min(1).default(10),
    failureThreshold: z.int().min(1).default(3),
    successThreshold: z.int().min(1).default(1),
    timeoutSeconds: z.int().min(1).default(1),
  })
  .refine(({ exec, httpGet }) => (exec === undefined) !== (httpGet === undefined), "a probe has exec or httpGet");

const mount = z.strictObject({
  name: z.string(),
  mountPath: z.string().min(1),
  readOnly: z.boolean().default(false),
});

const security = z.strictObject({
  privileged: z.boolean().optional(),
  allowPrivilegeEscalation: z.boolean().optional(),
  capabilities: z
    .strictObject({ add: z.array(z.string()).optional(), drop: z.array(z.string()).optional() })
    .optional(),
  runAsUser: z.int().min(0).optional(),
  runAsGroup: z.int().min(0).optional(),
  seccompProfile: z.string().optional(),
});

const common = {
  image: z.string().min(1),
  command: z.array(z.string()).optional(),
  environmentVariables: z.array(variable).default([]),
  volumeMounts: z.array(mount).default([]),
  securityContext: security.optional(),
  /** Of an answer that is sent back; read by nobody. */
  instanceView: z.unknown().optional(),
};

export const container = z.strictObject({
  name: z.string(),
  properties: z.strictObject({
    ...common,
    ports: z.array(port).default([]),
    resources: z.strictObject({ requests: share, limits: share.partial().optional() }),
    livenessProbe: probe.optional(),
    readinessProbe: probe.optional(),
  }),
});

export const initContainer = z.strictObject({ name: z.string(), properties: z.strictObject(common) });

export type ContainerInput = z.output<typeof container>;
export type InitContainerInput = z.output<typeof initContainer>;
export type Probe = z.output<typeof probe>;
