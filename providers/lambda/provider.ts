import { LambdaClient } from "@aws-sdk/client-lambda";
import type { Capacity, Provider, ProviderContext } from "../../src/provider.ts";
import { awsError } from "../aws/errors.ts";
import { type AwsSession, createSession } from "../aws/session.ts";
import { createClient, heldConnections } from "./client.ts";
import { configSchema, type LambdaConfig } from "./config.ts";
import type { Account } from "./functions/function-info.ts";
import { createKnownFunctions } from "./functions/known-functions.ts";
import { createInvocations } from "./invoke/invocations.ts";
import type { Held } from "./invoke/invoke.ts";
import { createLaunch } from "./launch.ts";
import { invocationLogs } from "./logs.ts";
import { createPreflight } from "./preflight.ts";
import type { LambdaRequest } from "./request.ts";
import { createStop } from "./stop.ts";
import { supportRows } from "./support.ts";
import { translate } from "./translate.ts";

/** GetFunction (Lambda quotas), less what arrives late. */
const describing = { rate: 100, burst: 40 };

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
  const { clock, limiter, grants } = context;
  const control = new LambdaClient(session.clientConfig);
  const region = await control.config.region();
  const { requestHandler, close } = heldConnections(session.clientConfig);
  // One chain of credentials for both: each of its own would ask for them anew.
  const held = new LambdaClient({
    ...session.clientConfig,
    region,
    credentials: control.config.credentials,
    requestHandler,
  });
  const client = createClient({ control, held }, limiter(describing));
  const functions = createKnownFunctions(client, clock);
  const invocations = createInvocations<Held>();
  return {
    name: "lambda",
    restarts: "task",
    // Lambda remembers no synchronous invocation: what was held by a burstlet that has died is unknown for ever.
    memory: 0,
    support: supportRows,
    translate: (pod) => translate(pod, supportRows, grants),
    launch: createLaunch({ ...context, client, functions, invocations, config, random: Math.random }),
    stop: createStop(invocations),
    list: async () => invocations.list(),
    watch: async (feed, signal) => invocations.watch(feed, signal),
    capacity: async () => capacityOf(config, await functions.account(), region),
    preflight: createPreflight(client, grants),
    logs: (source, want, signal) => invocationLogs({ invocations, clock }, source, want, signal),
    async close() {
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
