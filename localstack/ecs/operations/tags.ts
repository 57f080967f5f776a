import { z } from "zod";
import { ApiError } from "../../server/service.ts";
import type { EcsAccount } from "../account.ts";
import { read } from "../input/read.ts";
import { type Tag, tags } from "../input/tags.ts";

const tagInput = z.strictObject({ resourceArn: z.string().min(1), tags });
const listInput = z.strictObject({ resourceArn: z.string().min(1) });

export function tagResource(account: EcsAccount, input: unknown): object {
  const { resourceArn, tags: added } = read(tagInput, input, "TagResource");
  const resource = resourceOf(account, resourceArn);
  const kept = resource.tags.filter(({ key }) => !added.some((tag) => tag.key === key));
  if (kept.length + added.length > 50)
    throw new ApiError("InvalidParameterException", "a resource has at most 50 tags");
  resource.tags = [...kept, ...added];
  return {};
}

export function listTagsForResource(account: EcsAccount, input: unknown): object {
  return { tags: resourceOf(account, read(listInput, input, "ListTagsForResource").resourceArn).tags };
}

function resourceOf({ tasks, clusters, definitions }: EcsAccount, arn: string): { tags: readonly Tag[] } {
  const kind = /^arn:[\w-]+:ecs:[\w-]+:\d{12}:([a-z-]+)\//.exec(arn)?.[1];
  switch (kind) {
    case "task": {
      const record = tasks.find(arn)?.record;
      if (record?.desiredStatus === "STOPPED") {
        throw new ApiError(
          "InvalidParameterException",
          "The specified task is stopped. Specify a running task and try again.",
        );
      }
      return found(record);
    }
    case "cluster":
      return found(clusters.find(arn));
    case "task-definition":
      return found(definitions.find(arn));
    case undefined:
      throw new ApiError("InvalidParameterException", "Invalid resource ARN.");
    default:
      return found(undefined);
  }
}

function found(resource: { tags: readonly Tag[] } | undefined): { tags: readonly Tag[] } {
  if (resource === undefined) {
    throw new ApiError(
      "InvalidParameterException",
      "The specified resource was not found. Verify the resource ARN and try again.",
    );
  }
  return resource;
}
