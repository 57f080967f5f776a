import { describe, expect, test } from "vitest";
import type { RunState } from "../../src/provider.ts";
import { contractTests, providerContract } from "./contract.ts";
import { containers, feed, method, newId, type Sabotage, startsAgain, states } from "./sabotage.ts";
import { hookTests } from "./tests/hook-tests.ts";
import { streamTests } from "./tests/stream-tests.ts";
import { scriptedTarget } from "./targets/scripted-target.ts";
import { updateTests } from "./tests/update-tests.ts";
import { createWorkbench } from "./workbench.ts";

const exitsWith = (code: number): Sabotage => containers((one) => ({ ...one, state: exited(one.state, code) }));
const exited = (state: RunState, exitCode: number): RunState =>
  state.is === "terminated" ? { ...state, exitCode, reason: "Completed" } : state;
const running: RunState = { is: "running", startedAt: 0 };

/** By name of the test: a way to break the promise that the test is about. */
const sabotages: Readonly<Record<string, readonly Sabotage[]>> = {
  "the support table has a sentence in each row, and finds what it changes or refuses": [
    method("support", (rows) => rows.map((row) => ({ ...row, sentence: "" }))),
    method("support", (rows) => rows.map(({ path, effect, sentence }) => ({ path, effect, sentence }))),
  ],
  "translate gives the same request for the same pod, and leaves the pod as it was": [
    method("translate", (translate) => (pod) => {
      const { refusals, request } = translate(pod);
      return request === undefined
        ? { refusals }
        : { refusals: [], request: { ...(request as object), at: Math.random() } };
    }),
    method("translate", (translate) => (pod) => {
      const translation = translate(pod);
      pod.pod.metadata = { ...pod.pod.metadata, labels: { seen: "yes" } };
      return translation;
    }),
  ],
  "translate tells every refused field at once, with its path and a sentence, and then gives no request": [
    method("translate", (translate) => (pod) => {
      const { refusals, ...rest } = translate(pod);
      return refusals.length > 0 ? { refusals: refusals.slice(0, 1) } : { ...rest, refusals: [], request: {} };
    }),
  ],
  "translate refuses a field that nobody knows yet": [
    method("translate", (translate) => (pod) => {
      const { refusals, request } = translate(pod);
      const known = refusals.filter(({ path }) => path !== "spec.teleportation");
      return known.length > 0 ? { refusals: known } : { refusals: [], request: request ?? {} };
    }),
  ],
  "what Kubernetes adds to a pod by itself is never refused": [
    method(
      "translate",
      (translate) => (pod) =>
        pod.pod.spec?.tolerations === undefined
          ? translate(pod)
          : { refusals: [{ path: "spec.tolerations", sentence: "No." }] },
    ),
  ],
  "a secret shows in no print of the request": [
    method("translate", (translate) => (pod) => {
      const { refusals, request } = translate(pod);
      if (request === undefined) return { refusals };
      const values = pod.containers.flatMap(({ env }) => env.map(({ value }) => revealed(value)));
      return { refusals: [], request: { ...(request as object), values } };
    }),
  ],
  "a secret among the arguments shows in no print of the request": [
    method("translate", (translate) => (pod) => {
      const { refusals, request } = translate(pod);
      if (request === undefined) return { refusals };
      const values = pod.containers.flatMap(({ args = [] }) => args.map(revealed));
      return { refusals: [], request: { ...(request as object), values } };
    }),
  ],
  "launch answers with whose task it is and every container in order": [
    states((state) => ({ ...state, podName: "" })),
    states((state) => ({ ...state, containers: state.containers.toReversed() })),
  ],
  "launch with the same token starts one task, one after the other and at the same time": [newId()],
  "launch of a task that has ended by itself starts nothing": [startsAgain((state) => state?.phase === "stopped")],
  "launch of a task that has been stopped starts nothing": [startsAgain((state) => state?.phase === "stopped")],
  "another attempt for the same pod is another task": [
    method(
      "launch",
      (launch) => (what, signal) => launch({ ...what, identity: { ...what.identity, attempt: 1 } }, signal),
    ),
  ],
  "a task and its names are read back from the cloud by a provider that never saw it": [
    method("list", () => async () => []),
    states((state) => ({ ...state, podNamespace: `${Math.random()}` })),
  ],
  "closing a provider ends no task": [
    method("close", (close, provider) => async () => {
      for (const task of await provider.list()) await provider.stop(task, { graceSeconds: 0, discard: false });
      await close?.();
    }),
  ],
  "a container that exits with 0 is told with 0": [exitsWith(1)],
  "a container that exits with 1 is told with 1": [exitsWith(0)],
  "a container that exits with 42 is told with 42": [exitsWith(0)],
  "a container that exits with 255 is told with 255": [exitsWith(-1)],
  "an exit code that nobody knows is undefined, never 0": [exitsWith(0)],
  "init containers run one after the other, a sidecar beside them, and main containers when all have succeeded": [
    containers((one) => (one.kind === "main" ? { ...one, state: running } : one)),
  ],
  "after an init container that failed nothing else starts": [
    containers((one) => (one.kind === "main" ? { ...one, state: running } : one)),
    states((state) => ({ ...state, phase: "running" })),
  ],
  "containers of one task end each for itself, and the task is stopped when the last has ended": [
    states((state) => {
      const [first] = state.containers;
      return first === undefined
        ? state
        : { ...state, containers: state.containers.map((one) => ({ ...one, state: first.state })) };
    }),
    states((state) => ({ ...state, phase: state.phase === "stopped" ? "running" : state.phase })),
  ],
  "versions rise with every change, phases never go back, and a container keeps its start": [
    states((state) => ({ ...state, version: 1 })),
    states((state) => ({ ...state, version: -state.version })),
    containers((one, { version }) =>
      "startedAt" in one.state ? { ...one, state: { ...one.state, startedAt: version } } : one,
    ),
  ],
  "stop of a task that never existed is gone": [method("stop", () => async () => "stopped")],
  "stop ends a task, keeps its last states until they are discarded, and then nothing is left of it": [
    method("stop", (stop) => async (task, how) => stop(task, { ...how, discard: true })),
    feed(() => ({ gone: () => {} })),
    method("stop", (stop) => async (task, how) => {
      const outcome = await stop(task, { ...how, discard: false });
      return how.discard && outcome === "stopped" ? "gone" : outcome;
    }),
  ],
  "a container that ignores SIGTERM is killed when its grace is over, not before": [
    method("stop", (stop) => async (task, how) => stop(task, { ...how, graceSeconds: 0 })),
    method("stop", (stop) => async (task, how) => stop(task, { ...how, graceSeconds: how.graceSeconds * 1_000 })),
  ],
  "a later stop with less grace shortens it": [
    method("stop", (stop) => {
      const first = new Map<string, number>();
      return async (task, how) => {
        const { podUid } = task.identity;
        const graceSeconds = first.get(podUid) ?? how.graceSeconds;
        first.set(podUid, graceSeconds);
        return stop(task, { ...how, graceSeconds });
      };
    }),
  ],
  "stop during the init containers starts nothing more": [
    containers((one) => (one.kind === "main" ? { ...one, state: running } : one)),
  ],
  "watch tells every task, then synced once, then changes, and resolves when told to stop": [
    feed((inner) => ({ task: (state) => void Promise.resolve().then(() => inner.task(state)) })),
    feed((inner) => {
      const again = (): void => {
        inner.synced();
        inner.synced();
      };
      return { synced: again };
    }),
    method("watch", (watch) => async (inner) => watch(inner, new AbortController().signal)),
  ],
  "a watch that is told to stop before it begins resolves": [
    method("watch", (watch) => async (inner, signal) => {
      if (signal.aborted) throw new Error("aborted");
      return watch(inner, signal);
    }),
  ],
  "trouble of the cloud reaches the feed, ends there, and what happened meanwhile is told": [
    feed(() => ({ health: () => {} })),
    feed((inner) => ({ health: (trouble) => trouble && inner.health(trouble) })),
  ],
  "what goes wrong is a ProviderError": [
    method("restart", () => async () => Promise.reject(new Error("no"))),
    method("restart", () => async () => {}),
  ],
  "the node can promise something, and says what runs the pods": [
    method("capacity", (capacity) => async () => ({ ...(await capacity()), memory: 0 })),
    method("capacity", (capacity) => async () => ({ ...(await capacity()), containerRuntime: "docker" })),
  ],
  "a provider restarts containers in place exactly when it says so": [
    method("restarts", () => "task"),
    method("restart", () => undefined),
  ],
  "restart runs a container again, remembers how it ended before, and leaves the others alone": [
    containers((one) => ({ ...one, last: undefined })),
    method("restart", (restart) => async (task, _name, instance) => restart?.(task, "other", instance)),
  ],
  "restart with an instance that exists already does nothing": [
    method("restart", (restart) => {
      let instance = 0;
      return async (task, container) => restart?.(task, container, ++instance);
    }),
  ],
  "restart of an init container that failed runs that one again and nothing after it": [
    method("restart", () => async () => {}),
    containers((one) => (one.kind === "main" ? { ...one, state: running } : one)),
  ],
  "kill ends one run with SIGTERM, and leaves the task and its other containers alone": [
    method("kill", (_, provider) => async (run, graceSeconds) => {
      await provider.stop(run.task, { graceSeconds, discard: false });
    }),
  ],
  "kill gives its grace, and a later one with less shortens it": [
    method("kill", (kill) => async (run) => kill?.(run, 0)),
    method("kill", (kill) => async (run) => kill?.(run, 600)),
  ],
  "kill of a run that is over does nothing": [
    method("kill", (kill) => async (run, graceSeconds) => {
      await kill?.(run, graceSeconds);
      await kill?.({ ...run, instance: 1 }, graceSeconds);
    }),
    method("kill", () => async () => Promise.reject(new Error("it does not run"))),
  ],
  "logs hold what a container wrote, oldest first, with times": [],
  "followed logs end with the run, and before it when nobody reads any more": [
    method("logs", (logs) => {
      if (logs === undefined) return undefined;
      return (source, want, signal) => logs(source, { ...want, follow: false }, signal);
    }),
  ],
  "each run has logs of its own, and one that never was has none": [
    method("logs", (logs) => {
      if (logs === undefined) return undefined;
      return (source, want, signal) => logs({ ...source, instance: Math.min(source.instance, 1) }, want, signal);
    }),
    method("logs", () => undefined),
  ],
  "stats tell of running containers, and their use of processor time never falls": [
    method("stats", () => async () => []),
    method("stats", (stats) => {
      let reads = 0;
      return async () =>
        ((await stats?.()) ?? []).map((task) => ({
          ...task,
          containers: task.containers.map((one) => ({ ...one, cpuSeconds: -(reads += 1) })),
        }));
    }),
  ],
};

