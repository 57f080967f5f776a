/**
 * Roles, subnets, security groups and the market: those of the node or the service account, or what annotations name and,
 * where it is of AWS, a grant allows. And the form of every annotation. Pure.
 */
import { isGranted, type Refusal, type ResolvedPod } from "../../../src/provider.ts";
import { tokenAnnotation } from "../files/token.ts";
import { type CapacityType, capacityTypes, marketsOf } from "../market.ts";
import type { Place, Placement } from "../request.ts";
import type { TranslateContext } from "./context.ts";

const prefix = "fargate.burstlet.dev/";

const podAnnotations = {
  taskRole: `${prefix}task-role-arn`,
  executionRole: `${prefix}execution-role-arn`,
  subnets: `${prefix}subnets`,
  securityGroups: `${prefix}security-groups`,
  assignPublicIp: `${prefix}assign-public-ip`,
  capacityType: `${prefix}capacity-type`,
  token: tokenAnnotation,
  /** As kube2iam and the old virtual-kubelet provider have it. */
  otherTaskRole: "iam.amazonaws.com/role",
} as const;

type Key = keyof typeof podAnnotations;

/** What a grant has to allow for a public address. */
const publicIp = "assign-public-ip";

/** Of a form: what the ids look like, how many there may be, and in words. */
interface Form {
  readonly id: RegExp;
  readonly most: number;
  readonly words: string;
}

const role: Form = { id: /^arn:aws[\w-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/, most: 1, words: "the ARN of one role" };

const flag: Form = { id: /^(true|false)$/, most: 1, words: "true or false" };

const forms: Readonly<Record<Key, Form>> = {
  taskRole: role,
  executionRole: role,
  otherTaskRole: role,
  subnets: { id: /^subnet-[0-9a-z]+$/, most: 16, words: "1 to 16 ids of subnets, separated by commas" },
  securityGroups: { id: /^sg-[0-9a-z]+$/, most: 5, words: "1 to 5 ids of security groups, separated by commas" },
  assignPublicIp: flag,
  capacityType: { id: new RegExp(`^(${capacityTypes.join("|")})$`), most: 1, words: capacityTypes.join(", ") },
  token: flag,
};

export interface Placed {
  readonly placement: Placement;
  readonly taskRoleArn: string | undefined;
  readonly executionRoleArn: string | undefined;
  readonly refusals: readonly Refusal[];
}

export function placedOf(pod: ResolvedPod, { config, grants }: TranslateContext): Placed {
  const found = keys.map((key) => ({ key, ...named(pod, key, grants) }));
  const idsOf = (key: Key) => found.find((one) => one.key === key)?.ids;
  const account = config.serviceAccounts.find(
    ({ namespace, name }) => namespace === pod.namespace && name === (pod.serviceAccountName || "default"),
  );
  const taskRoleArn = (idsOf("taskRole") ?? idsOf("otherTaskRole"))?.[0] ?? account?.taskRoleArn;
  const executionRoleArn = idsOf("executionRole")?.[0] ?? account?.executionRoleArn;
  const wanted = idsOf("capacityType")?.[0];
  const capacityType = capacityTypes.find((one) => one === wanted) ?? config.capacityType;
  const publicly = idsOf("assignPublicIp")?.[0];
  return {
    placement: {
      places: placesOf(capacityType, idsOf("subnets") ?? config.subnets),
      securityGroups: idsOf("securityGroups") ?? config.securityGroups,
      assignPublicIp: publicly === undefined ? config.assignPublicIp : publicly === "true",
      platformVersion: config.platformVersion,
    },
    taskRoleArn,
    executionRoleArn,
    refusals: [
      ...unknownKeys(pod),
      ...found.flatMap(({ refusals }) => refusals),
      ...(executionRoleArn === undefined && config.executionRoleArn === undefined ? [withoutExecutionRole] : []),
    ],
  };
}

/** Every subnet on Spot first, where the pod may go on to run on demand. */
function placesOf(capacityType: CapacityType, subnets: readonly string[]): readonly Place[] {
  return marketsOf(capacityType).flatMap((market) => subnets.map((subnet) => ({ market, subnet })));
}

const keys = Object.keys(podAnnotations) as readonly Key[];

/** ECS refuses a task definition that has a log group and nobody who may write to it. */
const withoutExecutionRole: Refusal = {
  path: pathOf(podAnnotations.executionRole),
  sentence: "ECS needs a role to write logs and pull images: set fargate.executionRoleArn of the node's configuration.",
};

function named(pod: ResolvedPod, key: Key, grants: TranslateContext["grants"]) {
  const name = podAnnotations[key];
  const text = pod.annotations[name];
  if (text === undefined) return { ids: undefined, refusals: [] };
  const { id: form, most, words } = forms[key];
  const ids = text.split(",").map((id) => id.trim());
  const path = pathOf(name);
  if (ids.length > most || !ids.every((id) => form.test(id)))
    return { ids: undefined, refusals: [{ path, sentence: `Expected ${words}, and not ${JSON.stringify(text)}.` }] };
  const who = { namespace: pod.namespace, serviceAccount: pod.serviceAccountName || "default" };
  const needed = grantsFor(key, ids);
  const refusals = needed.flatMap((id): Refusal[] => {
    if (isGranted(grants, who, id)) return [];
    const whom = `namespace ${who.namespace} or its service account ${who.serviceAccount}`;
    return [{ path, sentence: `No grant of the node's configuration allows ${id} to ${whom}.` }];
  });
  return { ids, refusals };
}

/** A market and files cost money, as everything does that pods ask for by their requests, and give no rights of AWS. */
function grantsFor(key: Key, ids: readonly string[]): readonly string[] {
  if (key === "capacityType" || key === "token") return [];
  if (key === "assignPublicIp") return ids[0] === "true" ? [publicIp] : [];
  return ids;
}

/** A misspelt one would otherwise run the pod without its role. */
function unknownKeys({ annotations }: ResolvedPod): Refusal[] {
  const known: readonly string[] = Object.values(podAnnotations);
  return Object.keys(annotations).flatMap((name) =>
    name.startsWith(prefix) && !known.includes(name)
      ? [{ path: pathOf(name), sentence: `Only ${known.join(", ")} mean something here.` }]
      : [],
  );
}

function pathOf(annotation: string): string {
  return `metadata.annotations[${annotation}]`;
}
