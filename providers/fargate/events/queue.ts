import type * as Sdk from "@aws-sdk/client-sqs";
import { awsError } from "../../aws/errors.ts";
import { optionalPackage } from "../../aws/optional-package.ts";

export interface QueueMessage {
  readonly body: string;
  /** What deletes it. */
  readonly receipt: string;
}

/** A queue of SQS that EventBridge writes into. Every method rejects with a ProviderError. */
export interface EventQueue {
  readonly url: string;
  /** Up to ten, which nobody else gets meanwhile. Waits for the first one, at most so many seconds of 20. */
  receive(waitSeconds: number, signal?: AbortSignal): Promise<readonly QueueMessage[]>;
  /** At most ten. What cannot be deleted comes again. */
  delete(messages: readonly QueueMessage[]): Promise<void>;
  /** Its resource policy, JSON; empty where it has none. Rejects with `notFound`. */
  policy(): Promise<string>;
  /** Rejects where messages may not be received. Takes none away. */
  tryToReceive(): Promise<void>;
}

/** Does this policy of a queue? A role of the rule's target may do so too, of which nobody has told burstlet. Pure. */
export function letsEventBridgeIn(policy: string): boolean {
  return /"(events\.amazonaws\.com|\*)"/.test(policy);
}

/** DeleteMessageBatch and ReceiveMessage take so many. */
export const BATCH = 10;

/** Standard queues take nearly any number of calls ("Amazon SQS quotas"), and one reader makes few: no bucket. */
export async function openQueue(
  url: string,
  connection: Sdk.SQSClientConfig,
  load = async () => import("@aws-sdk/client-sqs"),
): Promise<EventQueue> {
  const sdk = await optionalPackage(
    load,
    "fargate.events needs the package @aws-sdk/client-sqs, with which its queue is read (without fargate.events tasks are polled)",
  );
  // By itself the SDK goes to the URL's host, whatever its region, and says so on the console.
  const client = new sdk.SQSClient({ ...connection, useQueueUrlAsEndpoint: false });
  const asked = async <T>(call: () => Promise<T>): Promise<T> => {
    try {
      return await call();
    } catch (error) {
      throw awsError(error);
    }
  };
  const receive = async (how: Omit<Sdk.ReceiveMessageCommandInput, "QueueUrl">, signal?: AbortSignal) => {
    const command = new sdk.ReceiveMessageCommand({ QueueUrl: url, ...how });
    return asked(async () => client.send(command, signal === undefined ? {} : { abortSignal: signal }));
  };
  return {
    url,
    async receive(waitSeconds, signal) {
      const { Messages = [] } = await receive({ MaxNumberOfMessages: BATCH, WaitTimeSeconds: waitSeconds }, signal);
      return Messages.map(({ Body: body = "", ReceiptHandle: receipt = "" }) => ({ body, receipt }));
    },
    async delete(messages) {
      const Entries = messages.map(({ receipt }, index) => ({ Id: String(index), ReceiptHandle: receipt }));
      await asked(async () => client.send(new sdk.DeleteMessageBatchCommand({ QueueUrl: url, Entries })));
    },
    async policy() {
      const command = new sdk.GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["Policy"] });
      const { Attributes } = await asked(async () => client.send(command));
      return Attributes?.Policy ?? "";
    },
    async tryToReceive() {
      await receive({ MaxNumberOfMessages: 1, WaitTimeSeconds: 0, VisibilityTimeout: 0 });
    },
  };
}