/** How the test ends against the scripted provider with this change. */
async function outcome(name: string, sabotage: Sabotage): Promise<"held" | "failed"> {
  const target = await scriptedTarget();
  const reopen = async () => sabotage(await target.reopen());
  const bench = await createWorkbench({ ...target, reopen, provider: sabotage(target.provider) });
  const found = contractTests.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no contract test ${name}`);
  return found.run(bench).then(
    () => "held",
    () => "failed",
  );
}

describe("the contract suite", () => {
  test("has a sabotage for each of its tests, and no other", () => {
    // Those of streams and hooks need something that runs: they have files of their own.
    const own = contractTests.filter((one) => ![...streamTests, ...hookTests, ...updateTests].includes(one));
    expect(Object.keys(sabotages).toSorted()).toEqual(own.map(({ name }) => name).toSorted());
  });

  const broken = Object.entries(sabotages).flatMap(([name, list]) =>
    list.map((one, index) => [name, index, one] as const),
  );
  test.for(broken)("sees a provider fail that breaks: %s (%i)", async ([name, , sabotage]) => {
    expect(await outcome(name, sabotage)).toBe("failed");
  });

  test.for(Object.keys(sabotages).filter((name) => !name.startsWith("logs hold")))(
    "holds for a provider that keeps it: %s",
    async (name) => {
      expect(await outcome(name, (provider) => provider)).toBe("held");
    },
  );

  test("knows a gap that names no test", () => {
    const gaps = [{ reason: "why not", tests: ["a test that never was"] }];
    expect(() => providerContract("anything", scriptedTarget, gaps)).toThrow("a test that never was");
  });
});

const revealed = (value: unknown): unknown =>
  typeof value === "object" && value !== null && "reveal" in value ? (value.reveal as () => string).call(value) : value;
