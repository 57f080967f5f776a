import type { Cluster } from "@aws-sdk/client-ecs";
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { GetRoleCommand, IAMClient, SimulatePrincipalPolicyCommand } from "@aws-sdk/client-iam";
import { GetCallerIdentityCommand, STSClient, type STSClientConfig } from "@aws-sdk/client-sts";
import { known, ProviderError, type ProviderErrorKind } from "../../../src/provider.ts";
import { awsError } from "../../aws/errors.ts";
import type { EcsClient } from "../client.ts";
import type { FargateConfig } from "../config.ts";
import type { EventQueue } from "../events/queue.ts";
import { type ClusterFacts, type Facts, type Network, type RoleFacts, roleServices } from "./findings.ts";
import type { Objects } from "../secrets/stores/objects.ts";
import type { BucketFacts } from "./bucket-findings.ts";
import type { QueueFacts } from "./queue-findings.ts";

/** How the clients of the services that are asked are made. */
export type Connection = Pick<
  STSClientConfig,
  "endpoint" | "region" | "credentials" | "maxAttempts" | "requestHandler"
>;

export interface AskOptions {
  readonly connection: Connection;
  readonly ecs: Pick<EcsClient, "describeCluster">;
  /** Of events, where the configuration names one. */
  readonly queue?: Pick<EventQueue, "url" | "policy" | "tryToReceive"> | undefined;
  /** For files, where the configuration names one. */
  readonly objects?: Pick<Objects, "bucket" | "look"> | undefined;
  readonly region: string;
  readonly config: FargateConfig;
  readonly askNetwork: () => Promise<Network>;
}

/**
 * Looks at everything that the node's configuration names in AWS. A dozen calls, once: no buckets. Rejects only where the
 * cloud does not answer at all.
 */
export async function askFacts({
  connection,
  ecs,
  queue,
  objects,
  region,
  config,
  askNetwork,
}: AskOptions): Promise<Facts> {
  const caller = await known(async () => whoAmI(connection), awsError);
  if (caller.trouble?.kind === "transient" || caller.trouble?.kind === "unknown") throw caller.trouble;
  const [cluster, logGroup, network, events, bucket, ...roles] = await Promise.all([
    known(async () => clusterFacts(await ecs.describeCluster()), awsError),
    known(async () => hasLogGroup(connection, config.logs.group), awsError),
    known(askNetwork, awsError),
    queue && askQueue(queue),
    objects && askBucket(objects),
    ...rolesOf(config).map(async (role) => askRole(connection, role, caller)),
  ]);
  return { region, caller, cluster, logGroup, network, roles, queue: events, bucket };
}

async function askQueue(queue: NonNullable<AskOptions["queue"]>): Promise<QueueFacts> {
  const [policy, readable] = await Promise.all([
    known(async () => unless("notFound", async () => queue.policy(), undefined), awsError),
    known(
      async () =>
        unless(
          "denied",
          async () => {
            await queue.tryToReceive();
            return true;
          },
          false,
        ),
      awsError,
    ),
  ]);
  return { url: queue.url, policy, readable };
}

/** S3 says that a bucket is missing or that one may not see it, and nothing else of it. */
async function askBucket({ bucket, look }: NonNullable<AskOptions["objects"]>): Promise<BucketFacts> {
  const see = async (): Promise<boolean> => {
    await look();
    return true;
  };
  const isThere = known(async () => unless("notFound", async () => unless("denied", see, false), false), awsError);
  return { name: bucket, isThere: await isThere };
}

/** What is asked for, or what an error of this kind means. */
async function unless<T, U>(kind: ProviderErrorKind, ask: () => Promise<T>, meaning: U): Promise<T | U> {
  try {
    return await ask();
  } catch (error) {
    if (awsError(error).kind === kind) return meaning;
    throw error;
  }
}

