import { expect, test } from "vitest";
import { fakeClock } from "../../../test/support/fake-clock.ts";
import { silentLog } from "../../../test/support/silent-log.ts";
import { createLanes } from "../../limits/lanes.ts";
import type { Pod } from "../../model/kube.ts";
import { type Capacity, type ContainerResize, type Provider, ProviderError } from "../../provider.ts";
import { container, pod, running, task, waiting } from "../../status/testing.ts";
import { createMemory } from "../memory.ts";
import { recorded } from "../testing.ts";
import type { ActDeps } from "./deps.ts";
import { resize } from "./resize.ts";

const uid = "uid";
const small = { requests: { cpu: "100m" } };
const big = { requests: { cpu: "1" }, limits: { cpu: "1500m", memory: "64Mi" } };

const restarts = (resourceName: string) => [{ resourceName, restartPolicy: "RestartContainer" }];

/** A live pod that was given little and asks for much, beside a provider that can be made to fail. */
function bench(resizePolicy: ReturnType<typeof restarts> = []) {
  const memory = createMemory();
  const base = recorded(pod(["a", "b"], "Always", { metadata: { generation: 2 } }), { task: "t" });
  const told = (name: string) => ({ name, ready: true, restartCount: 0, image: "", imageID: "", resources: small });
  const spec = {
    containers: [
      { name: "a", resources: big, resizePolicy },
      { name: "b", resources: small },
    ],
  };
  const live: Pod = { ...base, spec, status: { containerStatuses: [told("a"), told("b")] } };
  memory.pods.put(live);
  memory.tasks.put(task([container("a", running()), container("b", running())]));
  const asked: (readonly ContainerResize[])[] = [];
  const replaced: string[] = [];
  const events: string[] = [];
  const provider = { cpu: 4, failing: undefined as ProviderError | undefined };
  const deps = {
    ...memory,
    provider: {
      capacity: async () => ({ cpu: provider.cpu, memory: 1e9 }) as Capacity,
      resize: async (_task, wanted) => {
        asked.push(wanted);
        if (provider.failing !== undefined) throw provider.failing;
      },
      restart: async (_task, name, instance) => void replaced.push(`${name} ${instance}`),
    } as Partial<Provider> as Provider,
    cluster: {
      events: { record: ({ reason, message }) => void events.push(`${reason}: ${message}`), flush: async () => {} },
      pods: {} as ActDeps["cluster"]["pods"],
    },
    lanes: createLanes({ api: 1, launch: 1, cloud: 1 }),
    clusterUid: "cluster",
    clock: fakeClock(),
    log: silentLog,
    random: () => 0,
    signal: new AbortController().signal,
  } as Partial<ActDeps> as ActDeps;
  return { deps, asked, replaced, events, provider, notes: () => memory.notes.get(uid) };
}

test("a resize asks for all resources of the containers that have others, in cores and bytes, and is noted as done", async () => {
  const { deps, asked, notes } = bench();
  await resize(deps, uid, { do: "resize", attempt: 1 });
  expect(asked).toEqual([
    [{ container: "a", cpuRequest: 1, cpuLimit: 1.5, memoryRequest: 67_108_864, memoryLimit: 67_108_864 }],
  ]);
  expect(notes()?.resize).toEqual({ attempt: 1, generation: 2, given: new Map([["a", big]]) });
});

test("a resize that failed leaves it open what the containers have, and is repeated whole", async () => {
  const { deps, asked, provider, notes } = bench();
  provider.failing = new ProviderError("conflict", "MemoryInUse", "it uses more");
  await resize(deps, uid, { do: "resize", attempt: 1 });
  expect(notes()).toMatchObject({ troubles: { resize: { count: 1, error: provider.failing } } });
  expect(notes()?.resize?.given).toEqual(new Map([["a", undefined]]));
  provider.failing = undefined;
  await resize(deps, uid, { do: "resize", attempt: 1 });
  expect(asked[1]).toEqual(asked[0]);
  expect(notes()?.troubles?.resize).toBeUndefined();
  expect(notes()?.resize?.given).toEqual(new Map([["a", big]]));
});

test("a resize beyond what the node has is refused, as infeasible, and nothing is asked", async () => {
  const { deps, asked, provider, notes } = bench();
  provider.cpu = 1;
  await resize(deps, uid, { do: "resize", attempt: 1 });
  expect(asked).toEqual([]);
  expect(notes()?.troubles?.resize?.error).toMatchObject({
    kind: "refused",
    message: "Node didn't have enough capacity: cpu, requested: 1100m, capacity: 1000m",
  });
  expect(notes()?.resize).toEqual({ attempt: 1, generation: 2, given: new Map() });
});

test("a container that wants to be restarted for what is changed is replaced, once, and changed only from then on", async () => {
  const { deps, asked, replaced, events, notes } = bench(restarts("memory"));
  await resize(deps, uid, { do: "resize", attempt: 1 });
  expect(asked).toMatchObject([[{ container: "a", later: true }]]);
  expect(replaced).toEqual(["a 1"]);
  expect(events).toEqual(["Killing: Container a resize requires restart"]);
  expect(notes()?.resize?.given).toEqual(new Map([["a", big]]));
});

test("a container is not replaced for what stays as it is, nor when it does not run", async () => {
  const other = bench(restarts("storage"));
  await resize(other.deps, uid, { do: "resize", attempt: 1 });
  expect([other.replaced, other.asked[0]?.[0]?.later]).toEqual([[], undefined]);
  const idle = bench(restarts("cpu"));
  idle.deps.tasks.put(task([container("a", waiting("CrashLoopBackOff")), container("b", running())], { version: 2 }));
  await resize(idle.deps, uid, { do: "resize", attempt: 1 });
  expect([idle.replaced, idle.events]).toEqual([[], []]);
  expect(idle.notes()?.resize?.given).toEqual(new Map([["a", big]]));
});
