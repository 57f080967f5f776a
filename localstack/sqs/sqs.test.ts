import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { describe, expect, test } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { openWorld, type World } from "../testing.ts";

const QueueUrl = "https://sqs.us-east-1.amazonaws.com/123456789012/news";

function clientOf(world: World) {
  const sqs = new SQSClient(world.config);
  return {
    sqs,
    send: async (MessageBody: string, DelaySeconds?: number) =>
      sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...(DelaySeconds !== undefined && { DelaySeconds }) })),
    receive: async (how: { WaitTimeSeconds?: number; VisibilityTimeout?: number } = {}) => {
      const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, ...how }));
      return Messages ?? [];
    },
    remove: async (...handles: readonly (string | undefined)[]) =>
      sqs.send(
        new DeleteMessageBatchCommand({
          QueueUrl,
          Entries: handles.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle })),
        }),
      ),
  };
}

const bodies = (messages: readonly { readonly Body?: string | undefined }[]) => messages.map(({ Body }) => Body);
const scenario = { queues: ["news"] };

describe("a queue", () => {
  test("gives a message to one reader, and again when nobody has deleted it in time", async () => {
    await using world = await openWorld(scenario);
    const { send, receive, remove } = clientOf(world);
    await send("one");
    const [first] = await receive();
    expect(first).toMatchObject({ Body: "one", MessageId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string });
    expect(await receive()).toEqual([]);
    world.aws.clock.advance(30_000);
    const [again] = await receive();
    expect(again).toMatchObject({ MessageId: first?.MessageId });
    expect(again?.ReceiptHandle).not.toBe(first?.ReceiptHandle);
    expect(await remove(again?.ReceiptHandle)).toMatchObject({ Successful: [{ Id: "0" }] });
    world.aws.clock.advance(30_000);
    expect(await receive()).toEqual([]);
  });

  test("lets a reader wait for the first message, and no longer than it wanted to", async () => {
    await using world = await openWorld(scenario);
    world.aws.clock.setRate(1e-6);
    const { send, receive } = clientOf(world);
    const waiting = receive({ WaitTimeSeconds: 20 });
    await send("late", 5);
    world.aws.clock.advance(4_900);
    await expect(Promise.race([waiting, receive()])).resolves.toEqual([]);
    world.aws.clock.advance(200);
    expect(bodies(await waiting)).toEqual(["late"]);
    const inVain = receive({ WaitTimeSeconds: 20 });
    let answer: unknown;
    void inVain.then((messages) => (answer = messages));
    await eventually("it is answered", () => {
      world.aws.clock.advance(7_000);
      return answer !== undefined;
    });
    expect(answer).toEqual([]);
  });

  test("hands on what a reader hides from nobody, ten at a time", async () => {
    await using world = await openWorld(scenario);
    const { send, receive } = clientOf(world);
    for (let n = 0; n < 12; n++) await send(`${n}`);
    expect(await receive({ VisibilityTimeout: 0 })).toHaveLength(10);
    expect(await receive()).toHaveLength(10);
    expect(await receive()).toHaveLength(2);
  });

  test("keeps no message for longer than it is told to", async () => {
    await using world = await openWorld();
    const { sqs, send, receive } = clientOf(world);
    await sqs.send(new CreateQueueCommand({ QueueName: "news", Attributes: { MessageRetentionPeriod: "300" } }));
    await send("old");
    world.aws.clock.advance(300_000);
    expect(await receive()).toEqual([]);
  });

  test("tells of itself what was asked for", async () => {
    await using world = await openWorld(scenario);
    const { sqs, send, receive } = clientOf(world);
    await send("held");
    await receive();
    await send("there");
    await send("to come", 60);
    const ask = async (...AttributeNames: ("All" | "Policy" | "QueueArn")[]) =>
      (await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }))).Attributes;
    expect(await ask("QueueArn")).toEqual({ QueueArn: "arn:aws:sqs:us-east-1:123456789012:news" });
    expect(await ask("All")).toMatchObject({
      ApproximateNumberOfMessages: "1",
      ApproximateNumberOfMessagesDelayed: "1",
      ApproximateNumberOfMessagesNotVisible: "1",
      Policy: expect.stringContaining("events.amazonaws.com") as string,
    });
  });

  test("that is made twice alike is one, and otherwise refused", async () => {
    await using world = await openWorld();
    const { sqs } = clientOf(world);
    const create = async (VisibilityTimeout: string) =>
      sqs.send(new CreateQueueCommand({ QueueName: "news", Attributes: { VisibilityTimeout } }));
    expect((await create("10")).QueueUrl).toBe(QueueUrl);
    expect((await create("10")).QueueUrl).toBe(QueueUrl);
    await expect(create("20")).rejects.toMatchObject({ name: "QueueNameExists" });
  });

  test("that is gone, also while somebody waits, is told by the name that the SDK knows", async () => {
    await using world = await openWorld(scenario);
    const { sqs, receive } = clientOf(world);
    const waiting = receive({ WaitTimeSeconds: 20 }).catch((error: Error) => error.name);
    await eventually("it is deleted", async () => {
      await sqs.send(new DeleteQueueCommand({ QueueUrl }));
      return true;
    });
    expect(await waiting).toBe("QueueDoesNotExist");
    await expect(receive()).rejects.toMatchObject({ name: "QueueDoesNotExist" });
  });

  test("deletes what is gone already once more, and tells of a receipt that it never gave", async () => {
    await using world = await openWorld(scenario);
    const { send, receive, remove } = clientOf(world);
    await send("one");
    const [message] = await receive();
    await remove(message?.ReceiptHandle);
    expect(await remove(message?.ReceiptHandle, "nonsense")).toMatchObject({
      Successful: [{ Id: "0" }],
      Failed: [{ Id: "1", Code: "ReceiptHandleIsInvalid", SenderFault: true }],
    });
    await expect(remove(...Array<string>(11).fill("x"))).rejects.toMatchObject({
      name: "TooManyEntriesInBatchRequest",
    });
  });
});

test("queues are made, counted and removed over /_burstlet/", async () => {
  await using world = await openWorld();
  const ask = async (method: string, path: string): Promise<unknown> =>
    (await fetch(`${world.aws.url}/_burstlet/${path}`, { method })).json();
  expect(await ask("POST", "queues/news")).toEqual({ news: 0 });
  world.aws.queues.send("news", "one");
  expect(await ask("GET", "queues")).toEqual({ news: 1 });
  expect(await ask("DELETE", "queues/news")).toEqual({});
  expect(await ask("DELETE", "queues/news")).toEqual({ error: "The specified queue does not exist." });
});
