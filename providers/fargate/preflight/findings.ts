/** What is wrong with the set-up in AWS, each with the command that mends it. Pure. */
import {
  type Finding,
  type Known,
  type ProviderError,
  type Unknown,
  unknownsIn,
  valueOf,
} from "../../../src/provider.ts";
import type { FargateConfig } from "../config.ts";
import { marketsOf, spotProvider } from "../market.ts";
import { type BucketFacts, bucketFindings } from "./bucket-findings.ts";
import { type QueueFacts, queueFindings, queueUnknowns } from "./queue-findings.ts";

export type RoleUse = "execution" | "task" | "infrastructure";

/** Who assumes a role, by what it is for; and the trust policy that says so. */
export const roleServices = {
  execution: { service: "ecs-tasks.amazonaws.com", trust: "file://deploy/iam/ecs-tasks-trust.json" },
  task: { service: "ecs-tasks.amazonaws.com", trust: "file://deploy/iam/ecs-tasks-trust.json" },
  infrastructure: { service: "ecs.amazonaws.com", trust: "file://deploy/iam/ecs-trust.json" },
} as const satisfies Record<RoleUse, { readonly service: string; readonly trust: string }>;

export interface RoleFacts {
  readonly arn: string;
  readonly use: RoleUse;
  /** `undefined`: there is no such role. `trusts`: its trust policy names the service that assumes it. */
  readonly found: Known<{ readonly trusts: boolean } | undefined>;
  /** May we pass it to ECS? */
  readonly passable: Known<boolean>;
}

export interface ClusterFacts {
  readonly status: string;
  readonly capacityProviders: readonly string[];
  readonly defaultStrategy: readonly { readonly provider: string; readonly weight: number; readonly base: number }[];
}

export interface Network {
  /** Of those that exist. */
  readonly subnets: readonly { readonly id: string; readonly vpc: string }[];
  readonly groups: readonly { readonly id: string; readonly vpc: string }[];
}

export interface Facts {
  readonly region: string;
  readonly caller: Known<{ readonly arn: string; readonly account: string }>;
  /** `undefined`: there is none, or not any more. */
  readonly cluster: Known<ClusterFacts | undefined>;
  readonly logGroup: Known<boolean>;
  readonly roles: readonly RoleFacts[];
  readonly network: Known<Network>;
  /** Of events, where the configuration names one. */
  readonly queue?: QueueFacts | undefined;
  /** For files, where the configuration names one. */
  readonly bucket?: BucketFacts | undefined;
}

type SetUp = Pick<
  FargateConfig,
  | "cluster"
  | "subnets"
  | "securityGroups"
  | "executionRoleArn"
  | "taskRoleArn"
  | "serviceAccounts"
  | "logs"
  | "exec"
  | "capacityType"
>;

/** `mayName`: pods may name an execution role of their own. */
export function findingsOf(facts: Facts, config: SetUp, mayName: boolean): readonly Finding[] {
  const { region, caller } = facts;
  // Without credentials every other answer says the same again.
  if (caller.trouble !== undefined && isAboutCredentials(caller.trouble)) return [credentialsFinding(caller.trouble)];
  return [
    ...clusterFindings(facts.cluster, config.cluster, region),
    ...spotFindings(facts.cluster, config, region),
    ...(valueOf(facts.logGroup) === false ? [logGroupFinding(config.logs.group, region)] : []),
    ...(config.executionRoleArn === undefined && !mayName ? [noExecutionRole] : []),
    ...(config.exec && !mayName && !hasTaskRole(config) ? [noTaskRole] : []),
    ...facts.roles.flatMap((role) => accountFinding(role, valueOf(caller)) ?? roleFindings(role)),
    ...networkFindings(valueOf(facts.network), config, region),
    ...queueFindings(facts.queue, region),
    ...bucketFindings(facts.bucket, region),
  ];
}

