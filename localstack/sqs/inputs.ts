import { z } from "zod";

const QueueUrl = z.string().min(1);
const queueName = z
  .string()
  .regex(
    /^[\w-]{1,80}$/,
    "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length; the stand-in has no FIFO queues",
  );

export const createInput = z.strictObject({
  QueueName: queueName,
  Attributes: z
    .partialRecord(
      z.enum([
        "DelaySeconds",
        "MessageRetentionPeriod",
        "Policy",
        "ReceiveMessageWaitTimeSeconds",
        "SqsManagedSseEnabled",
        "VisibilityTimeout",
      ]),
      z.string(),
    )
    .default({}),
});
export const queueInput = z.strictObject({ QueueUrl });
export const attributesInput = z.strictObject({ QueueUrl, AttributeNames: z.array(z.string()).default([]) });
export const sendInput = z.strictObject({
  QueueUrl,
  MessageBody: z.string().min(1),
  DelaySeconds: z.int().min(0).max(900).default(0),
});
export const receiveInput = z.strictObject({
  QueueUrl,
  MaxNumberOfMessages: z.int().min(1).max(10).default(1),
  WaitTimeSeconds: z.int().min(0).max(20).optional(),
  VisibilityTimeout: z.int().min(0).max(43_200).optional(),
});
export const deleteBatchInput = z.strictObject({
  QueueUrl,
  Entries: z.array(z.strictObject({ Id: z.string().regex(/^[\w-]{1,80}$/), ReceiptHandle: z.string() })).min(1),
});
