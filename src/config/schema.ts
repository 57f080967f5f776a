/** The configuration file's one schema: source of defaults, checks, docs and JSON Schema. Providers add their own part. */
import { z } from "zod";

const dnsLabel = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, "lower-case letters, digits, '-' and '.' (a DNS-1123 subdomain)")
  .max(253);

const taint = z.strictObject({
  key: z.string().min(1),
  value: z.string().optional(),
  effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]),
});

const nodeFields = {
  name: dnsLabel.describe("Name of the Node object.").meta({ examples: ["burst-local"] }),
  provider: z.string().min(1).describe("What runs the pods of this node; its own options stand under this name."),
  labels: z.record(z.string(), z.string()).default({}).describe("Labels added to the Node object."),
  taints: z
    .array(taint)
    .optional()
    .describe("Taints at registration; default virtual-kubelet.io/provider=<provider>:NoSchedule, [] for none."),
  maxPods: z.int().min(1).optional().describe("Most pods at once; default what the provider promises."),
  address: z
    .union([z.ipv4(), z.ipv6()])
    .optional()
    .describe("Address under which the API server reaches this process: the node's InternalIP. Never loopback.")
    .meta({ examples: ["10.0.3.17"] }),
  port: z.int().min(0).max(65_535).default(10_250).describe("Port of this node's kubelet API; 0 takes a free one."),
  network: z
    .enum(["routed", "none"])
    .default("none")
    .describe("Can this process reach the tasks' addresses? Needed for http, tcp and grpc probes."),
  clusterDNS: z.array(z.union([z.ipv4(), z.ipv6()])).default([]).describe("Resolvers of pods with dnsPolicy ClusterFirst."),
  clusterDomain: z.string().default("cluster.local").describe("DNS domain of the cluster."),
  daemonSetPods: z.enum(["refuse", "run"]).default("refuse").describe("What to do with pods of DaemonSets."),
};

/** One node without its provider's part; `load` checks that part with the provider's schema. */
export const nodeSchema = z.looseObject(nodeFields);

/** The names of the fields above: every other key of a node must be its provider's name. */
export const nodeFieldNames = Object.keys(nodeFields);

/** With the provider's part in place: what JSON Schema shows, and what is checked strictly. */
export function nodeSchemaWith(provider: string, options: z.ZodType): z.ZodType {
  return z.strictObject({ ...nodeFields, provider: z.literal(provider), [provider]: options });
}

const configurationFields = {
  apiVersion: z.literal("burstlet.dev/v1alpha1"),
  kind: z.literal("BurstletConfiguration"),
  clusterID: z
    .string()
    .min(1)
    .optional()
    .describe("Marks everything created in a cloud; default the uid of namespace kube-system."),
  logging: z
    .strictObject({
      format: z.enum(["json", "text"]).default("text").describe("json: one object a line, as klog writes it."),
      verbosity: z.int().min(0).max(10).default(0).describe("klog's -v: 0 quiet, 4 debug."),
    })
    .prefault({}),
};

export const configurationSchema = z.strictObject({ ...configurationFields, nodes: z.array(nodeSchema).min(1) });

export function configurationSchemaWith(node: z.ZodType): z.ZodType {
  return z.strictObject({ ...configurationFields, nodes: z.array(node).min(1) });
}

export type Configuration = z.infer<typeof configurationSchema>;
export type NodeConfiguration = Configuration["nodes"][number];
