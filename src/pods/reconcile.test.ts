import { describe, expect, it } from "vitest";
import { fakeClock } from "../../test/support/fake-clock.ts";
import { silentLog } from "../../test/support/silent-log.ts";
import { createLanes } from "../limits/lanes.ts";
import type { Provider, TaskState } from "../provider.ts";
import { container, ended as exited, pod, running, task } from "../status/testing.ts";
import type { ActDeps } from "./act/deps.ts";
import { createMemory } from "./memory.ts";
import { createReconcile } from "./reconcile.ts";

/** A node that is being stopped, with this task and no pod of it. */
function stoppingNode(left: TaskState, stop: () => Promise<"stopping" | "stopped" | "gone">) {
  const clock = fakeClock();
  const memory = createMemory();
  memory.known.pods = true;
  memory.known.tasks = true;
  memory.tasks.put(left);
  const stops: boolean[] = [];
  const provider = {
    name: "local",
    restarts: "container",
    memory: Infinity,
    async stop(_ref: unknown, { discard }: { readonly discard: boolean }) {
      stops.push(discard);
      return stop();
    },
  } as unknown as Provider;
  const common = { memory, provider, clock, log: silentLog };
  const lanes = createLanes({ api: 1, launch: 1, cloud: 1 });
  const parts = { ...memory, provider, clock, log: silentLog, lanes, signal: AbortSignal.abort(), random: () => 0 };
  const reconcile = createReconcile({
    ...common,
    node: { hostIP: undefined, daemonSetPods: "refuse" },
    deps: { ...parts, nodeName: "burst", clusterUid: "c" } as unknown as ActDeps,
    probing: { look: () => new Map() },
  });
  return { memory, stops, reconcile };
}

describe("a node that stops", () => {
  const ended = task([container("a", exited(0))], { phase: "stopped" });
  const { podUid } = ended.identity;

  it("still discards what is left of a pod that is gone", async () => {
    const { memory, stops, reconcile } = stoppingNode(ended, async () => "gone");
    await reconcile(podUid);
    expect(stops).toEqual([true]);
    expect(memory.tasks.of(podUid)).toEqual([]);
  });

  it("tries that once", async () => {
    const { stops, reconcile } = stoppingNode(ended, () => Promise.reject(new Error("the cloud is away")));
    await reconcile(podUid);
    expect(stops).toEqual([true]);
  });

  it("stops nothing that runs, and leaves alone what belongs to a pod that is there", async () => {
    const alive = stoppingNode(task([container("a", running())]), async () => "stopping");
    await alive.reconcile(podUid);
    const owned = stoppingNode(ended, async () => "gone");
    owned.memory.pods.put(pod(["a"], "Never"));
    await owned.reconcile(podUid);
    expect([alive.stops, owned.stops]).toEqual([[], []]);
  });
});
