/** The Fargate provider as the node makes it, with the real SDK, over the stand-in. */
import { openWorld, type World as Aws } from "../../localstack/testing.ts";
import type { ScenarioInput } from "../../localstack/scenario/schema.ts";
import { create } from "../../providers/fargate/provider.ts";
import type { FargateRequest } from "../../providers/fargate/request.ts";
import {
  idempotencyToken,
  type Launch,
  type Provider,
  type ProviderContext,
  type ProviderError,
  type TaskState,
} from "../../src/provider.ts";
import type { Pod } from "../../src/model/kube.ts";
import { systemClock } from "../../src/telemetry/clock.ts";
import { eventually } from "../support/eventually.ts";
import { providerContext } from "../support/provider-context.ts";
import { podWith, resolvedPod, type World } from "../support/resolve-sources.ts";

export const set = {
  region: "us-east-1",
  cluster: "burstlet",
  subnets: ["subnet-0a1b2c3d", "subnet-1a2b3c4d"],
  securityGroups: ["sg-0a1b2c3d"],
  executionRoleArn: "arn:aws:iam::123456789012:role/burstlet-execution",
  taskRoleArn: "arn:aws:iam::123456789012:role/burstlet-task",
};

export interface Fargate extends AsyncDisposable {
  readonly world: Aws;
  readonly provider: Provider<FargateRequest>;
  /** Another life of the same node. */
  again(): Promise<Provider<FargateRequest>>;
  launch(podUid: string, change?: Partial<Launch<FargateRequest>>, pod?: Pod, objects?: World): Promise<TaskState>;
  watch(): Watched;
}

export interface Watched {
  readonly states: ReadonlyMap<string, TaskState>;
  readonly gone: readonly string[];
  readonly health: readonly (ProviderError | undefined)[];
  until(what: string, podUid: string, condition: (state: TaskState) => boolean): Promise<TaskState>;
}

export const uidOf = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;

/** Credentials come from the environment, as in a pod. */
export function withCredentials(): void {
  process.env["AWS_ACCESS_KEY_ID"] = "AKIASTANDIN";
  process.env["AWS_SECRET_ACCESS_KEY"] = "secret";
}

/** A queue into which EventBridge sends changes of tasks; a node whose configuration has `events` reads it. */
export const eventQueue = "burstlet-events";
export const withEventQueue: ScenarioInput = {
  queues: [eventQueue],
  eventRules: [{ cluster: "burstlet", queue: eventQueue }],
};
export const events = { queueUrl: `https://sqs.us-east-1.amazonaws.com/123456789012/${eventQueue}` };

export async function openFargate(
  scenario: ScenarioInput = {},
  change: object = {},
  context: Partial<ProviderContext> = {},
): Promise<Fargate> {
  withCredentials();
  const world = await openWorld(scenario);
  const over = new AbortController();
  const opened: Provider<FargateRequest>[] = [];
  const watching: Promise<void>[] = [];
  const again = async (): Promise<Provider<FargateRequest>> => {
    const config = { ...set, endpoint: world.aws.url, ...change };
    const provider = await create(config, providerContext(systemClock, context));
    opened.push(provider);
    return provider;
  };
  const provider = await again();
  return {
    world,
    provider,
    again,
    async launch(podUid, launchChange = {}, pod = podWith({ image: "scripted" }), objects = {}) {
      const named = { ...pod, metadata: { ...pod.metadata, uid: podUid } };
      const resolved = await resolvedPod(named, objects, { storage: provider.storage });
      const { request, refusals } = provider.translate(resolved);
      if (request === undefined) throw new Error(JSON.stringify(refusals));
      const identity = { clusterUid: "cluster-1", podUid, attempt: 1 };
      const tryNumber = launchChange.tryNumber ?? 1;
      const token = idempotencyToken(identity, tryNumber);
      return provider.launch({ identity, token, tryNumber, request, ...launchChange }, over.signal);
    },
    watch() {
      const states = new Map<string, TaskState>();
      const gone: string[] = [];
      const health: (ProviderError | undefined)[] = [];
      const feed = {
        task: (state: TaskState) => void states.set(state.identity.podUid, state),
        gone: ({ podUid }: { podUid: string }) => void gone.push(podUid),
        synced: () => undefined,
        health: (trouble: ProviderError | undefined) => void health.push(trouble),
      };
      watching.push(provider.watch(feed, over.signal));
      return {
        states,
        gone,
        health,
        until: async (what, podUid, condition) =>
          eventually(what, () => {
            const state = states.get(podUid);
            return state !== undefined && condition(state) && state;
          }),
      };
    },
    async [Symbol.asyncDispose]() {
      over.abort();
      await Promise.all(watching);
      await Promise.all(opened.map(async (one) => one.close?.()));
      await world[Symbol.asyncDispose]();
    },
  };
}
