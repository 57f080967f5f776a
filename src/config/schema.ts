/** The configuration file's one schema: source of defaults, checks, docs and JSON Schema. Providers add their own part. */
import { z } from "zod";
import { kubeletSchema } from "./fields/kubelet.ts";
import { unreachable } from "./fields/unreachable.ts";

/** A node's name is also the value of its label kubernetes.io/hostname, and a label's value has at most 63 characters. */
const nodeName = z
  .string()
  .regex(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    "lower-case letters, digits, '-' and '.', with a letter or digit at both ends (a DNS-1123 subdomain)",
  )
  .max(63);

const labelKey = z
  .string()
  .regex(
    /^([a-z0-9][-a-z0-9.]{0,252}\/)?[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/,
    "a label's name, as Kubernetes defines it",
  );
const labelValue = z
  .string()
  .regex(
    /^([A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?)?$/,
    "a label's value, as Kubernetes defines it: at most 63 letters, digits, '-', '_', '.'",
  );

const taint = z.strictObject({
  key: labelKey.describe("Name of the taint.").meta({ examples: ["example.com/burst"] }),
  value: labelValue
    .optional()
    .describe("Value of the taint; default none.")
    .meta({ examples: ["local"] }),
  effect: z
    .enum(["NoSchedule", "PreferNoSchedule", "NoExecute"])
    .describe("What it does to pods that do not tolerate it.")
    .meta({ examples: ["NoSchedule"] }),
});

const ip = z.union([z.ipv4(), z.ipv6()]);

const grant = z.strictObject({
  namespace: z
    .string()
    .min(1)
    .describe("Namespace whose pods may name these.")
    .meta({ examples: ["team-a"] }),
  serviceAccount: z
    .string()
    .min(1)
    .optional()
    .describe("Only pods of this service account; default all of the namespace.")
    .meta({ examples: ["builder"] }),
  allow: z
    .array(z.string().min(1))
    .min(1)
    .describe("Ids of the cloud (roles, identities, subnets, functions …); * stands for any characters.")
    .meta({ examples: [["arn:aws:iam::123456789012:role/team-a-*"]] }),
});

const nodeFields = {
  name: nodeName.describe("Name of the Node object.").meta({ examples: ["burst-local"] }),
  provider: z
    .string()
    .min(1)
    .describe("What runs the pods of this node; its own options stand under this name.")
    .meta({ examples: ["local"] }),
  labels: z
    .record(labelKey, labelValue)
    .default({})
    .describe("Labels added to the Node object.")
    .meta({ examples: [{ "example.com/team": "ci" }] }),
  taints: z
    .array(taint)
    .optional()
    .describe("Taints at registration; default virtual-kubelet.io/provider=<provider>:NoSchedule, [] for none.")
    .meta({ examples: [[{ key: "example.com/burst", effect: "NoSchedule" }]] }),
  maxPods: z
    .int()
    .min(1)
    .optional()
    .describe("Most pods at once; default what the provider promises.")
    .meta({ examples: [50] }),
  address: ip
    .refine((address) => unreachable(address) === undefined, { error: ({ input }) => unreachable(String(input)) })
    .optional()
    .describe("Address under which the API server reaches this process: the node's InternalIP. Never loopback.")
    .meta({ examples: ["10.0.3.17"] }),
  port: z
    .int()
    .min(0)
    .max(65_535)
    .default(10_250)
    .describe("TCP port of this node's kubelet API; 0 takes a free one.")
    .meta({ examples: [10_250] }),
  network: z
    .enum(["routed", "none"])
    .default("none")
    .describe("Can this process reach the tasks' addresses? Needed for http, tcp and grpc probes.")
    .meta({ examples: ["routed"] }),
  clusterDNS: z
    .array(ip)
    .default([])
    .describe("Resolvers of pods with dnsPolicy ClusterFirst; default the resolvers of the cloud.")
    .meta({ examples: [["10.96.0.10"]] }),
  clusterDomain: z
    .string()
    .min(1)
    .default("cluster.local")
    .describe("DNS domain of the cluster.")
    .meta({ examples: ["cluster.local"] }),
  daemonSetPods: z
    .enum(["refuse", "run"])
    .default("refuse")
    .describe("What to do with pods of DaemonSets.")
    .meta({ examples: ["refuse"] }),
  networkPolicies: z
    .enum(["warn", "refuse", "ignore"])
    .default("warn")
    .describe("What to do with pods that a NetworkPolicy selects, where the provider enforces none.")
    .meta({ examples: ["refuse"] }),
  grants: z
    .array(grant)
    .default([])
    .describe("What of the cloud pods may name by annotation; default nothing.")
    .meta({ examples: [[{ namespace: "team-a", allow: ["arn:aws:iam::123456789012:role/team-a-*"] }]] }),
  staticPodPath: z
    .string()
    .regex(/^\//, "expected an absolute path")
    .optional()
    .describe(
      "Folder with manifests of static pods, or one manifest, as of the kubelet; needs deploy/rbac-static-pods.yaml.",
    )
    .meta({ examples: ["/etc/kubernetes/manifests"] }),
  websockets: z
    .boolean()
    .default(true)
    .describe("Declare to API servers of 1.36 and later that exec, attach and port-forward may come as WebSockets.")
    .meta({ examples: [true] }),
};

/** One node without its provider's part; `load` checks that part with the provider's schema. */
export const nodeSchema = z.looseObject(nodeFields);

/** The names of the fields above: every other key of a node must be its provider's name. */
export const nodeFieldNames = Object.keys(nodeFields);

/** With the provider's part in place: what JSON Schema shows, and what is checked strictly. */
export function nodeSchemaWith(provider: string, options: z.ZodObject): z.ZodObject {
  const name = z.literal(provider).describe("What runs the pods of this node.");
  const own = options.prefault({}).describe(`Options of the provider ${provider}.`);
  return z.strictObject({ ...nodeFields, provider: name, [provider]: own });
}

const configurationFields = {
  apiVersion: z.literal("burstlet.dev/v1alpha1").describe("Version of this shape."),
  kind: z.literal("BurstletConfiguration").describe("Says that this is the configuration of burstlet."),
  clusterID: z
    .string()
    .min(1)
    .optional()
    .describe("Marks everything created in a cloud; default the uid of namespace kube-system.")
    .meta({ examples: ["edge-berlin"] }),
  logging: z
    .strictObject({
      format: z
        .enum(["json", "text"])
        .default("text")
        .describe("json: one object a line, as klog writes it.")
        .meta({ examples: ["json"] }),
      verbosity: z
        .int()
        .min(0)
        .max(10)
        .default(0)
        .describe("klog's -v, a level: 0 quiet, 4 debug.")
        .meta({ examples: [4] }),
    })
    .prefault({})
    .describe("The log, on standard error."),
  configMapAndSecretChangeDetectionStrategy: z
    .enum(["Cache", "Watch"])
    .default("Cache")
    .describe(
      "As of the kubelet. Cache: what pods refer to is read again once a minute. Watch: it is watched, each object by " +
        "itself, which needs the rights of deploy/rbac-watch-references.yaml.",
    )
    .meta({ examples: ["Watch"] }),
  kubelet: kubeletSchema
    .prefault({})
    .describe("How the kubelet ports of this process are served, for all of its nodes."),
};

const nodesAre = "The virtual nodes that this process serves.";

export const configurationSchema = z.strictObject({
  ...configurationFields,
  nodes: z.array(nodeSchema).min(1).describe(nodesAre),
});

export function configurationSchemaWith(node: z.ZodType): z.ZodType {
  return z.strictObject({ ...configurationFields, nodes: z.array(node).min(1).describe(nodesAre) });
}

export type Configuration = z.infer<typeof configurationSchema>;
export type NodeConfiguration = Configuration["nodes"][number];
