import { z } from "zod";

/** A capacity provider strategy; in the API a weight that is left out is 0, which places nothing. */
export const strategy = z
  .array(
    z.strictObject({
      capacityProvider: z.string().min(1),
      weight: z.int().min(0).max(1000).default(0),
      base: z.int().min(0).max(100_000).default(0),
    }),
  )
  .max(20, "The capacity provider strategy can have at most 20 capacity providers.");

export type Strategy = z.output<typeof strategy>;
