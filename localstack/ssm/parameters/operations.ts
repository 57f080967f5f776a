/** Parameter Store, as far as burstlet uses it: values in the clear only where GetParameter and GetParameters tell them. */
import { z } from "zod";
import { read } from "../../ecs/input/read.ts";
import { seconds } from "../../ecs/names.ts";
import { ApiError } from "../../server/service.ts";
import type { ParameterRecord, ParameterStore } from "./store.ts";

const name = z.string().regex(/^[\w./-]{1,1011}$/, "Parameter name must be a fully qualified name");
const tag = z.strictObject({ Key: z.string().min(1).max(128), Value: z.string().max(256) });
/** The standard tier's. */
const value = z
  .string()
  .min(1, "Member must have length greater than or equal to 1")
  .refine(
    (text) => Buffer.byteLength(text) <= 4_096,
    "Standard tier parameters support a maximum parameter value of 4096 characters",
  );

const putInput = z.strictObject({
  Name: name,
  Value: value,
  Type: z.enum(["String", "StringList", "SecureString"]).default("String"),
  Description: z.string().max(1024).optional(),
  Overwrite: z.boolean().default(false),
  Tags: z.array(tag).max(50).default([]),
});
const getInput = z.strictObject({ Name: name, WithDecryption: z.boolean().default(false) });
const deleteInput = z.strictObject({ Name: name });
const describeInput = z.strictObject({
  ParameterFilters: z
    .array(
      z.strictObject({
        Key: z.enum(["Name"], "the stand-in filters by Name"),
        Option: z.enum(["Equals", "BeginsWith"]).default("Equals"),
        Values: z.array(z.string().min(1)).min(1).max(50),
      }),
    )
    .default([]),
  MaxResults: z.int().min(1).max(50).default(50),
  NextToken: z.string().optional(),
});

type Operation = (members: unknown) => object;

export function parameterOperations(store: ParameterStore): Readonly<Record<string, Operation>> {
  const input = <Schema extends Parameters<typeof read>[0]>(schema: Schema, members: unknown, operation: string) =>
    read(schema, members, operation, "ValidationException");
  /** AWS says no word more. */
  const missing = (): ApiError => new ApiError("ParameterNotFound", "");
  return {
    PutParameter(members) {
      const { Name, Type, Value, Overwrite } = input(putInput, members, "PutParameter");
      return { Version: store.put({ name: Name, type: Type, value: Value }, Overwrite).version, Tier: "Standard" };
    },
    GetParameter(members) {
      const { Name, WithDecryption } = input(getInput, members, "GetParameter");
      const found = store.find(Name);
      if (found === undefined) throw missing();
      const { name: Named, type: Type, arn: ARN, version: Version, value: text } = found;
      // What is not decrypted is ciphertext, of which nobody here can make anything.
      const Value = WithDecryption || Type !== "SecureString" ? text : "AQICAHh";
      return { Parameter: { Name: Named, Type, ARN, Version, Value, LastModifiedDate: seconds(found.changedAt) } };
    },
    DescribeParameters(members) {
      const { ParameterFilters, MaxResults, NextToken } = input(describeInput, members, "DescribeParameters");
      const found = store.all.filter(({ name: one }) =>
        ParameterFilters.every(({ Option, Values }) =>
          Values.some((wanted) => (Option === "Equals" ? one === wanted : one.startsWith(wanted))),
        ),
      );
      const start = Number(NextToken ?? 0);
      const end = start + MaxResults;
      return {
        Parameters: found.slice(start, end).map(picture),
        ...(end < found.length && { NextToken: String(end) }),
      };
    },
    DeleteParameter(members) {
      const { Name } = input(deleteInput, members, "DeleteParameter");
      if (!store.drop(Name)) throw missing();
      return {};
    },
  };
}

function picture({ name: Name, arn: ARN, type: Type, version: Version, changedAt }: ParameterRecord): object {
  return { Name, ARN, Type, Version, Tier: "Standard", LastModifiedDate: seconds(changedAt) };
}
