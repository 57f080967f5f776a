/** What is wrong with the queue of events, each with the command that mends it. Pure. */
import { type Finding, type Known, valueOf } from "../../../src/provider.ts";

export interface QueueFacts {
  readonly url: string;
  /** Its resource policy, JSON. `undefined`: there is no such queue. */
  readonly policy: Known<string | undefined>;
  /** May we receive its messages? */
  readonly readable: Known<boolean>;
}

export function queueFindings(queue: QueueFacts | undefined, region: string): readonly Finding[] {
  if (queue === undefined) return [];
  const { url, policy, readable } = queue;
  const name = url.slice(url.lastIndexOf("/") + 1);
  const missing: Finding = {
    message: `queue ${url} of fargate.events does not exist in ${region}`,
    fix: `sed 's/:burstlet-events/:${name}/' deploy/iam/events-queue.json > queue.json && aws sqs create-queue --queue-name ${name} --attributes file://queue.json --region ${region}`,
  };
  const unreadable: Finding = {
    message: `burstlet may not read queue ${url} of fargate.events (sqs:ReceiveMessage)`,
    fix: "aws iam put-role-policy --role-name <burstlet's role> --policy-name burstlet --policy-document file://deploy/iam/controller.json",
  };
  if (policy.trouble === undefined && policy.value === undefined) return [missing];
  return valueOf(readable) === false ? [unreadable] : [];
}

export function queueUnknowns(queue: QueueFacts | undefined): readonly (readonly [string, Known<unknown>])[] {
  if (queue === undefined) return [];
  return [
    ["policy of the events' queue", queue.policy],
    ["messages of the events' queue", queue.readable],
  ];
}
