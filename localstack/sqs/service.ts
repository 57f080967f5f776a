import { createHash } from "node:crypto";
import type { z } from "zod";
import { guid } from "../arm/ids.ts";
import type { PacedClock } from "../clock.ts";
import { read } from "../ecs/input/read.ts";
import type { ScenarioBox } from "../scenario/box.ts";
import type { Gate } from "../server/gate.ts";
import { jsonService } from "../server/json.ts";
import type { Service } from "../server/service.ts";
import { attributesInput, createInput, deleteBatchInput, queueInput, receiveInput, sendInput } from "./inputs.ts";
import { refused } from "./refused.ts";
import type { Message, Queue, QueueStore } from "./store.ts";

export interface SqsAccount {
  readonly clock: PacedClock;
  readonly scenario: ScenarioBox;
  readonly queues: QueueStore;
}

/** SQS: standard queues. A queue is found by the last part of its URL, whatever host that names. */
export function sqsService(account: SqsAccount, gate: Gate): Service {
  const { queues } = account;
  const input = <Schema extends z.ZodType>(schema: Schema, members: unknown, operation: string) =>
    read(schema, members, operation, "com.amazonaws.sqs#InvalidParameterValueException");
  const queueOf = ({ QueueUrl }: { readonly QueueUrl: string }): Queue => queues.find(QueueUrl.split("/").at(-1) ?? "");
  return jsonService({
    name: "sqs",
    target: "AmazonSQS",
    version: "1.0",
    gate,
    operations: {
      CreateQueue(members) {
        const { QueueName, Attributes } = input(createInput, members, "CreateQueue");
        return { QueueUrl: urlOf(queues.create(QueueName, Attributes), account) };
      },
      DeleteQueue: (members) => queues.remove(queueOf(input(queueInput, members, "DeleteQueue")).name),
      GetQueueAttributes(members) {
        const wish = input(attributesInput, members, "GetQueueAttributes");
        const all = Object.entries(attributesOf(queueOf(wish), account));
        const named = new Set(wish.AttributeNames);
        return { Attributes: Object.fromEntries(all.filter(([name]) => named.has("All") || named.has(name))) };
      },
      SendMessage(members) {
        const wish = input(sendInput, members, "SendMessage");
        const { id, body } = queues.send(queueOf(wish), wish.MessageBody, wish.DelaySeconds * 1000);
        return { MessageId: guid(id), MD5OfMessageBody: md5(body) };
      },
      async ReceiveMessage(members) {
        const wish = input(receiveInput, members, "ReceiveMessage");
        const queue = queueOf(wish);
        const { ReceiveMessageWaitTimeSeconds: wait, VisibilityTimeout: hidden } = queue.attributes;
        const messages = await queues.receive(queue, {
          most: wish.MaxNumberOfMessages,
          wait: Number(wish.WaitTimeSeconds ?? wait) * 1000,
          hidden: Number(wish.VisibilityTimeout ?? hidden) * 1000,
        });
        return messages.length === 0 ? {} : { Messages: messages.map(picture) };
      },
      DeleteMessageBatch(members) {
        const wish = input(deleteBatchInput, members, "DeleteMessageBatch");
        return deleteBatch(queues, queueOf(wish), wish.Entries);
      },
    },
  });
}

function picture(message: Message): object {
  const { id, body } = message;
  return { MessageId: guid(id), ReceiptHandle: receiptOf(message), MD5OfBody: md5(body), Body: body };
}

/** A message that is gone already is deleted; a receipt that SQS has never given is told as failed. */
function deleteBatch(
  queues: QueueStore,
  queue: Queue,
  entries: readonly { readonly Id: string; readonly ReceiptHandle: string }[],
): object {
  if (entries.length > 10) throw refused.tooMany(entries.length);
  if (new Set(entries.map(({ Id }) => Id)).size < entries.length) throw refused.sameIds();
  const named = entries.map(({ Id, ReceiptHandle }) => ({ Id, message: messageOf(ReceiptHandle) }));
  for (const { message } of named) if (message !== undefined) queues.delete(queue, message);
  const failed = named.filter(({ message }) => message === undefined);
  return {
    Successful: named.filter(({ message }) => message !== undefined).map(({ Id }) => ({ Id })),
    Failed: failed.map(({ Id }) => ({
      Id,
      SenderFault: true,
      Code: "ReceiptHandleIsInvalid",
      Message: "The input receipt handle is invalid.",
    })),
  };
}

/** Another one each time that the message is received. */
function receiptOf({ id, receives }: Message): string {
  return Buffer.from(`${id}:${receives}`).toString("base64");
}

function messageOf(receipt: string): string | undefined {
  return /^([0-9a-f]{32}):\d+$/.exec(Buffer.from(receipt, "base64").toString())?.[1];
}

function attributesOf(queue: Queue, account: SqsAccount): Readonly<Record<string, string>> {
  const now = account.clock.monotonic();
  const count = (fits: (message: Message) => boolean): string => String(queue.messages.filter(fits).length);
  const { region, account: number } = account.scenario.now;
  return {
    ...queue.attributes,
    QueueArn: `arn:aws:sqs:${region}:${number}:${queue.name}`,
    CreatedTimestamp: String(Math.floor(queue.createdAt / 1000)),
    ApproximateNumberOfMessages: count(({ visibleAt }) => visibleAt <= now),
    ApproximateNumberOfMessagesDelayed: count(({ visibleAt, receives }) => visibleAt > now && receives === 0),
    ApproximateNumberOfMessagesNotVisible: count(({ visibleAt, receives }) => visibleAt > now && receives > 0),
  };
}

function urlOf({ name }: Queue, { scenario }: SqsAccount): string {
  return `https://sqs.${scenario.now.region}.amazonaws.com/${scenario.now.account}/${name}`;
}

const md5 = (text: string): string => createHash("md5").update(text).digest("hex");
