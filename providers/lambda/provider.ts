import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { LambdaClient } from "@aws-sdk/client-lambda";
import type { Capacity, Provider, ProviderContext } from "../../src/provider.ts";
import { awsError } from "../aws/errors.ts";
import { logsLimits } from "../aws/quotas.ts";
import { type AwsSession, createSession } from "../aws/session.ts";
import { createClient, heldConnections } from "./client.ts";
import { configSchema, type LambdaConfig } from "./config.ts";
import type { Account } from "./functions/function-info.ts";
import { createDurableApi } from "./durable/api.ts";
import { createDurable } from "./durable/feed.ts";
import { createNames } from "./durable/name.ts";
import { createEvents } from "./event/watch.ts";
import { createKnownFunctions } from "./functions/known-functions.ts";
import { createInvocations } from "./invoke/invocations.ts";
import type { Held } from "./invoke/invoke.ts";
import { isHeldCall } from "./invoke/picture.ts";
import { createLaunch } from "./launch.ts";
import { createFunctionLogs } from "./logs/group.ts";
import { invocationLogs } from "./logs/logs.ts";
import { createPreflight } from "./preflight.ts";
import { unknownEnd } from "./outcome/unknown.ts";
import type { LambdaRequest } from "./request.ts";
import { createStop } from "./stop.ts";
import { supportRows } from "./support.ts";
import { translate } from "./translate.ts";

/** GetFunction (Lambda quotas), less what arrives late. */
const describing = { rate: 100, burst: 40 };
/** All other calls of the control plane together have 15 a second, and burstlet is not the only one who calls. */
const controlling = { rate: 10, burst: 10 };

/** What the registry loads. `config`: part `lambda` of the node's configuration. Rejects where no region is known. */
export async function create(config: unknown, context: ProviderContext): Promise<Provider<LambdaRequest>> {
  const parsed = configSchema.parse(config ?? {});
  const session = createSession(parsed);
  try {
    return await open(parsed, context, session);
  } catch (error) {
    session.close();
    throw awsError(error);
  }
}

async function open(
  config: LambdaConfig,
  context: ProviderContext,
  session: AwsSession,
): Promise<Provider<LambdaRequest>> {
  const { limiter, grants, nodeName } = context;
  const { durableFunctions, eventFunctions } = config;
  const { region, client, api, logs, close } = await connect(session, limiter);
  const functions = createKnownFunctions(client, context.clock);
  const invocations = createInvocations<Held>();
  const names = createNames(context);
  const durable = createDurable({ ...context, api, names, invocations, functions: durableFunctions });
  const events = createEvents({ ...context, functions, logs, invocations, config });
  return {
    name: "lambda",
    restarts: "task",
    // Lambda remembers no ordinary invocation: what a burstlet held that has died is unknown for ever. A durable execution's
    // translation says otherwise.
    memory: 0,
    unknownEnd,
    tellsSends: true,
    support: supportRows,
    translate: (pod) => translate(pod, supportRows, { grants, durableFunctions, eventFunctions }),
    launch: createLaunch({
      ...context,
      client,
      executions: { api, durable, names, nodeName },
      events,
      functions,
      invocations,
      config,
      random: Math.random,
    }),
    stop: createStop(invocations, durable),
    async list() {
      await durable.sweep();
      return invocations.list();
    },
    async watch(feed, signal) {
      const [executions, sent] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const recovered = Promise.all([executions.promise, sent.promise]).then(() => undefined);
      await Promise.all([
        invocations.watch(feed, recovered, signal),
        durable.run(feed, executions.resolve, signal),
        events.run(feed, sent.resolve, signal),
      ]);
    },
    capacity: async () => capacityOf(config, await functions.account(), region),
    preflight: createPreflight(client, grants, config),
    logs: (source, want, signal) => invocationLogs({ ...context, invocations, functions, logs }, source, want, signal),
    async close() {
      const lost = invocations.list().filter(isHeldCall).length;
      if (lost > 0) context.log.warn("the outcome of synchronous invocations is lost with this process", { lost });
      await close();
    },
  };
}

/** Every client over one chain of credentials: each of its own would ask for them anew. */
async function connect(session: AwsSession, limiter: ProviderContext["limiter"]) {
  const control = new LambdaClient(session.clientConfig);
  const region = await control.config.region();
  const { requestHandler, close } = heldConnections(session.clientConfig);
  const connection = { ...session.clientConfig, region, credentials: control.config.credentials };
  const held = new LambdaClient({ ...connection, requestHandler });
  const limits = logsLimits(region);
  const others = limiter(controlling);
  return {
    region,
    client: createClient({ control, held }, { describing: limiter(describing), controlling: others }),
    api: createDurableApi(control, others),
    logs: createFunctionLogs(new CloudWatchLogsClient(connection), {
      getLogEvents: limiter(limits.getLogEvents),
      filterLogEvents: limiter(limits.filterLogEvents),
    }),
    async close(): Promise<void> {
      session.close();
      close();
    },
  };
}

const MB = 2 ** 20;
/** Of the largest function (Lambda quotas): a pod asks its own function, never its neighbours, for more. */
const largest = { cpu: 6, memory: 10_240 * MB, storage: 10_240 * MB };

function capacityOf(config: LambdaConfig, { unreserved }: Account, region: string): Capacity {
  const pods = config.capacity.pods ?? unreserved;
  return {
    cpu: pods * largest.cpu,
    memory: pods * largest.memory,
    ephemeralStorage: pods * largest.storage,
    pods,
    osImage: "AWS Lambda",
    // Lambda tells no kernel.
    kernelVersion: "lambda",
    containerRuntime: "lambda://aws",
    architecture: "amd64",
    labels: { "topology.kubernetes.io/region": region },
  };
}
