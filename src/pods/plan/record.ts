/** The write-ahead record: what is acknowledged by the API server before a task is launched. Pure. */
import { annotations } from "../../model/annotations.ts";
import { rfc3339 } from "../../model/clock.ts";
import type { ContainerStatus, Pod } from "../../model/kube.ts";
import { mayRunAgain, restartPolicyOf } from "../../status/may-run-again.ts";
import { podStatus } from "../../status/pod-status.ts";
import { statusPatch } from "../../status/status-patch.ts";
import type { Action } from "./action.ts";
import { recordOf, restartsText, type World } from "./world.ts";

/** The patch on pods/status that carries attempt, try and backend together with the waiting states. */
export function recordPatch(
  world: World,
  pod: Pod,
  action: Extract<Action, { do: "record" }>,
): { metadata: object; status: object } {
  const again = action.attempt > 1 && recordOf(pod)?.attempt !== action.attempt;
  const launching = again ? nextAttempt(pod) : pod;
  const wanted = podStatus({
    pod: launching,
    task: undefined,
    story: action.story,
    hostIP: world.node.hostIP,
    ephemeral: world.provider.canAdd ? new Map() : undefined,
    now: world.now,
  });
  return {
    metadata: {
      annotations: {
        [annotations.backend]: world.provider.name,
        [annotations.attempt]: String(action.attempt),
        [annotations.try]: String(action.try),
        [annotations.recorded]: rfc3339(world.now),
        ...preparedNotes(world, pod),
        ...(again && { ...ofTheTaskBefore, [annotations.earlierRestarts]: restartsText(restartsOf(launching)) }),
      },
    },
    status: statusPatch(pod, wanted) ?? {},
  };
}

/** The next task is told of anew, and may cost something that nobody knows. */
const ofTheTaskBefore = { [annotations.task]: null, [annotations.provisioned]: null, [annotations.hourlyUsd]: null };

/** Known since the pod was translated, and as old as its record: what an earlier record said otherwise goes. */
function preparedNotes({ notes: { prepared }, provider }: World, pod: Pod): object {
  const { memory, trail } = prepared?.is === "ready" ? prepared : {};
  const isForgotten = (memory ?? provider.memory) === 0;
  const wanted = {
    [annotations.memory]: memory !== undefined && Number.isFinite(memory) ? String(memory) : undefined,
    [annotations.trail]: trail,
    [annotations.sent]: provider.tellsSends && isForgotten ? "no" : undefined,
  };
  const present = pod.metadata?.annotations ?? {};
  return Object.fromEntries(
    Object.entries(wanted).flatMap(([name, value]) =>
      value === undefined && present[name] === undefined ? [] : [[name, value ?? null]],
    ),
  );
}

/** The pod as a new attempt begins: what ended and runs again waits, with one more restart and its last state kept. */
function nextAttempt(pod: Pod): Pod {
  const sidecars = new Set(
    (pod.spec?.initContainers ?? []).filter((one) => one.restartPolicy === "Always").map((one) => one.name),
  );
  const inits = new Set((pod.spec?.initContainers ?? []).map(({ name }) => name));
  const restarted = (status: ContainerStatus): ContainerStatus => {
    const kind = sidecars.has(status.name) ? "sidecar" : inits.has(status.name) ? "init" : "main";
    const present = status.state?.terminated;
    const keeps = present !== undefined && !mayRunAgain(kind, restartPolicyOf(pod.spec, status.name), present.exitCode);
    // What waits for something else has not run in the attempt before: its last state was counted then.
    const looping = status.state?.waiting?.reason === "CrashLoopBackOff";
    const ended = present ?? (looping ? status.lastState?.terminated : undefined);
    if (ended === undefined || keeps) return status;
    const { containerID: _old, ...rest } = status;
    return {
      ...rest,
      ready: false,
      started: false,
      restartCount: status.restartCount + 1,
      state: { waiting: {} },
      lastState: { terminated: ended },
    };
  };
  const status = { ...pod.status };
  if (status.containerStatuses !== undefined) status.containerStatuses = status.containerStatuses.map(restarted);
  if (status.initContainerStatuses !== undefined) {
    status.initContainerStatuses = status.initContainerStatuses.map(restarted);
  }
  return { ...pod, status };
}

function restartsOf(pod: Pod): Record<string, number> {
  const all = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  return Object.fromEntries(all.filter((one) => one.restartCount > 0).map((one) => [one.name, one.restartCount]));
}
