/** Has the provider give containers of a live task the resources of their specs. */
import type { Container, Pod } from "../../model/kube.ts";
import type { ContainerResize } from "../../provider.ts";
import { resolvedResources } from "../../resolve/downward.ts";
import { collect } from "../../resolve/resolution.ts";
import { type Given, resizesDue, resourcesOf } from "../../status/resize.ts";
import { attempt, type ActDeps, type Doing, note, refOf } from "./deps.ts";

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
  noted(() => undefined);
  await attempt(deps, uid, "resize", async () => {
    const task = refOf(deps, uid, of);
    const wanted = due.map((container) => wantedOf(pod, container));
    await deps.lanes.run("cloud", async () => deps.provider.resize?.(task, wanted, deps.signal));
    noted(resourcesOf);
  });
}

function wantedOf({ metadata }: Pod, container: Container): ContainerResize {
  const where = { path: `pod ${metadata?.name}: resources of container ${container.name}` };
  return { container: container.name, ...collect(resolvedResources(container, where)).value };
}
