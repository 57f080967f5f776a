import { z } from "zod";

export const tag = z.strictObject({
  key: z
    .string()
    .min(1)
    .max(128)
    .refine((key) => !/^aws:/i.test(key), "a key of a tag must not begin with aws:"),
  value: z.string().max(256).default(""),
});

export const tags = z.array(tag).max(50, "a resource has at most 50 tags");

export type Tag = z.output<typeof tag>;
