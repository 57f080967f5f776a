import { z } from "zod";
import { connectionFields } from "../aws/config.ts";

const prices = z.strictObject({
  gbSecond: z
    .number()
    .positive()
    .describe("US dollars for one GB of memory and second.")
    .meta({ examples: [0.0000166667] }),
  request: z
    .number()
    .positive()
    .describe("US dollars for one invocation.")
    .meta({ examples: [0.0000002] }),
});

/** Part `lambda` of a node's configuration. */
export const configSchema = z.strictObject({
  ...connectionFields,
  durableFunctions: z
    .array(z.string().regex(/^[\w-]{1,140}$/, "expected the name of a function, without qualifier"))
    .default([])
    .describe("Durable functions: pods of them are durable executions, which a later burstlet finds again.")
    .meta({ examples: [["crawl"]] }),
  eventFunctions: z
    .array(z.string().regex(/^[\w-]{1,140}$/, "expected the name of a function, without qualifier"))
    .default([])
    .describe(
      "Functions of which a pod may ask for mode event: Lambda then runs it at least once, perhaps several times, and not at once.",
    )
    .meta({ examples: [["notify"]] }),
  concurrency: z
    .int()
    .positive()
    .optional()
    .describe("Invocations of one function at once; default what the function has reserved, or the account has left.")
    .meta({ examples: [100] }),
  rate: z
    .number()
    .positive()
    .max(1_000)
    .default(100)
    .describe("Invocations a second of one function; Lambda adds 1,000 environments in ten seconds.")
    .meta({ examples: [50] }),
  capacity: z
    .strictObject({
      pods: z
        .int()
        .positive()
        .optional()
        .describe("Pods at once; default the account's unreserved concurrency.")
        .meta({ examples: [500] }),
    })
    .prefault({})
    .describe("What the node promises."),
  prices: prices
    .optional()
    .describe("Prices of your region and contract; default the public ones of us-east-1.")
    .meta({ examples: [{ gbSecond: 0.0000166667, request: 0.0000002 }] }),
});

export type LambdaConfig = z.output<typeof configSchema>;
