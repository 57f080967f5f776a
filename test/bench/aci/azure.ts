/** The ACI provider as a node makes it, with the real SDK over HTTP, and the stand-in for Azure: both on one clock. */
import { createPacedClock, type PacedClock } from "../../../localstack/clock.ts";
import { type Localstack, startLocalstack } from "../../../localstack/localstack.ts";
import type { ScenarioInput } from "../../../localstack/scenario/schema.ts";
import { create } from "../../../providers/aci/provider.ts";
import type { AciRequest } from "../../../providers/aci/request.ts";
import {
  idempotencyToken,
  type Provider,
  ProviderError,
  type TaskIdentity,
  type TaskState,
} from "../../../src/provider.ts";
import { troubleAfter } from "../../../src/pods/plan/on-error.ts";
import type { Trouble } from "../../../src/pods/plan/world.ts";
import { systemClock } from "../../../src/telemetry/clock.ts";
import { providerContext } from "../../support/provider-context.ts";
import { podWith, resolvedPod } from "../../support/resolve-sources.ts";

export interface Azure {
  readonly cloud: Localstack;
  readonly clock: PacedClock;
  /** Every picture of a group, as the node would get it, comes to this listener. */
  onPicture(listener: (state: TaskState) => void): void;
  /** Launches a group, and comes again as often as the provider says that it must wait. */
  launch(identity: TaskIdentity): Promise<void>;
  /** Stops it again and again, as the node does, until nothing is left of it. */
  remove(identity: TaskIdentity): Promise<void>;
  /** As whoever asks the node what its pods use; resolves to how many it tells of. */
  askUsage(): Promise<number>;
  close(): Promise<void>;
}

const subscription = "00000000-0000-0000-0000-000000000000";
/** Azure Monitor's usage is a read for each group and minute while somebody asks; nothing of it happens before. */
const config = { subscription, locations: ["westeurope"], stats: true };
/** What the node calls again for. */
const AGAIN_MS = 1_000;

export const identityOf = (number: number): TaskIdentity => ({
  clusterUid: "cluster-1",
  podUid: `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`,
  attempt: 1,
});

/** `rate`: seconds of both clocks in one second. Room for groups: the windows of writes, and reads, are measured. */
export async function openAzure(rate: number, azure: ScenarioInput["azure"] = {}): Promise<Azure> {
  const room = { westeurope: { quotas: { ContainerGroups: 2_000, StandardCores: 2_000 } } };
  const scenario = { rate, azure: { locations: room, ...azure } };
  const cloud = await startLocalstack({ clock: systemClock, port: 0, scenario });
  const clock = createPacedClock(systemClock, rate);
  const provider = await create({ ...config, endpoint: cloud.url }, providerContext(clock));
  const over = new AbortController();
  let told: (state: TaskState) => void = () => undefined;
  const nothing = (): void => undefined;
  const watching = provider.watch(
    { task: (state) => told(state), gone: nothing, synced: nothing, health: nothing },
    over.signal,
  );
  return {
    cloud,
    clock,
    onPicture: (listener) => void (told = listener),
    async launch(identity) {
      const launch = await launchOf(provider, identity);
      await whileThrottled(clock, async () => provider.launch(launch, over.signal));
    },
    async remove(identity) {
      const stop = async () => provider.stop({ identity }, { graceSeconds: 1, discard: true });
      while ((await whileThrottled(clock, stop)) !== "gone") await clock.sleep(AGAIN_MS);
    },
    askUsage: async () => ((await provider.stats?.()) ?? []).length,
    async close() {
      over.abort();
      await watching;
      await provider.close?.();
      await cloud.close();
    },
  };
}

async function launchOf(provider: Provider<AciRequest>, identity: TaskIdentity) {
  const pod = podWith({ image: "scripted" });
  const named = { ...pod, metadata: { ...pod.metadata, name: identity.podUid, uid: identity.podUid } };
  const { request, refusals } = provider.translate(await resolvedPod(named));
  if (request === undefined) throw new Error(JSON.stringify(refusals));
  return { identity, token: idempotencyToken(identity, 1), tryNumber: 1, request };
}

/** Comes again when the node would: later after each answer, and not before the provider says. */
async function whileThrottled<T>(clock: PacedClock, call: () => Promise<T>): Promise<T> {
  for (let trouble: Trouble | undefined; ;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ProviderError) || error.kind !== "throttled") throw error;
      trouble = troubleAfter(trouble, error, clock.now(), Math.random());
      await clock.sleep(trouble.waitMs);
    }
  }
}