export function unknownsOf(facts: Facts): readonly Unknown[] {
  if (facts.caller.trouble !== undefined && isAboutCredentials(facts.caller.trouble)) return [];
  return unknownsIn([
    ["credentials", facts.caller],
    ["ECS cluster", facts.cluster],
    ["log group", facts.logGroup],
    ["subnets and security groups", facts.network],
    ...queueUnknowns(facts.queue),
    ...(facts.bucket === undefined ? [] : ([["bucket for files", facts.bucket.isThere]] as const)),
    ...facts.roles.flatMap(({ arn, found, passable }) => [
      [`role ${arn}`, found] as const,
      [`the right to pass role ${arn}`, passable] as const,
    ]),
  ]);
}

/** Everybody may ask STS who he is; so a refusal is about the credentials themselves. */
function isAboutCredentials({ kind, reason }: ProviderError): boolean {
  return kind === "denied" && reason !== "AccessDenied" && reason !== "AccessDeniedException";
}

function credentialsFinding({ message }: ProviderError): Finding {
  return {
    message: `AWS does not take the credentials: ${message}`,
    fix: "aws sts get-caller-identity, run as burstlet runs, until it names the account",
  };
}

function clusterFindings(cluster: Facts["cluster"], name: string, region: string): Finding[] {
  if (cluster.trouble !== undefined || cluster.value?.status === "ACTIVE") return [];
  const what = cluster.value === undefined ? "does not exist" : `is ${cluster.value.status}`;
  return [
    {
      message: `ECS cluster ${name} ${what} in ${region}`,
      fix: `aws ecs create-cluster --cluster-name ${name} --region ${region}`,
    },
  ];
}

/** Of a node whose pods go to Spot by themselves: what single pods ask for by annotation holds up no others. */
function spotFindings(cluster: Facts["cluster"], { cluster: name, capacityType }: SetUp, region: string): Finding[] {
  const found = valueOf(cluster);
  if (found?.status !== "ACTIVE" || !marketsOf(capacityType).includes("spot")) return [];
  const { capacityProviders, defaultStrategy } = found;
  if (capacityProviders.includes(spotProvider)) return [];
  // The call replaces both lists, and wants the second one, which may be empty.
  const strategy = defaultStrategy.map(
    ({ provider, weight, base }) => `capacityProvider=${provider},weight=${weight},base=${base}`,
  );
  return [
    {
      message: `ECS cluster ${name} has no capacity provider ${spotProvider}, which fargate.capacityType ${capacityType} needs`,
      fix:
        `aws ecs put-cluster-capacity-providers --cluster ${name} --region ${region} ` +
        `--capacity-providers ${[...new Set(["FARGATE", ...capacityProviders, spotProvider])].join(" ")} ` +
        `--default-capacity-provider-strategy ${strategy.length === 0 ? "'[]'" : strategy.join(" ")}`,
    },
  ];
}

function logGroupFinding(group: string, region: string): Finding {
  return {
    message: `log group ${group} does not exist in ${region}`,
    fix: `aws logs create-log-group --log-group-name '${group}' --region ${region}`,
  };
}

const trustFile = roleServices.task.trust;

const executionPolicy = { trust: trustFile, policy: "burstlet-execution", document: "execution-role.json" };

/** Makes a role with its rights. */
function roleWith(name: string, { trust, policy, document }: typeof executionPolicy): string {
  return (
    `aws iam create-role --role-name ${name} --assume-role-policy-document ${trust}, ` +
    `aws iam put-role-policy --role-name ${name} --policy-name ${policy} --policy-document file://deploy/iam/${document}`
  );
}

const noExecutionRole: Finding = {
  message: "no execution role is configured: without it ECS neither writes logs nor pulls private images",
  fix: `${roleWith("burstlet-execution", executionPolicy)}, and its ARN as fargate.executionRoleArn of the node's configuration`,
};

/** Of any pod: one that has none runs, without ECS Exec. */
function hasTaskRole({ taskRoleArn, serviceAccounts }: SetUp): boolean {
  return taskRoleArn !== undefined || serviceAccounts.some((account) => account.taskRoleArn !== undefined);
}

