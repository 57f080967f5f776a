import type { ContainerRef, TaskRef } from "../../provider.ts";
import { failure, type Answer } from "../answer.ts";
import type { FoundPod, PodLookup } from "../pod-lookup.ts";

type Params = Readonly<Record<string, string>>;

/** The run of the container that a request's path means. It must be running: only then has it streams. */
export function runningContainer(params: Params, pods: PodLookup): ContainerRef | Answer {
  const found = foundPod(params, pods);
  if ("status" in found) return found;
  const { container = "" } = params;
  const podName = found.pod.metadata?.name ?? "";
  const { containers = [], initContainers = [], ephemeralContainers = [] } = found.pod.spec ?? {};
  if (![...containers, ...initContainers, ...ephemeralContainers].some(({ name }) => name === container)) {
    return failure(404, "NotFound", `container "${container}" not found in pod "${podName}"`);
  }
  const state = found.containers.find(({ name }) => name === container);
  if (found.task === undefined || state?.state.is !== "running") {
    return notThere(`container "${container}" in pod "${podName}" is not running`);
  }
  return { task: found.task, container, instance: state.instance };
}

/** The task of the pod that a request's path means. */
export function runningTask(params: Params, pods: PodLookup): TaskRef | Answer {
  const found = foundPod(params, pods);
  if ("status" in found) return found;
  return found.task ?? notThere(`pod "${found.pod.metadata?.name ?? ""}" is not running`);
}

function foundPod({ namespace = "", pod = "", uid }: Params, pods: PodLookup): FoundPod | Answer {
  const found = pods.find(namespace, pod);
  if (found === undefined) return failure(404, "NotFound", `pod "${pod}" does not exist`);
  if (uid === undefined || found.pod.metadata?.uid === uid) return found;
  return failure(404, "NotFound", `pod "${pod}" with uid "${uid}" does not exist`);
}

/** The kubelet's code for something that it knows and its runtime does not. */
function notThere(message: string): Answer {
  return failure(500, "InternalError", message);
}
