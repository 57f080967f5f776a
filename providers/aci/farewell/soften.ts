/**
 * The end of a container as Kubernetes has it: its preStop hook, then SIGTERM. Azure's stop and deletion know neither, and
 * kill at once (its pages, and azure-cli#16673); so both are done from inside, by a shell of the image where it has one.
 */
import {
  asProviderError,
  type Clock,
  type ContainerRef,
  type ContainerState,
  type ExecCommand,
  type Log,
  type Pod,
  type ProcessStream,
  ProviderError,
  type ProviderErrorKind,
} from "../../../src/provider.ts";
import type { HookSpec } from "../../hooks/hook-spec.ts";
import { lifecycleOf } from "../../hooks/lifecycle.ts";
import { type HookWays, performHook } from "../../hooks/perform-hook.ts";
import type { Feed } from "../groups/feed.ts";
import type { Groups, KnownGroup } from "../groups/known-groups.ts";
import type { Soften } from "../groups/stop.ts";
import type { Inside } from "../streams/shell/open-shell.ts";

export interface SoftenOptions {
  readonly feed: Pick<Feed, "farewell" | "read">;
  readonly groups: Pick<Groups, "get">;
  /** As Provider.exec. */
  readonly exec: (target: ContainerRef, command: ExecCommand, signal: AbortSignal) => Promise<ProcessStream>;
  /** As Provider.forward; absent where the node reaches no group. */
  readonly connect?:
    | ((task: ContainerRef["task"], port: number, signal: AbortSignal) => ReturnType<HookWays["connect"]>)
    | undefined;
  /** Runs a few lines in a shell of the container. */
  readonly run: (
    inside: Inside,
    script: string,
    signal: AbortSignal,
  ) => Promise<{ readonly code: number; readonly output: string }>;
  /** From now on what the run says is kept, whatever Azure begins after it. Never rejects. */
  readonly hear: (run: ContainerRef) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

/** By the shell itself, which needs no program for it. That the container's program is its process 1 is not verified. */
const terminate = "kill -TERM 1";
/** As the kubelet gives a container that its hook has left no time; a shell needs some of it. Milliseconds. */
const LEAST_MS = 4_000;
/** Milliseconds between two looks at what is known of a container, and before a call that may succeed is made again. */
const LOOK_MS = 500;
const AGAIN_MS = 2_000;
/** For so long it is waited for somebody who listens to its last words, milliseconds. */
const HEAR_MS = 3_000;
/** Somebody may be heard after a moment: the grace is the bound. */
const passing: ReadonlySet<ProviderErrorKind> = new Set(["transient", "throttled", "unknown"]);

export function createSoften(options: SoftenOptions): Soften {
  return async (known, pod, signal) => {
    options.feed.farewell(known.name, {});
    const running = known.state.containers.filter(({ state }) => state.is === "running");
    const mains = running.filter(({ kind }) => kind !== "sidecar");
    const sidecars = running.filter(({ kind }) => kind === "sidecar").toReversed();
    const heard = new Map(running.map((one) => [one.name, soonHeard(options, known, one)]));
    const hooks = new Map(
      // A hook may be what ends the container.
      running.map((one) => [
        one.name,
        heard.get(one.name)?.then(async () => preStop(options, known, one, pod, signal)),
      ]),
    );
    const last = afterwards(signal, options.clock);
    const end = async ({ name }: ContainerState): Promise<void> => {
      await hooks.get(name);
      const left = signal.aborted ? last : signal;
      try {
        if (await sigterm(options, known, name, last)) await untilEnded(options, known, name, left);
      } catch (error) {
        if (!left.aborted)
          options.log.warn("a container could not be asked to end", { group: known.name, name, error });
      }
    };
    await Promise.all(mains.map(end));
    // As the kubelet: a sidecar serves until the last of those that it is for has ended.
    for (const sidecar of sidecars) await end(sidecar);
  };
}

/** Aborts a little later. */
function afterwards(signal: AbortSignal, clock: Clock): AbortSignal {
  const last = new AbortController();
  const end = (): void => void clock.after(LEAST_MS, () => last.abort(signal.reason));
  signal.addEventListener("abort", end, { once: true });
  return last.signal;
}

/** Azure gives the output of the present run alone, and under Always and OnFailure begins another one at once. */
async function soonHeard(
  { hear, clock }: SoftenOptions,
  { state }: KnownGroup,
  { name, instance }: ContainerState,
): Promise<void> {
  const soon = Promise.withResolvers<void>();
  const cancel = clock.after(HEAR_MS, soon.resolve);
  const run = { task: { identity: state.identity, id: state.id }, container: name, instance };
  await Promise.race([hear(run), soon.promise]).finally(cancel);
}

/** Resolves when the hook has ended, well or not. */
async function preStop(
  { feed, exec, connect, clock }: SoftenOptions,
  { name, state }: KnownGroup,
  { name: container, instance }: ContainerState,
  pod: Pod | undefined,
  signal: AbortSignal,
): Promise<void> {
  const hook: HookSpec | undefined = pod && lifecycleOf(pod, container).preStop;
  if (hook === undefined) return;
  const task = { identity: state.identity, id: state.id };
  const ways: HookWays = {
    exec: async (command, stop) => exec({ task, container, instance }, command, stop),
    connect: async (port, stop) => {
      if (connect !== undefined) return connect(task, port, stop);
      throw new ProviderError("invalid", "NoRoute", "the node reaches no container group (network: none)");
    },
    clock,
  };
  try {
    await performHook(hook, ways, signal);
  } catch (error) {
    const words = signal.aborted ? "the grace was over before it ended" : asProviderError(error).message;
    feed.farewell(name, { hookFailures: { [container]: words } });
  }
}

/** Was it told to end, as far as anybody knows? */
async function sigterm(
  { feed, groups, run, clock }: SoftenOptions,
  { name }: KnownGroup,
  container: string,
  signal: AbortSignal,
): Promise<boolean> {
  for (;;) {
    if (!isRunning(groups.get(name), container)) return true;
    try {
      const { code, output } = await run({ group: name, container }, terminate, signal);
      if (code === 0) return true;
      feed.farewell(name, { deaf: { [container]: `${terminate} failed: ${output.trim()}` } });
      return false;
    } catch (error) {
      signal.throwIfAborted();
      const { kind, reason, message } = asProviderError(error);
      // The container may have ended before the shell could say so.
      if (reason === "StreamBroken") return true;
      if (!passing.has(kind)) {
        // What has ended takes no command either.
        await feed.read(name).catch(() => undefined);
        if (isRunning(groups.get(name), container)) feed.farewell(name, { deaf: { [container]: message } });
        return false;
      }
    }
    await clock.sleep(AGAIN_MS, signal);
  }
}

async function untilEnded(
  { feed, groups, clock, log }: SoftenOptions,
  { name }: KnownGroup,
  container: string,
  signal: AbortSignal,
): Promise<void> {
  await clock.sleep(LOOK_MS, signal);
  // Most end at once. What takes longer is looked at in its turn, as everything that is about to end.
  await feed.read(name, signal).catch((error: unknown) => log.debug("a group cannot be read", { name, error }));
  while (isRunning(groups.get(name), container)) await clock.sleep(LOOK_MS, signal);
}

function isRunning(known: KnownGroup | undefined, container: string): boolean {
  if (known === undefined || known.removed === true) return false;
  return known.state.containers.some(({ name, state }) => name === container && state.is === "running");
}
