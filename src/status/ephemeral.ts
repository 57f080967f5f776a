/** Ephemeral containers (`kubectl debug POD`): none runs here yet, and whoever asked for one is told at once. Pure. */
import { rfc3339 } from "../model/clock.ts";
import type { ContainerStatus, Pod } from "../model/kube.ts";

/** What a container engine answers for a container that it cannot start, and its exit code. */
const cannotRun = { reason: "ContainerCannotRun", exitCode: 128 } as const;

const sentence =
  "a virtual node adds no container to a pod that runs already. Use kubectl exec, or a copy of the pod: " +
  "kubectl debug <pod> --copy-to=<new pod> --share-processes=false --profile=baseline --image=<image>";

/**
 * Ended, not waiting: kubectl debug waits for ever for a container that waits, and for one that has ended it asks for
 * its log, whose answer is this sentence again (`src/kubelet/logs`).
 */
export function ephemeralStatuses(pod: Pod, now: number): ContainerStatus[] {
  const before = pod.status?.ephemeralContainerStatuses ?? [];
  return (pod.spec?.ephemeralContainers ?? []).map(({ name, image = "" }) => {
    const told = before.find((status) => status.name === name);
    if (told?.state?.terminated !== undefined) return told;
    const finishedAt = rfc3339(now);
    const terminated = { ...cannotRun, message: sentence, startedAt: finishedAt, finishedAt };
    return { name, image, imageID: "", ready: false, restartCount: 0, state: { terminated }, lastState: {} };
  });
}
