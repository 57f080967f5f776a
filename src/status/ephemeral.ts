/** Statuses of ephemeral containers (`kubectl debug POD`); whoever asks for one that cannot run is told at once. Pure. */
import { rfc3339 } from "../model/clock.ts";
import type { ContainerStatus, Pod } from "../model/kube.ts";
import type { TaskState } from "../model/task-state.ts";
import { containerStatus } from "./containers.ts";

/** What a container engine answers for a container that it cannot start, and its exit code. */
const cannotRun = { reason: "ContainerCannotRun", exitCode: 128 } as const;

const sentence =
  "a virtual node of this provider adds no container to a pod that runs already. Where its pods may have several containers, use a copy of the pod: " +
  "kubectl debug <pod> --copy-to=<new pod> --share-processes=false --profile=baseline --image=<image>";

/** By name of the container: what was found when the provider was to be asked for it. */
export type EphemeralTroubles = ReadonlyMap<
  string,
  | { readonly is: "sent" }
  | { readonly is: "refused"; readonly message: string }
  | { readonly is: "missing"; readonly reason: string; readonly message: string }
>;

export interface EphemeralInput {
  readonly pod: Pod;
  readonly task: TaskState | undefined;
  /** Absent where the provider adds none. */
  readonly troubles: EphemeralTroubles | undefined;
  readonly messageBytes: number;
  readonly now: number;
}

/**
 * One that cannot run has ended, it does not wait: kubectl debug waits for ever for a container that waits, and for one
 * that has ended it asks for its log, whose answer is the sentence again (`src/kubelet/logs`).
 */
export function ephemeralStatuses({ pod, task, troubles, messageBytes, now }: EphemeralInput): ContainerStatus[] {
  const before = pod.status?.ephemeralContainerStatuses ?? [];
  return (pod.spec?.ephemeralContainers ?? []).map((spec) => {
    const told = before.find((status) => status.name === spec.name);
    const seen = task?.containers.find(({ name }) => name === spec.name);
    const trouble = troubles?.get(spec.name);
    if (seen === undefined && told?.state?.terminated !== undefined) return told;
    if (seen === undefined && (troubles === undefined || trouble?.is === "refused")) {
      return cannotBe(spec, trouble?.is === "refused" ? trouble.message : sentence, now);
    }
    const status = containerStatus(spec, seen, told, {
      kind: "ephemeral",
      restartPolicy: "Never",
      earlierRestarts: 0,
      backOffMs: undefined,
      waiting: trouble?.is === "missing" ? trouble : { reason: "ContainerCreating" },
      firstWait: "ContainerCreating",
      podName: "",
      messageBytes,
    });
    // As the kubelet's: its prober looks at the others only.
    return { ...status, ready: false, started: false };
  });
}

function cannotBe(
  { name, image = "" }: { name: string; image?: string },
  message: string,
  now: number,
): ContainerStatus {
  const at = rfc3339(now);
  const terminated = { ...cannotRun, message, startedAt: at, finishedAt: at };
  return { name, image, imageID: "", ready: false, restartCount: 0, state: { terminated }, lastState: {} };
}
