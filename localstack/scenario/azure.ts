import { z } from "zod";
import { azureActions, isAzureAction } from "./azure-actions.ts";
import { groupTimesSchema } from "./times.ts";

const quotas = z.strictObject({
  ContainerGroups: z.int().min(0).default(100).describe("Groups at once."),
  StandardCores: z.number().min(0).default(100).describe("vCPUs of them, without those of priority Spot."),
  StandardSpotCores: z.number().min(0).default(100).describe("vCPUs of groups of priority Spot."),
});

const location = z.strictObject({
  capacity: z
    .number()
    .min(0)
    .optional()
    .describe("vCPUs that it has for groups; without it any number. Beyond: 409 ServiceUnavailable."),
  quotas: quotas.prefault({}).describe("What the subscription may have there; the defaults are Azure's."),
});

const subnet = z.strictObject({
  id: z
    .string()
    .regex(
      /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Network\/virtualNetworks\/[^/]+\/subnets\/[^/]+$/i,
    )
    .describe("Its resource id."),
  addressPrefix: z.cidrv4().default("10.1.0.0/24").describe("Its addresses; those of groups are the runtime's."),
  location: z.string().default("westeurope").describe("Region of its virtual network."),
  natGateway: z.boolean().default(true).describe("Has it a way out, by a NAT gateway?"),
  delegated: z.boolean().default(true).describe("Is it delegated to Microsoft.ContainerInstance/containerGroups?"),
  capacity: z.int().min(0).optional().describe("So many groups have addresses in it at once; without it any number."),
});

const subscription = "00000000-0000-0000-0000-000000000000";

/** Of a subscription that has asked for nothing; others have been seen with 900 and 1,800. */
const window = z
  .strictObject({
    fiveMinutes: z.int().min(1).default(100).describe("In five minutes."),
    hour: z.int().min(1).default(300).describe("In an hour."),
  })
  .prefault({});

/** What the stand-in's part of Azure is like. Every value has a default. */
export const azureSchema = z
  .strictObject({
    subscription: z.uuid().default(subscription).describe("The one subscription that exists."),
    state: z
      .enum(["Enabled", "Disabled", "Warned"])
      .default("Enabled")
      .describe("Of the subscription; of a disabled one nothing is changed."),
    tenant: z.uuid().default("11111111-1111-1111-1111-111111111111").describe("Its directory."),
    resourceGroups: z.array(z.string().min(1)).default(["burstlet"]).describe("Resource groups that exist."),
    registered: z
      .boolean()
      .default(true)
      .describe("Is the subscription registered for Microsoft.ContainerInstance? A PUT fails where it is not."),
    denied: z
      .array(
        z
          .string()
          .refine(
            isAzureAction,
            `expected an action that is asked for here, one of ${Object.values(azureActions).join(", ")}`,
          ),
      )
      .default([])
      .describe(
        "Actions that the caller's role does not have: AuthorizationFailed, and notActions of its permissions.",
      ),
    locations: z
      .record(z.string().regex(/^[a-z0-9]+$/), location)
      .default({
        westeurope: { quotas: quotas.parse({}) },
        northeurope: { quotas: quotas.parse({}) },
        eastus: { quotas: quotas.parse({}) },
      })
      .describe("Regions that have container groups, with what there is of them."),
    creates: window.describe("PUTs of groups that a subscription may make."),
    deletes: window.describe("DELETEs of groups, counted on their own."),
    subnets: z.array(subnet).default([]).describe("Subnets that exist."),
    identities: z.array(z.string()).default([]).describe("Resource ids of managed identities that exist."),
    shares: z
      .array(z.string().regex(/^[^/]+\/[^/]+$/, "expected account/share"))
      .default([])
      .describe("Shares of Azure Files that can be mounted. Each group has an empty folder of its own in their place."),
    pageSize: z.int().min(1).default(100).describe("Groups of one page of a list."),
    times: groupTimesSchema,
  })
  .prefault({})
  .describe("Azure: the subscription, and how container groups behave in it.");
