import { isDeepStrictEqual } from "node:util";
import type { Capacity, Provider, ProviderContext, TaskFeed, TaskIdentity, TaskState } from "../../src/provider.ts";
import { configSchema, type LocalConfig } from "./config.ts";
import { openRuntime } from "./open-runtime.ts";
import { parseBytes } from "./quantity.ts";
import type { Runtime, RuntimeFacts } from "./runtime/runtime.ts";
import { grantedBy, supportRows } from "./support.ts";
import { ableWhere, type Granted, whereOf } from "./support/row.ts";
import { type LocalRequest, translate } from "./translate.ts";

/** What the registry loads. `config`: part `local` of the node's configuration. */
export async function create(config: unknown, context: ProviderContext): Promise<Provider<LocalRequest>> {
  const parsed = configSchema.parse(config ?? {});
  const runtime = await openRuntime(parsed, context);
  try {
    return await createLocalProvider(runtime, parsed.capacity, context, grantedBy(parsed));
  } catch (error) {
    await runtime.close();
    throw error;
  }
}

/** The local provider over any runtime; `promised` overrides what the runtime tells of its host. */
export async function createLocalProvider(
  runtime: Runtime,
  promised: LocalConfig["capacity"],
  { clusterUid, nodeName, log }: ProviderContext,
  granted: Granted = grantedBy(),
): Promise<Provider<LocalRequest>> {
  const ours = (task: TaskState): boolean => task.nodeName === nodeName && task.identity.clusterUid === clusterUid;
  let where = { ...ableWhere(runtime.kind), attach: runtime.attach !== undefined, ...granted };
  let support = supportRows(where);
  const facts = async (): Promise<RuntimeFacts> => {
    const found = await runtime.facts();
    const now = whereOf(runtime, found, granted);
    if (!isDeepStrictEqual(now, where)) {
      where = now;
      support = supportRows(where);
    }
    return found;
  };
  await facts().catch((error: unknown) => log.warn("runtime tells no facts yet", { runtime: runtime.kind, error }));

  return {
    name: "local",
    restarts: "container",
    memory: Infinity,
    get support() {
      return support;
    },
    translate: (pod) => translate(pod, support, where),
    async launch({ identity, token, request }, signal) {
      signal.throwIfAborted();
      return runtime.start({ ...request, identity, token });
    },
    stop: async (task, how) => runtime.stop(task, how),
    list: async () => (await runtime.list()).filter(ours),
    watch: async (feed, signal) => runtime.watch(onlyOf(feed, clusterUid, ours), signal),
    capacity: async () => capacityOf(await facts(), promised),
    restart: async (task, container, instance) => runtime.restart(task, container, instance),
    kill: async (run, graceSeconds) => runtime.kill(run, graceSeconds),
    logs: (source, want, signal) => runtime.logs(source, want, signal),
    stats: async () => (await runtime.stats()).filter(({ identity }) => identity.clusterUid === clusterUid),
    ...abilitiesOf(runtime),
    ...(runtime.add && { addContainers: async (task, { containers }) => runtime.add?.(task, containers) }),
    ...(runtime.update && { update: async (task, { files = [] }) => runtime.update?.(task, files) }),
    ...(runtime.resize && { resize: async (task, wanted) => runtime.resize?.(task, wanted) }),
    close: async () => runtime.close(),
  };
}

/** Presence is the capability: what the runtime lacks, the provider lacks. */
function abilitiesOf(runtime: Runtime): Pick<Provider, "exec" | "attach" | "forward" | "passStartup"> {
  return {
    ...(runtime.passStartup && { passStartup: runtime.passStartup.bind(runtime) }),
    ...(runtime.exec && { exec: runtime.exec.bind(runtime) }),
    ...(runtime.attach && { attach: runtime.attach.bind(runtime) }),
    ...(runtime.forward && { forward: runtime.forward.bind(runtime) }),
  };
}

/** A runtime may hold tasks of other clusters and nodes; none of them is ever told or touched. */
function onlyOf(feed: TaskFeed, clusterUid: string, ours: (task: TaskState) => boolean): TaskFeed {
  return {
    task: (state) => ours(state) && feed.task(state),
    gone: (identity: TaskIdentity) => identity.clusterUid === clusterUid && feed.gone(identity),
    synced: () => feed.synced(),
    health: (trouble) => feed.health(trouble),
  };
}

function capacityOf(facts: RuntimeFacts, promised: LocalConfig["capacity"]): Capacity {
  const { cpu = facts.cpu, memory, ephemeralStorage, pods } = promised;
  return {
    cpu,
    memory: memory === undefined ? facts.memory : parseBytes(memory),
    ephemeralStorage: ephemeralStorage === undefined ? facts.ephemeralStorage : parseBytes(ephemeralStorage),
    pods,
    osImage: facts.osImage,
    kernelVersion: facts.kernelVersion,
    containerRuntime: facts.containerRuntime,
    architecture: facts.architecture,
  };
}
