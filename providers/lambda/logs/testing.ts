/** A provider over the stand-in for AWS, on this machine's clock. */
import { createPacedClock } from "../../../localstack/clock.ts";
import { type Localstack, startLocalstack } from "../../../localstack/localstack.ts";
import type { ScenarioInput } from "../../../localstack/scenario/schema.ts";
import type { ExpectedTask, LogRequest, Provider, TaskRef, TaskState } from "../../../src/provider.ts";
import { systemClock } from "../../../src/telemetry/clock.ts";
import { eventually } from "../../../test/support/eventually.ts";
import { providerContext } from "../../../test/support/provider-context.ts";
import { create } from "../provider.ts";
import { type LambdaRequest, podAnnotations } from "../request.ts";
import { launchOf, resolvedFor } from "../testing.ts";

export interface Bench extends AsyncDisposable {
  readonly aws: Localstack;
  readonly provider: Provider<LambdaRequest>;
  /** As every provider has told them, oldest first. */
  readonly told: readonly TaskState[];
  /** Another burstlet on the same cloud, whose pods tell of these. */
  again(expected?: readonly ExpectedTask[]): Promise<Provider<LambdaRequest>>;
  /** Resolves to its end, or with `held` as soon as it runs. */
  run(
    uid: string,
    env: Readonly<Record<string, string>>,
    until?: TaskState["phase"],
    image?: string,
  ): Promise<TaskState>;
  /** So far burstlet's time of day is ahead of the stand-in's, milliseconds. */
  readonly time: { ahead: number };
  /** Resolves once the newest picture of it is so. */
  reaches(uid: string, what: string, holds: (state: TaskState) => boolean): Promise<TaskState>;
}

/**
 * Credentials are those of the environment. Function `d`, where there is one, is durable, and pods of `e` are events. `pace`: so
 * many times faster than the stand-in's lives burstlet's clock, but for the time of day.
 */
export async function openBench(
  scenario: ScenarioInput = { functions: { f: { timeout: 60 } } },
  pace = 1,
): Promise<Bench> {
  const aws = await startLocalstack({ clock: systemClock, port: 0, scenario });
  const config = { region: "us-east-1", endpoint: aws.url, durableFunctions: ["d"], eventFunctions: ["e"] };
  const time = { ahead: 0 };
  const clock = { ...createPacedClock(systemClock, pace), now: () => systemClock.now() + time.ahead };
  const context = providerContext(clock, { grants: [{ namespace: "ns", allow: ["*"] }] });
  const opened: { provider: Provider<LambdaRequest>; done: AbortController; watched: Promise<void> }[] = [];
  const told: TaskState[] = [];
  const openProvider = async (expected: readonly ExpectedTask[] = []): Promise<Provider<LambdaRequest>> => {
    const provider = await create(config, context);
    const done = new AbortController();
    const nothing = (): void => undefined;
    const task = (state: TaskState): void => void told.push(state);
    const feed = { task, gone: nothing, synced: nothing, health: nothing, expected: async () => expected };
    opened.push({ provider, done, watched: provider.watch(feed, done.signal) });
    return provider;
  };
  const provider = await openProvider();
  const reaches: Bench["reaches"] = async (uid, what, holds) =>
    eventually(`${uid} ${what}`, () => {
      const state = told.findLast(({ identity }) => identity.podUid === uid);
      return state !== undefined && holds(state) && state;
    }).catch((error: unknown) => {
      throw new Error(JSON.stringify(told.findLast(({ identity }) => identity.podUid === uid)), { cause: error });
    });
  return {
    aws,
    provider,
    time,
    told,
    again: openProvider,
    reaches,
    async run(uid, env, until = "stopped", image = "lambda://f") {
      const variables = Object.entries(env).map(([name, value]) => ({ name, value }));
      const annotations = { [podAnnotations.mode]: "event" };
      const isEvent = /^lambda:\/\/e(:|$)/.test(image);
      const pod = await resolvedFor(uid, { image, env: variables }, {}, isEvent ? annotations : {});
      await provider.launch(launchOf(provider, pod), never);
      return reaches(uid, `is ${until}`, ({ phase }) => phase === until);
    },
    async [Symbol.asyncDispose]() {
      for (const one of opened) {
        one.done.abort();
        await one.watched;
        await one.provider.close?.();
      }
      await aws.close();
    },
  };
}

const never = new AbortController().signal;
/** Lines as Provider.logs gives them. */
export const read = async (
  provider: Provider<LambdaRequest>,
  task: TaskRef,
  want: Partial<LogRequest> = {},
  heard: (line: string, time: string) => void = () => undefined,
): Promise<string[]> => {
  const lines: string[] = [];
  const request = { follow: false, tailLines: undefined, ...want };
  for await (const batch of provider.logs?.({ task, container: "main", instance: 0 }, request, never) ?? [])
    for (const { bytes, time } of batch) {
      lines.push(bytes.toString());
      heard(bytes.toString(), time);
    }
  return lines;
};
