/** What a message of the queue says: one change of one task, as EventBridge hands on what ECS tells. Pure. */
import type { Task } from "@aws-sdk/client-ecs";
import { z } from "zod";
import { identityOf, type Owner } from "../identity.ts";

/** Times of events are texts, those of answers are none; what is no time is left out. */
const time = z.string().pipe(z.coerce.date()).optional().catch(undefined);
const text = z.string().optional();

const container = z.object({
  name: z.string(),
  lastStatus: z.string(),
  exitCode: z.int().optional(),
  reason: text,
  image: text,
  imageDigest: text,
  runtimeId: text,
  networkInterfaces: z.array(z.object({ privateIpv4Address: text, ipv6Address: text })).optional(),
});

const attachment = z.object({ details: z.array(z.object({ name: text, value: text })).optional() });

/** What of DescribeTasks' picture is read anywhere. Events have neither tags nor health ("Amazon ECS task state change events"). */
const detail = z.object({
  taskArn: z.string(),
  taskDefinitionArn: z.string(),
  startedBy: z.string(),
  version: z.int().positive(),
  lastStatus: z.string(),
  desiredStatus: z.string(),
  containers: z.array(container),
  attachments: z.array(attachment).optional(),
  capacityProviderName: text,
  cpu: text,
  memory: text,
  ephemeralStorage: z.object({ sizeInGiB: z.int() }).optional(),
  stopCode: text,
  stoppedReason: text,
  createdAt: time,
  pullStoppedAt: time,
  startedAt: time,
  stoppingAt: time,
  executionStoppedAt: time,
  stoppedAt: time,
});

/** Enough of it to tell whose it is. */
const envelope = z.object({
  source: z.string(),
  "detail-type": z.string(),
  time: z.string().pipe(z.coerce.date()),
  detail: z.object({ clusterArn: text, startedBy: text }),
});

export interface TaskEvent {
  /** As DescribeTasks would show it at this version, but for tags and health. */
  readonly task: Task & { readonly taskArn: string; readonly version: number };
  /** Milliseconds since 1970 at which it was told. */
  readonly at: number;
}

export type Told =
  | { readonly is: "event"; readonly event: TaskEvent }
  /** Of another service, cluster or node. */
  | { readonly is: "foreign" }
  | { readonly is: "malformed"; readonly why: string };

/** `cluster`: name of the cluster of ECS. */
export function told(body: string, cluster: string, owner: Owner): Told {
  const json = jsonOf(body);
  const outer = envelope.safeParse(json);
  if (!outer.success) return { is: "malformed", why: z.prettifyError(outer.error) };
  const { source, "detail-type": type, detail: whose, time: at } = outer.data;
  if (source !== "aws.ecs" || type !== "ECS Task State Change") return { is: "foreign" };
  const isOurs = whose.clusterArn?.split("/").at(-1) === cluster && identityOf(whose.startedBy, owner) !== undefined;
  if (!isOurs) return { is: "foreign" };
  const inner = detail.safeParse((json as { readonly detail: unknown }).detail);
  if (!inner.success) return { is: "malformed", why: z.prettifyError(inner.error) };
  return { is: "event", event: { task: inner.data as TaskEvent["task"], at: at.getTime() } };
}

/** `undefined`: it is none. */
function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
