/** Providers of a cloud that remembers nothing, over the scripted one. */
import type { TaskSpec } from "../../providers/local/runtime/runtime.ts";
import type { Provider, TaskIdentity, TaskState } from "../../src/provider.ts";
import type { FakeClock } from "../support/fake-clock.ts";

export const forgotten = { exitCode: 255, reason: "OutcomeUnknown", message: "nobody knows" } as const;

/** The provider of one process in a cloud that forgets: it knows what it has launched itself. */
export function forgetful(provider: Provider<TaskSpec>): Provider<TaskSpec> {
  const own = new Set<string>();
  const key = ({ podUid, attempt }: TaskIdentity): string => `${podUid}/${attempt}`;
  return {
    ...provider,
    memory: 0,
    unknownEnd: forgotten,
    async launch(launch, signal) {
      own.add(key(launch.identity));
      return provider.launch(launch, signal);
    },
    stop: async (task, how) => (own.has(key(task.identity)) ? provider.stop(task, how) : "gone"),
    watch: (feed, signal) =>
      provider.watch({ ...feed, task: (state) => void (own.has(key(state.identity)) && feed.task(state)) }, signal),
  };
}

/** It tells of a launch at once, and asks the cloud later. */
export function patient(provider: Provider<TaskSpec>, clock: FakeClock, waits: number): Provider<TaskSpec> {
  let tell: (state: TaskState) => void = () => undefined;
  return {
    ...provider,
    tellsSends: true,
    async launch(launch, signal) {
      const { identity, request, sends } = launch;
      const send = async (): Promise<void> => {
        await clock.sleep(waits, signal);
        await sends?.(true);
        tell(await provider.launch(launch, signal));
      };
      send().catch(() => undefined);
      const state = { is: "waiting", reason: "Queued" } as const;
      return {
        id: "queued",
        identity,
        podName: request.podName,
        podNamespace: request.podNamespace,
        nodeName: "burst",
        version: 0,
        phase: "starting",
        containers: request.containers.map(({ name, kind, image }) => ({ name, kind, instance: 0, image, state })),
        podIPs: [],
        probedBy: "provider",
      };
    },
    watch(feed, signal) {
      tell = (state) => feed.task(state);
      return provider.watch(feed, signal);
    },
  };
}
