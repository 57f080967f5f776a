/** The ACI provider as the node makes it, with the real SDK, over the stand-in. */
import { type AzureWorld, openAzure } from "../../localstack/arm/testing.ts";
import { createPacedClock } from "../../localstack/clock.ts";
import type { ScenarioInput } from "../../localstack/scenario/schema.ts";
import { create } from "../../providers/aci/provider.ts";
import type { AciRequest } from "../../providers/aci/request.ts";
import type { Pod } from "../../src/model/kube.ts";
import { type Clock, idempotencyToken, type Launch, type Provider, type TaskState } from "../../src/provider.ts";
import { systemClock } from "../../src/telemetry/clock.ts";
import { eventually } from "../support/eventually.ts";
import { providerContext } from "../support/provider-context.ts";
import { podWith, resolvedPod } from "../support/resolve-sources.ts";

export interface Aci extends AsyncDisposable {
  readonly azure: AzureWorld;
  readonly provider: Provider<AciRequest>;
  launch(change?: Partial<Launch<AciRequest>>, pod?: Pod): Promise<TaskState>;
  /** Waits until the feed tells such a picture of the pod. */
  until(what: string, holds: (state: TaskState) => boolean): Promise<TaskState>;
  /** Stops it again and again, as the node does, until nothing is left of it. */
  remove(id: string): Promise<unknown>;
}

const identity = {
  clusterUid: "cluster-1",
  podUid: "00000000-0000-4000-8000-000000000001",
  attempt: 1,
};

/** `change`: of the node's configuration. `clockOf`: what the provider takes for the time, where it is not the machine's. */
export async function openAci(
  scenario: ScenarioInput = {},
  change: object = {},
  clockOf: (cloud: AzureWorld["cloud"]) => Partial<Clock> = () => ({}),
): Promise<Aci> {
  const azure = await openAzure(scenario);
  const over = new AbortController();
  const usual = { subscription: "00000000-0000-0000-0000-000000000000", locations: ["westeurope"] };
  // Azure is asked eight times as often: most of the time of these tests is waiting for news.
  const often = { ...createPacedClock(systemClock, 8), now: () => systemClock.now(), ...clockOf(azure.cloud) };
  const context = providerContext(systemClock, { clock: often });
  const provider = await create({ ...usual, endpoint: azure.cloud.url, ...change }, context);
  let last: TaskState | undefined;
  const feed = {
    task: (state: TaskState) => void (last = state),
    gone: () => undefined,
    synced: () => undefined,
    health: () => undefined,
  };
  const watching = provider.watch(feed, over.signal);
  return {
    azure,
    provider,
    async launch(launchChange = {}, pod = podWith({ image: "scripted" })) {
      const named = { ...pod, metadata: { ...pod.metadata, uid: identity.podUid } };
      const { request, refusals } = provider.translate(await resolvedPod(named));
      if (request === undefined) throw new Error(JSON.stringify(refusals));
      const token = idempotencyToken(identity, launchChange.tryNumber ?? 1);
      return provider.launch({ identity, token, tryNumber: 1, request, ...launchChange }, over.signal);
    },
    until: async (what, holds) => eventually(what, () => last !== undefined && holds(last) && last),
    remove: async (id) => {
      const how = { graceSeconds: 1, discard: true };
      return eventually("it is gone", async () => (await provider.stop({ identity, id }, how)) === "gone");
    },
    async [Symbol.asyncDispose]() {
      over.abort();
      await watching;
      await provider.close?.();
      await azure[Symbol.asyncDispose]();
    },
  };
}
