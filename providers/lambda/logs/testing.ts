/** A provider over the stand-in for AWS, on this machine's clock. */
import { type Localstack, startLocalstack } from "../../../localstack/localstack.ts";
import type { ScenarioInput } from "../../../localstack/scenario/schema.ts";
import type { LogRequest, Provider, TaskRef, TaskState } from "../../../src/provider.ts";
import { systemClock } from "../../../src/telemetry/clock.ts";
import { eventually } from "../../../test/support/eventually.ts";
import { providerContext } from "../../../test/support/provider-context.ts";
import { create } from "../provider.ts";
import type { LambdaRequest } from "../request.ts";
import { launchOf, resolvedFor } from "../testing.ts";

export interface Bench extends AsyncDisposable {
  readonly aws: Localstack;
  readonly provider: Provider<LambdaRequest>;
  /** Another burstlet on the same cloud. */
  again(): Promise<Provider<LambdaRequest>>;
  /** Resolves to its end, or with `held` as soon as it runs. */
  run(
    uid: string,
    env: Readonly<Record<string, string>>,
    until?: TaskState["phase"],
    image?: string,
  ): Promise<TaskState>;
}

/** Credentials are those of the environment. Function `d`, where there is one, is durable. */
export async function openBench(scenario: ScenarioInput = { functions: { f: { timeout: 60 } } }): Promise<Bench> {
  const aws = await startLocalstack({ clock: systemClock, port: 0, scenario });
  const config = { region: "us-east-1", endpoint: aws.url, durableFunctions: ["d"] };
  const context = providerContext(systemClock, { grants: [{ namespace: "ns", allow: ["*"] }] });
  const opened: { provider: Provider<LambdaRequest>; done: AbortController; watched: Promise<void> }[] = [];
  const states = new Map<string, TaskState>();
  const openProvider = async (): Promise<Provider<LambdaRequest>> => {
    const provider = await create(config, context);
    const done = new AbortController();
    const nothing = (): void => undefined;
    const task = (state: TaskState): void => void states.set(state.identity.podUid, state);
    const watched = provider.watch({ task, gone: nothing, synced: nothing, health: nothing }, done.signal);
    opened.push({ provider, done, watched });
    return provider;
  };
  const provider = await openProvider();
  return {
    aws,
    provider,
    again: openProvider,
    async run(uid, env, until = "stopped", image = "lambda://f") {
      const variables = Object.entries(env).map(([name, value]) => ({ name, value }));
      await provider.launch(
        launchOf(provider, await resolvedFor(uid, { image, env: variables })),
        new AbortController().signal,
      );
      return eventually(`${uid} is ${until}`, () => {
        const state = states.get(uid);
        return state?.phase === until ? state : undefined;
      });
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
  heard: (line: string) => void = () => undefined,
): Promise<string[]> => {
  const lines: string[] = [];
  const request = { follow: false, tailLines: undefined, ...want };
  for await (const batch of provider.logs?.({ task, container: "main", instance: 0 }, request, never) ?? [])
    for (const { bytes } of batch) {
      lines.push(bytes.toString());
      heard(bytes.toString());
    }
  return lines;
};