function clusterFacts(cluster: Cluster | undefined): ClusterFacts | undefined {
  if (cluster === undefined) return undefined;
  const { status = "", capacityProviders = [], defaultCapacityProviderStrategy = [] } = cluster;
  const defaultStrategy = defaultCapacityProviderStrategy.map(
    ({ capacityProvider: provider = "", weight = 0, base = 0 }) => ({ provider, weight, base }),
  );
  return { status, capacityProviders, defaultStrategy };
}

async function whoAmI(connection: Connection): Promise<{ arn: string; account: string }> {
  const sts = new STSClient(connection);
  const { Arn: arn = "", Account: account = "" } = await sts.send(new GetCallerIdentityCommand());
  return { arn, account };
}

async function hasLogGroup(connection: Connection, group: string): Promise<boolean> {
  const logs = new CloudWatchLogsClient(connection);
  // The list is in alphabetical order, so the name itself comes before all that it is the prefix of.
  const found = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: group, limit: 1 }));
  return found.logGroups?.[0]?.logGroupName === group;
}

type Role = Pick<RoleFacts, "arn" | "use">;

/** Every role that the configuration names, each once for each use. */
function rolesOf({ serviceAccounts, ...node }: FargateConfig): Role[] {
  const named = [node, ...serviceAccounts];
  const uses = [
    { use: "execution", arns: named.map(({ executionRoleArn }) => executionRoleArn) },
    { use: "task", arns: named.map(({ taskRoleArn }) => taskRoleArn) },
    { use: "infrastructure", arns: [node.infrastructureRoleArn] },
  ] as const;
  return uses.flatMap(({ use, arns }) =>
    [...new Set(arns)].flatMap((arn) => (arn === undefined ? [] : [{ arn, use }])),
  );
}

async function askRole(connection: Connection, role: Role, caller: Facts["caller"]): Promise<RoleFacts> {
  const iam = new IAMClient(connection);
  const [found, passable] = await Promise.all([
    known(async () => askTrust(iam, role), awsError),
    known(async () => mayPass(iam, role, caller), awsError),
  ]);
  return { ...role, found, passable };
}

async function askTrust(iam: IAMClient, { arn, use }: Role): Promise<{ trusts: boolean } | undefined> {
  try {
    const { Role: role } = await iam.send(new GetRoleCommand({ RoleName: arn.slice(arn.lastIndexOf("/") + 1) }));
    const document = role?.AssumeRolePolicyDocument;
    // Its statements may name principals in many ways; what does not name ECS at all cannot trust it.
    return {
      trusts: document === undefined || decodeURIComponent(document).includes(`"${roleServices[use].service}"`),
    };
  } catch (error) {
    if (awsError(error).kind === "notFound") return undefined;
    throw error;
  }
}

/** By simulation, which wants the role behind a session: STS names the session. */
async function mayPass(iam: IAMClient, { arn, use }: Role, caller: Facts["caller"]): Promise<boolean> {
  if (caller.trouble !== undefined) throw caller.trouble;
  const { arn: session } = caller.value;
  const [, partition, account, name] = /^arn:([\w-]+):sts::(\d+):assumed-role\/([^/]+)\//.exec(session) ?? [];
  const found = name === undefined ? undefined : await iam.send(new GetRoleCommand({ RoleName: name }));
  const source = found?.Role?.Arn ?? (name === undefined ? session : `arn:${partition}:iam::${account}:role/${name}`);
  const { EvaluationResults: results = [] } = await iam.send(
    new SimulatePrincipalPolicyCommand({
      PolicySourceArn: source,
      ActionNames: ["iam:PassRole"],
      ResourceArns: [arn],
      ContextEntries: [
        {
          ContextKeyName: "iam:PassedToService",
          ContextKeyType: "string",
          ContextKeyValues: [roleServices[use].service],
        },
      ],
    }),
  );
  if (results.length === 0) throw new ProviderError("unknown", "NoAnswer", "the simulation says nothing");
  return results.every(({ EvalDecision: decision }) => decision === "allowed");
}
