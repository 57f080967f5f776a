import { z } from "zod";

const groupName = z
  .string()
  .regex(/^[\w./#-]{1,512}$/, "Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+");
const streamName = z.string().min(1).max(512);
const time = z.int().min(0);
const eventLimit = z.int().min(1).max(10_000, "Member must have value less than or equal to 10000");

export const createGroupInput = z.strictObject({
  logGroupName: groupName,
  tags: z.record(z.string(), z.string()).optional(),
});

export const describeGroupsInput = z.strictObject({
  logGroupNamePrefix: groupName.optional(),
  limit: z.int().min(1).max(50).default(50),
  nextToken: z.string().optional(),
});

export const describeStreamsInput = z.strictObject({
  logGroupName: groupName,
  logStreamNamePrefix: streamName.optional(),
  orderBy: z.enum(["LogStreamName", "LastEventTime"]).default("LogStreamName"),
  descending: z.boolean().default(false),
  limit: z.int().min(1).max(50).default(50),
  nextToken: z.string().optional(),
});

export const getEventsInput = z.strictObject({
  logGroupName: groupName,
  logStreamName: streamName,
  startTime: time.optional(),
  endTime: time.optional(),
  nextToken: z.string().optional(),
  limit: eventLimit.default(10_000),
  startFromHead: z.boolean().default(false),
});

export const filterEventsInput = z.strictObject({
  logGroupName: groupName,
  logStreamNames: z.array(streamName).min(1).max(100).optional(),
  logStreamNamePrefix: streamName.optional(),
  startTime: time.optional(),
  endTime: time.optional(),
  nextToken: z.string().optional(),
  limit: eventLimit.default(10_000),
  interleaved: z.boolean().optional(),
  filterPattern: z.string().max(1024).optional(),
});