const noTaskRole: Finding = {
  message:
    "fargate.exec is set and no task role is configured: the agent of ECS Exec connects by it, and no pod can have one",
  fix: `${roleWith("burstlet-task", { trust: trustFile, policy: "burstlet-exec", document: "task-role.json" })}, and its ARN as fargate.taskRoleArn of the node's configuration`,
};

/** IAM is asked by the role's name, and so finds one of its own account; that of another one cannot be passed. */
function accountFinding(
  { arn, use }: RoleFacts,
  caller: { readonly account: string } | undefined,
): Finding[] | undefined {
  const account = arn.split(":")[4];
  if (caller === undefined || caller.account === account) return undefined;
  const name = arn.slice(arn.lastIndexOf("/") + 1);
  const message = `${use} role ${arn} is of account ${account}, but burstlet's credentials are of ${caller.account}`;
  return [{ message, fix: `aws iam get-role --role-name ${name} --query Role.Arn, and that as fargate.${use}RoleArn` }];
}

function roleFindings({ arn, use, found, passable }: RoleFacts): Finding[] {
  const name = arn.slice(arn.lastIndexOf("/") + 1);
  const { service, trust } = roleServices[use];
  const role = found.trouble === undefined ? found.value : { trusts: true };
  if (role === undefined)
    return [
      {
        message: `${use} role ${arn} does not exist`,
        fix:
          use === "execution"
            ? roleWith(name, executionPolicy)
            : `aws iam create-role --role-name ${name} --assume-role-policy-document ${trust}`,
      },
    ];
  const untrusting: Finding = {
    message: `${use} role ${arn} does not let ${service} assume it`,
    fix: `aws iam update-assume-role-policy --role-name ${name} --policy-document ${trust}`,
  };
  const unpassable: Finding = {
    message: `burstlet may not pass ${use} role ${arn} to ECS (iam:PassRole)`,
    fix: "aws iam put-role-policy --role-name <burstlet's role> --policy-name burstlet --policy-document file://deploy/iam/controller.json",
  };
  return [...(role.trusts ? [] : [untrusting]), ...(valueOf(passable) === false ? [unpassable] : [])];
}

function networkFindings(network: Network | undefined, config: SetUp, region: string): Finding[] {
  if (network === undefined) return [];
  const { subnets, groups } = network;
  const missing = [
    ...config.subnets.filter((id) => !subnets.some((one) => one.id === id)).map((id) => ["subnet", id] as const),
    ...config.securityGroups.filter((id) => !groups.some((one) => one.id === id)).map((id) => ["group", id] as const),
  ];
  const [vpc] = subnets.map((subnet) => subnet.vpc);
  const strays = [
    ...subnets.filter((subnet) => subnet.vpc !== vpc).map(({ id, vpc }) => ["subnet", id, vpc] as const),
    ...(vpc === undefined ? [] : groups.filter((group) => group.vpc !== vpc)).map(
      ({ id, vpc }) => ["group", id, vpc] as const,
    ),
  ];
  return [
    ...missing.map(([kind, id]) => ({
      message: `${kinds[kind].words} ${id} does not exist in ${region}`,
      fix: `${kinds[kind].list} --region ${region}, and one of its ids in ${kinds[kind].field}`,
    })),
    ...strays.map(([kind, id, other]) => ({
      message: `${kinds[kind].words} ${id} is in ${other}, and the first subnet in ${vpc}: a task has one VPC`,
      fix: `${kinds[kind].list} --filters Name=vpc-id,Values=${vpc} --region ${region}, and one of its ids in ${kinds[kind].field}`,
    })),
  ];
}

const kinds = {
  subnet: { words: "subnet", list: "aws ec2 describe-subnets", field: "fargate.subnets" },
  group: { words: "security group", list: "aws ec2 describe-security-groups", field: "fargate.securityGroups" },
} as const;
