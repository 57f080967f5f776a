import { randomBytes } from "node:crypto";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { ECSClient, type Task, type TaskDefinition } from "@aws-sdk/client-ecs";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SSMClient } from "@aws-sdk/client-ssm";
import { ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import type { Provider, ProviderContext, Squeeze, TaskState } from "../../src/provider.ts";
import { createLogsClient, type LogsClient } from "../aws/cloudwatch-logs/client.ts";
import { createPoller } from "../aws/cloudwatch-logs/poller.ts";
import { awsError } from "../aws/errors.ts";
import { logsLimits } from "../aws/quotas.ts";
import { readQuotas } from "../aws/service-quotas.ts";
import { type AwsSession, createSession } from "../aws/session.ts";
import { createEcsClient, type EcsClient } from "./client.ts";
import { configSchema, type FargateConfig } from "./config.ts";
import { createEvents } from "./events/events.ts";
import { type EventQueue, openQueue } from "./events/queue.ts";
import { streamsOf } from "./exec/capabilities.ts";
import { createLastWords } from "./files/last-words.ts";
import { createDefinitions } from "./launch/definitions.ts";
import { createLaunch } from "./launch/launch.ts";
import { createPlaces } from "./launch/places.ts";
import { taskLogs } from "./logs.ts";
import { type Market, marketsOf } from "./market.ts";
import { askNetwork } from "./preflight/network.ts";
import { createPreflight } from "./preflight/preflight.ts";
import { createAccountQuotas } from "./quotas/account.ts";
import { createEcsBuckets, type EcsBuckets, withMargin } from "./quotas/buckets.ts";
import { capacityOf } from "./quotas/capacity.ts";
import { createVcpuMeter } from "./quotas/vcpu-meter.ts";
import type { FargateRequest } from "./request.ts";
import { type Objects, openObjects } from "./secrets/stores/objects.ts";
import { createSecrets } from "./secrets/secrets.ts";
import { marketPricesOf } from "./size/prices.ts";
import { toldSize } from "./size/told.ts";
import { createStats } from "./stats/stats.ts";
import { storage } from "./storage/storage.ts";
import { supportRows } from "./support.ts";
import { createFeed, type Feed } from "./tasks/feed.ts";
import { createTasks, type Tasks } from "./tasks/known-tasks.ts";
import { observe, type Observer } from "./tasks/observe.ts";
import { createStop } from "./tasks/stop.ts";
import { translate } from "./translate.ts";

/** Seconds for which ECS remembers a stopped task, and with it the token that launched it. */
const MEMORY_SECONDS = 3_600;

/** What the registry loads. `config`: part `fargate` of the node's configuration. Rejects where no region is known. */
export async function create(config: unknown, context: ProviderContext): Promise<Provider<FargateRequest>> {
  const parsed = configSchema.parse(config ?? {});
  const session = createSession(parsed);
  try {
    return await open(parsed, context, session);
  } catch (error) {
    session.close();
    throw awsError(error);
  }
}

const random = (): string => randomBytes(32).toString("base64");

async function open(
  config: FargateConfig,
  context: ProviderContext,
  session: AwsSession,
): Promise<Provider<FargateRequest>> {
  const { clock, log, limiter, grants, network } = context;
  const sdk = new ECSClient(session.clientConfig);
  const region = await sdk.config.region();
  // One chain of credentials for all clients: each of its own would ask for them anew.
  const connection = { ...session.clientConfig, region, credentials: sdk.config.credentials };
  const buckets = createEcsBuckets(limiter);
  const client = createEcsClient(sdk, config.cluster, buckets);
  const tasks = createTasks();
  const stores = { sdk: new SecretsManagerClient(connection), ssm: new SSMClient(connection) };
  const objects = config.files.bucket === undefined ? undefined : await openObjects(config.files, connection, limiter);
  const secrets = createSecrets({ ...stores, objects, tasks, config, context, random });
  const places = createPlaces();
  const logs = createLogs(config, context, connection);
  const stats = config.stats && createStats({ client: logs.client, tasks, clock, ...config.stats });
  const queue = config.events && (await openQueue(config.events.queueUrl, connection));
  const watched = createWatched({ client, queue, logs }, tasks, config, context, (task, definition, state) => {
    secrets.seen(task, definition);
    places.seen(task, state);
    stats?.seen(definition, state);
  });
  const account = createAccount(config, context, buckets, connection, watched.inUse);
  const support = supportRows({ network, readiness: config.readiness, exec: config.exec });
  return {
    name: "fargate",
    restarts: "task",
    memory: MEMORY_SECONDS,
    support,
    storage,
    translate: (pod) => translate(pod, support, { grants, network, config, region }),
    launch: createLaunch({
      ...secrets,
      client,
      definitions: createDefinitions(client, log),
      owner: context,
      cluster: config.cluster,
      launched: (task, definition) => watched.feed.launched(task, definition),
      places,
      exhausted: account.exhausted,
      log,
    }),
    stop: createStop({ client, tasks, feed: watched.feed, clock }),
    list: async () => watched.feed.list(),
    async watch(feed, signal) {
      void secrets.sweep(signal);
      await watched.feed.watch(secrets.listening(feed), signal);
    },
    capacity: async () => ({ ...(await account.capacity()), labels: { "topology.kubernetes.io/region": region } }),
    preflight: preflightOf(config, context, { connection, ecs: client, sdk, queue, objects }),
    ...streamsOf({ config, context, sdk, connection, ecs: client, buckets, tasks }),
    ...(stats && { stats: stats.stats }),
    logs: (source, want, signal) => taskLogs({ reader: logs, tasks, feed: watched.feed, clock }, source, want, signal),
    async close() {
      session.close();
    },
  };
}

interface Asked {
  readonly connection: Connection;
  readonly ecs: EcsClient;
  readonly sdk: ECSClient;
  readonly queue: EventQueue | undefined;
  readonly objects: Objects | undefined;
}

/** Looks at the set-up in AWS, the network in a process of its own. */
function preflightOf(
  config: FargateConfig,
  { grants, log }: ProviderContext,
  { connection, ecs, sdk, queue, objects }: Asked,
) {
  const { region } = connection;
  return createPreflight({
    connection,
    ecs,
    queue,
    objects,
    region,
    config,
    mayNameRoles: grants.some(({ allow }) => allow.length > 0),
    log,
    askNetwork: async () =>
      askNetwork({
        region,
        endpoint: config.endpoint,
        credentials: await sdk.config.credentials(),
        subnets: config.subnets,
        groups: config.securityGroups,
      }),
  });
}

/** What clients of every service are made from. */
type Connection = AwsSession["clientConfig"] & Pick<ECSClient["config"], "credentials"> & { readonly region: string };

/** Where news of tasks come from. */
interface Sources {
  readonly client: EcsClient;
  readonly queue: EventQueue | undefined;
  readonly logs: { readonly client: LogsClient };
}

/** Tasks as ECS shows them: fed to the core, and counted for the node's capacity. */
function createWatched(
  { client, queue, logs }: Sources,
  tasks: Tasks,
  config: FargateConfig,
  { clusterUid, nodeName, network, clock, log, limiter }: ProviderContext,
  seen: (task: Task, definition: TaskDefinition, state: TaskState) => void,
): { readonly feed: Feed; readonly inUse: () => { readonly pods: number; readonly vcpu: number } } {
  const prices = marketPricesOf(config);
  const meter = createVcpuMeter();
  const lastWords = createLastWords({ client: logs.client, limiter, clock, settled: (arn) => feed.again(arn) });
  const observer: Observer = { clusterUid, nodeName, network, size: (task) => toldSize(task, prices) };
  const observed = (task: Task, definition: TaskDefinition): TaskState | undefined => {
    const state = observe(task, definition, observer, lastWords.of(task));
    if (state === undefined) return undefined;
    meter.seen(task);
    seen(task, definition, state);
    return state;
  };
  const owner = { clusterUid, nodeName };
  const events = queue && createEvents({ queue, cluster: config.cluster, owner, clock, log });
  const feed = createFeed({ client, tasks, observe: observed, events, clock, log });
  return { feed, inUse: () => meter.inUse([...tasks.values()].map(({ state }) => state)) };
}

/** What the account allows, as buckets and as the node's capacity. */
function createAccount(
  config: FargateConfig,
  { clock, log }: ProviderContext,
  buckets: EcsBuckets,
  connection: Connection,
  inUse: () => { readonly pods: number; readonly vcpu: number },
) {
  let squeeze: Squeeze | undefined;
  const sdk = new ServiceQuotasClient(connection);
  const quotas = createAccountQuotas({ clock, log }, async () => readQuotas(sdk), buckets.configure);
  return {
    /** What a node promises is of the market that its pods come to at last. */
    exhausted(market: Market): void {
      if (market === marketsOf(config.capacityType).at(-1)) squeeze = { ...inUse(), at: clock.monotonic() };
    },
    async capacity() {
      return capacityOf(config, await quotas.current(), squeeze, clock.monotonic());
    },
  };
}

function createLogs(
  config: FargateConfig,
  { clock, log, limiter }: ProviderContext,
  connection: Connection & { region: string },
) {
  const limits = logsLimits(connection.region);
  const sdk = new CloudWatchLogsClient(connection);
  const client = createLogsClient(sdk, config.logs.group, {
    getLogEvents: limiter(withMargin(limits.getLogEvents)),
    filterLogEvents: limiter(withMargin(limits.filterLogEvents)),
  });
  return { client, poller: createPoller(client, clock, log) };
}
