/** Has the provider give containers of a live task the resources of their specs. */
import type { Container, Pod } from "../../model/kube.ts";
import { ProviderError } from "../../model/provider-error.ts";
import type { Capacity, ContainerResize } from "../../provider.ts";
import { resolvedResources } from "../../resolve/downward.ts";
import { collect } from "../../resolve/resolution.ts";
import { type Given, resizesDue, resourcesOf, wantsRestart } from "../../status/resize.ts";
import { attempt, type ActDeps, type Doing, note, refOf, tell } from "./deps.ts";

export async function resize(deps: ActDeps, uid: string, { attempt: of }: Doing<"resize">): Promise<void> {
  const pod = deps.pods.get(uid);
  if (pod === undefined) return;
  const known = deps.notes.get(uid)?.resize;
  const before: Given = known?.attempt === of ? known.given : new Map();
  const due = resizesDue(pod, before);
  const noted = (given: (container: Container) => ReturnType<typeof resourcesOf> | undefined): void =>
    note(deps, uid, {
      resize: {
        attempt: of,
        generation: pod.metadata?.generation,
        given: new Map([...before, ...due.map((one) => [one.name, given(one)] as const)]),
      },
    });
  note(deps, uid, { resize: { attempt: of, generation: pod.metadata?.generation, given: before } });
  await attempt(deps, uid, "resize", async () => {
    mustFit(pod, await deps.lanes.run("cloud", async () => deps.provider.capacity()));
    noted(() => undefined);
    const task = refOf(deps, uid, of);
    const restarting = due.filter((container) => wantsRestart(pod, container, before));
    const wanted = due.map((container): ContainerResize => {
      const later = restarting.includes(container) && { later: true };
      return { container: container.name, ...amountsOf(container), ...later };
    });
    await deps.lanes.run("cloud", async () => deps.provider.resize?.(task, wanted, deps.signal));
    const open = new Set(restarting);
    const tellDone = (): void => noted((container) => (open.has(container) ? undefined : resourcesOf(container)));
    tellDone();
    for (const container of restarting) {
      await replaceRun(deps, pod, of, container.name);
      open.delete(container);
      tellDone();
    }
  });
}

/** What does not run now has its new resources when it does. */
async function replaceRun(deps: ActDeps, pod: Pod, of: number, name: string): Promise<void> {
  const uid = pod.metadata?.uid ?? "";
  const task = deps.tasks.of(uid).find(({ identity }) => identity.attempt === of);
  const run = task?.containers.find((one) => one.name === name);
  if (run?.state.is !== "running") return;
  const message = `Container ${name} resize requires restart`;
  tell(deps, pod, { type: "Normal", reason: "Killing", message, container: name });
  const next = run.instance + 1;
  await deps.lanes.run("cloud", async () => deps.provider.restart?.(refOf(deps, uid, of), name, next));
}

/** As the kubelet (pkg/kubelet/allocation): what the node could not hold if it were empty is infeasible. */
function mustFit({ spec }: Pod, { cpu, memory }: Capacity): void {
  const sidecars = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  const all = [...sidecars, ...(spec?.containers ?? [])].map(amountsOf);
  const sum = (of: "cpuRequest" | "memoryRequest"): number => all.reduce((total, one) => total + (one[of] ?? 0), 0);
  const short = [
    { name: "cpu", unit: "m", wanted: Math.ceil(sum("cpuRequest") * 1000), there: Math.floor(cpu * 1000) },
    { name: "memory", unit: "", wanted: sum("memoryRequest"), there: memory },
  ].find(({ wanted, there }) => wanted > there);
  if (short === undefined) return;
  const { name, unit, wanted, there } = short;
  const message = `Node didn't have enough capacity: ${name}, requested: ${wanted}${unit}, capacity: ${there}${unit}`;
  throw new ProviderError("refused", "Infeasible", message);
}

function amountsOf(container: Container): Omit<ContainerResize, "container"> {
  return collect(resolvedResources(container, { path: `resources of container ${container.name}` })).value;
}
