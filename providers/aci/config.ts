import { z } from "zod";

const uuid = z
  .string()
  .regex(
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
    "the id of a subscription, such as 00000000-0000-0000-0000-000000000000",
  );

const resourceId = (type: string, what: string) =>
  z
    .string()
    .regex(
      new RegExp(`^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/${type}$`, "i"),
      `the resource id of ${what}`,
    );

/** The forms of ids that pods may name too, by annotation. */
export const identityId = resourceId(
  "Microsoft\\.ManagedIdentity/userAssignedIdentities/[^/]+",
  "a user-assigned managed identity",
);
export const subnetId = resourceId("Microsoft\\.Network/virtualNetworks/[^/]+/subnets/[^/]+", "a subnet");

const exampleIdentity =
  "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/burstlet/providers/Microsoft.ManagedIdentity/userAssignedIdentities/pods";
const exampleSubnet =
  "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/burstlet/providers/Microsoft.Network/virtualNetworks/pods/subnets/groups";

const dns = z.strictObject({
  nameServers: z
    .array(z.union([z.ipv4(), z.ipv6()]))
    .min(1)
    .describe("Resolvers; a group in a subnet does not inherit those of the virtual network.")
    .meta({ examples: [["168.63.129.16"]] }),
  searchDomains: z
    .array(z.string().min(1))
    .default([])
    .describe("Domains in which a short name is looked for.")
    .meta({ examples: [["corp.example.com"]] }),
  options: z
    .array(z.string().min(1))
    .default([])
    .describe("Options of resolv.conf.")
    .meta({ examples: [["ndots:2"]] }),
});

const registry = z.strictObject({
  server: z
    .string()
    .regex(/^[\w.-]+(:\d+)?$/, "the name of a registry without scheme and path, such as team.azurecr.io")
    .describe("Registry of Azure.")
    .meta({ examples: ["team.azurecr.io"] }),
  identity: identityId.describe("Managed identity that may pull from it.").meta({ examples: [exampleIdentity] }),
});

const prices = z.strictObject({
  vcpu: z
    .number()
    .positive()
    .describe("US dollars for one vCPU and hour.")
    .meta({ examples: [0.05] }),
  memory: z
    .number()
    .positive()
    .describe("US dollars for one GB of memory and hour.")
    .meta({ examples: [0.005] }),
});

/** Part `aci` of a node's configuration. */
export const configSchema = z
  .strictObject({
    subscription: uuid
      .describe("Subscription of Azure that pays for the groups.")
      .meta({ examples: ["00000000-0000-0000-0000-000000000000"] }),
    resourceGroup: z
      .string()
      .regex(/^[\w().-]{0,89}[\w()-]$/, "the name of a resource group")
      .default("burstlet")
      .describe("Resource group of the container groups; it must exist, and is best theirs alone.")
      .meta({ examples: ["burstlet"] }),
    locations: z
      .array(z.string().regex(/^[a-z0-9]+$/, "a region in its short form, such as westeurope"))
      .min(1)
      .max(8)
      .describe("Regions, best first: where one has no capacity the next one is tried.")
      .meta({ examples: [["westeurope", "northeurope"]] }),
    endpoint: z
      .url()
      .default("https://management.azure.com")
      .describe("Azure Resource Manager: of another cloud of Azure's, or an emulator.")
      .meta({ examples: ["http://127.0.0.1:4566"] }),
    network: z
      .enum(["public", "subnet"])
      .default("public")
      .describe("public: a group with ports has a public address. subnet: every group has one in a virtual network.")
      .meta({ examples: ["subnet"] }),
    subnets: z
      .record(z.string(), subnetId)
      .default({})
      .describe(
        "With network: subnet, the subnet of each region, delegated to Microsoft.ContainerInstance/containerGroups.",
      )
      .meta({ examples: [{ westeurope: exampleSubnet }] }),
    dns: dns
      .optional()
      .describe("With network: subnet, the resolvers of pods that bring none.")
      .meta({ examples: [{ nameServers: ["168.63.129.16"] }] }),
    identities: z
      .array(identityId)
      .max(20)
      .default([])
      .describe("Managed identities of every pod that names no others; default none.")
      .meta({ examples: [[exampleIdentity]] }),
    registries: z
      .array(registry)
      .max(20)
      .default([])
      .describe("Registries that are pulled from with a managed identity instead of a pull secret.")
      .meta({ examples: [[{ server: "team.azurecr.io", identity: exampleIdentity }]] }),
    security: z
      .enum(["refuse", "send"])
      .default("refuse")
      .describe(
        "Users, groups and capabilities that pods ask for. Whether groups of the Standard SKU enforce them is not verified. refuse: such a pod is refused. send: Azure is asked for them.",
      )
      .meta({ examples: ["send"] }),
    readiness: z
      .enum(["refuse", "running"])
      .default("refuse")
      .describe("Readiness probes that nobody can ask here. refuse: the pod is refused. running: ready when it runs.")
      .meta({ examples: ["running"] }),
    logs: z
      .strictObject({
        directory: z
          .string()
          .min(1)
          .optional()
          .describe(
            "Directory in which output is kept that Azure cuts to 16 KB when a group stops; default none is kept.",
          )
          .meta({ examples: ["/var/lib/burstlet/aci-logs"] }),
        maxBytes: z
          .int()
          .positive()
          .default(268_435_456)
          .describe("Bytes of that directory, all pods together: the oldest go first.")
          .meta({ examples: [268_435_456] }),
      })
      .prefault({})
      .describe("Where the containers' output is kept."),
    stats: z
      .boolean()
      .default(false)
      .describe(
        "Usage of pods, for kubectl top: by Azure's extension realtime-metrics with network: subnet and network: routed of the node, else by Azure Monitor.",
      )
      .meta({ examples: [true] }),
    capacity: z
      .strictObject({
        vcpu: z
          .number()
          .positive()
          .optional()
          .describe("vCPUs that the node promises; default the subscription's quota of the first region.")
          .meta({ examples: [64] }),
        pods: z
          .int()
          .positive()
          .optional()
          .describe("Pods at once; default the subscription's quota of groups in the first region.")
          .meta({ examples: [100] }),
      })
      .prefault({})
      .describe("What the node promises."),
    prices: prices
      .optional()
      .describe("Prices of your region and contract; without them pods carry no price.")
      .meta({ examples: [{ vcpu: 0.05, memory: 0.005 }] }),
  })
  .refine(
    ({ network, locations, subnets }) => network === "public" || locations.every((name) => subnets[name] !== undefined),
    {
      path: ["subnets"],
      error: ({ input }) => {
        const { locations, subnets } = input as { locations: string[]; subnets: Record<string, unknown> };
        const missing = locations.filter((name) => subnets[name] === undefined).join(", ");
        return `network: subnet needs a subnet of every region of locations, and has none for ${missing}`;
      },
      // Told together with what is wrong elsewhere, as soon as these three themselves can be read.
      when: ({ value }) => {
        const { network, locations, subnets } = value as Readonly<Record<string, unknown>>;
        return network === "subnet" && Array.isArray(locations) && typeof subnets === "object";
      },
    },
  );

export type AciConfig = z.output<typeof configSchema>;
