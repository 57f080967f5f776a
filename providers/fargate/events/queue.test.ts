import { createHash } from "node:crypto";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createSession } from "../../aws/session.ts";
import { closeAll, credentials, type FakeAws, opened, startFakeAws } from "../testing.ts";
import { openQueue } from "./queue.ts";

afterEach(closeAll);

/** Of another region than the client's: where it goes is the configuration's business. */
const url = "https://sqs.eu-west-1.amazonaws.com/123456789012/burstlet-events";

async function open(on: FakeAws["on"]) {
  const aws = await startFakeAws(on);
  const session = createSession({ region: "eu-central-1", endpoint: aws.url });
  opened.push(session, aws);
  return { aws, queue: await openQueue(url, { ...session.clientConfig, credentials }) };
}

const message = (Body: string, ReceiptHandle: string) => {
  return { Body, ReceiptHandle, MessageId: Body, MD5OfBody: createHash("md5").update(Body).digest("hex") };
};

describe("the queue of events", () => {
  test("gives ten messages at most, and waits for the first as long as it is told to", async () => {
    const { aws, queue } = await open({ ReceiveMessage: () => ({ Messages: [message("a", "1"), message("b", "2")] }) });
    await expect(queue.receive(20)).resolves.toEqual([
      { body: "a", receipt: "1" },
      { body: "b", receipt: "2" },
    ]);
    expect(aws.calls[0]?.input).toEqual({ QueueUrl: url, MaxNumberOfMessages: 10, WaitTimeSeconds: 20 });
    expect(aws.calls[0]?.headers["x-amz-target"]).toBe("AmazonSQS.ReceiveMessage");
  });

  test("is empty where it has nothing, and deletes by receipts", async () => {
    const { aws, queue } = await open({ ReceiveMessage: () => ({}), DeleteMessageBatch: () => ({ Successful: [] }) });
    await expect(queue.receive(0)).resolves.toEqual([]);
    await queue.delete([
      { body: "a", receipt: "x" },
      { body: "b", receipt: "y" },
    ]);
    const Entries = [
      { Id: "0", ReceiptHandle: "x" },
      { Id: "1", ReceiptHandle: "y" },
    ];
    expect(aws.calls[1]?.input).toEqual({ QueueUrl: url, Entries });
  });

  test("tells its policy, and of one that it has not", async () => {
    const policies = [{ Attributes: { Policy: "{}" } }, {}];
    const { queue } = await open({ GetQueueAttributes: () => policies.shift() ?? {} });
    await expect(queue.policy()).resolves.toBe("{}");
    await expect(queue.policy()).resolves.toBe("");
  });

  test("hides nothing from others when it is only tried", async () => {
    const { aws, queue } = await open({ ReceiveMessage: () => ({ Messages: [message("a", "1")] }) });
    await queue.tryToReceive();
    expect(aws.calls[0]?.input).toMatchObject({ VisibilityTimeout: 0, WaitTimeSeconds: 0, MaxNumberOfMessages: 1 });
  });

  test.for([
    ["com.amazonaws.sqs#QueueDoesNotExist", "notFound", "QueueDoesNotExist"],
    ["com.amazonaws.sqs#KmsAccessDenied", "denied", "KmsAccessDenied"],
    ["AccessDeniedException", "denied", "AccessDeniedException"],
    ["com.amazonaws.sqs#RequestThrottled", "throttled", "RequestThrottled"],
  ] as const)("rejects with what %s means", async ([error, kind, reason]) => {
    const { queue } = await open({ ReceiveMessage: () => ({ error, message: "no" }) });
    await expect(queue.receive(20)).rejects.toMatchObject({ kind, reason });
  });

  test("ends its wait when nobody wants to know any more", async () => {
    const { queue } = await open({ ReceiveMessage: () => new Promise(() => {}) });
    const stop = new AbortController();
    const waiting = queue.receive(20, stop.signal);
    stop.abort();
    await expect(waiting).rejects.toThrow();
  });

  test("is asked for in the node's own region, and nothing is said on the console of a URL of another one", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const hosts: string[] = [];
    const requestHandler = {
      async handle({ hostname }: { hostname: string }) {
        hosts.push(hostname);
        return { response: { statusCode: 200, headers: {}, body: new TextEncoder().encode("{}") } };
      },
    };
    const queue = await openQueue(url, { region: "eu-central-1", credentials, requestHandler });
    await expect(queue.receive(0)).resolves.toEqual([]);
    expect(hosts).toEqual(["sqs.eu-central-1.amazonaws.com"]);
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });
});

test("without its package says which one is missing, for what, and how to get it", async () => {
  const missing = async (): Promise<never> => {
    throw Object.assign(new Error("Cannot find package '@aws-sdk/client-sqs'"), { code: "ERR_MODULE_NOT_FOUND" });
  };
  const opening = openQueue(url, {}, missing);
  await expect(opening).rejects.toMatchObject({ kind: "denied", reason: "PackageMissing" });
  for (const word of ["fargate.events", "@aws-sdk/client-sqs", "Cannot find package", "npm ci --include=optional"])
    await expect(opening).rejects.toThrow(word);
});
