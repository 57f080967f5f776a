import { z } from "zod";

const name = z
  .string()
  .regex(
    /^[\w/+=.@-]{1,512}$/,
    "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
  );
const id = z.string().min(1).max(2048);
const value = z
  .string()
  .min(1)
  .refine((text) => Buffer.byteLength(text) <= 65_536, "Member must have length less than or equal to 65536");
const token = z.string().min(32).max(64);
const tag = z.strictObject({ Key: z.string().min(1).max(128), Value: z.string().max(256).default("") });
const tags = z.array(tag).max(50);

export const createInput = z.strictObject({
  Name: name,
  ClientRequestToken: token.optional(),
  Description: z.string().max(2048).optional(),
  SecretString: value,
  Tags: tags.default([]),
});
export const putInput = z.strictObject({
  SecretId: id,
  ClientRequestToken: token.optional(),
  SecretString: value,
});
export const idInput = z.strictObject({ SecretId: id });
export const deleteInput = z.strictObject({
  SecretId: id,
  RecoveryWindowInDays: z.int().min(7).max(30).optional(),
  ForceDeleteWithoutRecovery: z.boolean().optional(),
});
export const listInput = z.strictObject({
  Filters: z
    .array(
      z.strictObject({
        Key: z.enum(["name", "tag-key", "tag-value"], "the stand-in filters by name, tag-key and tag-value"),
        Values: z.array(z.string().min(1)).min(1).max(10),
      }),
    )
    .max(10)
    .default([]),
  IncludePlannedDeletion: z.boolean().default(false),
  MaxResults: z.int().min(1).max(100).default(100),
  NextToken: z.string().optional(),
});
export const tagInput = z.strictObject({ SecretId: id, Tags: tags });

export type ListInput = z.output<typeof listInput>;
export type SecretTag = z.output<typeof tag>;
