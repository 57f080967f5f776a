import type { Provider, ProviderContext } from "../../src/provider.ts";
import { createArmBuckets } from "./arm/buckets.ts";
import { createArmClient } from "./arm/client.ts";
import { credentialFor } from "./arm/connection.ts";
import { configSchema } from "./config.ts";
import { createSoften, type SoftenOptions } from "./farewell/soften.ts";
import { createFeed } from "./groups/feed.ts";
import { createGroups } from "./groups/known-groups.ts";
import { observe } from "./groups/observe.ts";
import { createStop } from "./groups/stop.ts";
import { createLaunch } from "./launch/launch.ts";
import { createCapacity } from "./quotas/capacity.ts";
import { createPreflight } from "./preflight/preflight.ts";
import { principalOf } from "./preflight/principal.ts";
import type { AciRequest } from "./request.ts";
import { fetchText } from "./stats/extension/ask.ts";
import { createStats } from "./stats/stats.ts";
import { createAttach } from "./streams/attach.ts";
import { createExec } from "./streams/exec/exec.ts";
import { createForward } from "./streams/forward.ts";
import { runScript } from "./streams/shell/run-script.ts";
import { createLogs } from "./streams/logs/logs.ts";
import { supportRows } from "./support.ts";
import { translate } from "./translate.ts";
import { storage } from "./translate/azure-files.ts";

const noStats = "set aci.stats: true in the node's configuration";
const noRoute =
  "set network: routed in the node's configuration, where burstlet has a route to the groups' addresses (aci.network: subnet)";

/** What the registry loads. `config`: part `aci` of the node's configuration. Contacts nothing. */
export async function create(config: unknown, context: ProviderContext): Promise<Provider<AciRequest>> {
  const { clusterUid, nodeName, network, grants, clock, log } = context;
  const parsed = configSchema.parse(config ?? {});
  const owner = { clusterUid, nodeName };
  const buckets = createArmBuckets(context.limiter);
  const credential = credentialFor(parsed.endpoint);
  const client = createArmClient(parsed, owner, buckets, credential);
  const groups = createGroups({
    observe: (group, before, farewell) =>
      observe(group, { ...owner, network, prices: parsed.prices, version: 0 }, before, farewell),
    clock,
  });
  const feed = createFeed({ client: client.groups, groups, owner, clock, log });
  const capacity = createCapacity({ client, config: parsed, groups, clock, log });
  const { readiness, security, network: addresses } = parsed;
  // Azure has the extension in a virtual network alone, and figures that nobody reaches are not asked for.
  const isExtended = parsed.stats && addresses === "subnet" && network === "routed";
  const support = supportRows({ network, readiness, security, addresses });
  const { containers } = client;
  const look = async (name: string): Promise<void> => feed.read(name);
  const logs = createLogs({ client: containers, groups, look, config: parsed.logs, clock, log });
  const exec = createExec({ client: containers, groups, clock, log });
  // Azure has no way into a group's network: from here it is reached, or not at all.
  const forward = network === "routed" ? createForward({ groups }) : undefined;
  const run: SoftenOptions["run"] = async (inside, script, signal) =>
    runScript({ client: containers, clock }, inside, script, signal);
  const soften = createSoften({ feed, groups, exec, connect: forward, run, hear: logs.hear, clock, log });
  const stop = createStop({ feed, groups, clock, soften });
  return {
    name: "aci",
    restarts: "cloud",
    // A group stays until it is deleted, and its name tells that it was made.
    memory: Infinity,
    support,
    storage,
    translate: (pod) => translate(pod, support, { grants, config: { ...parsed, stats: isExtended } }),
    launch: createLaunch({ client: client.groups, buckets, owner, feed, exhausted: capacity.exhausted, clock, log }),
    async stop(task, how, pod) {
      const outcome = await stop(task, how, pod);
      if (outcome === "gone") await logs.discard(task.identity);
      return outcome;
    },
    list: async () => feed.list(),
    watch: async (told, signal) => {
      await Promise.all([feed.watch(told, signal), logs.keep(signal)]);
    },
    logs: logs.read,
    exec,
    attach: createAttach({ client: containers, groups, look, logs: logs.read, clock, log }),
    ...(forward && { forward }),
    ...(parsed.stats && {
      stats: createStats({ ...context, config: parsed, groups, get: client.get, isExtended, ask: fetchText }),
    }),
    absent: { ...(!forward && { forward: noRoute }), ...(!parsed.stats && { stats: noStats }) },
    capacity: async () => capacity.current(),
    preflight: createPreflight({
      config: parsed,
      get: client.get,
      principal: async () => principalOf(credential, parsed.endpoint),
      log,
    }),
  };
}
