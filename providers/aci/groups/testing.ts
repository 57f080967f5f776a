/** Groups under test, in the shapes that recordings of Azure have. */
import type { TaskState } from "../../../src/provider.ts";
import { identityTags, podTags } from "../names.ts";
import { observe, type Observer } from "./observe.ts";
import type { ContainerGroup, ContainerView, GroupEvent, RunView } from "./shapes.ts";

export const owner = { clusterUid: "cluster", nodeName: "aci-1" };
export const identity = { clusterUid: "cluster", podUid: "uid-1", attempt: 1 };

export const at = (second: number): string => `2026-01-01T00:00:${String(second).padStart(2, "0")}Z`;
export const ms = (second: number): number => Date.parse(at(second));

export const running = (second = 5): RunView => ({ state: "Running", startTime: at(second), detailStatus: "" });
export const waits = (detailStatus = ""): RunView => ({ state: "Waiting", detailStatus });
export const ended = (exitCode: number, detailStatus = exitCode === 0 ? "Completed" : "Error"): RunView => ({
  state: "Terminated",
  startTime: at(5),
  exitCode,
  finishTime: at(9),
  detailStatus,
});

export const event = (name: string, message: string, second = 3): GroupEvent =>
  ({
    count: 1,
    name,
    message,
    type: "Normal",
    firstTimestamp: at(second),
    lastTimestamp: at(second),
  }) as GroupEvent;

export interface Parts {
  readonly policy?: string;
  readonly state?: string;
  readonly provisioning?: string;
  readonly main?: ContainerView;
  readonly init?: ContainerView;
  readonly sidecar?: ContainerView;
  readonly events?: readonly GroupEvent[];
}

/** A group with a container `main`, and an init container and a sidecar where they are said. */
export function groupOf(parts: Parts): ContainerGroup {
  const { policy = "Always", state = "Running", provisioning = "Succeeded", main, init, sidecar, events = [] } = parts;
  const container = (name: string, view: ContainerView | undefined, size = 0.5) => ({
    name,
    properties: {
      image: "busybox:1",
      resources: { requests: { cpu: size, memoryInGB: size } },
      ...(view && { instanceView: view }),
    },
  });
  return {
    id: "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerInstance/containerGroups/bl-1",
    name: "bl-1",
    tags: {
      ...identityTags(identity, owner.nodeName),
      ...podTags({ namespace: "ns", name: "web", sidecars: sidecar ? ["side"] : [] }),
    },
    properties: {
      provisioningState: provisioning,
      restartPolicy: policy,
      initContainers: init ? [container("init", init, 0)] : [],
      containers: [...(sidecar ? [container("side", sidecar)] : []), container("main", main)],
      ipAddress: { ip: "10.8.0.4" },
      instanceView: { state, events },
    },
  };
}

export function taskOf(parts: Parts, before?: TaskState, observer: Partial<Observer> = {}): TaskState {
  const found = observe(groupOf(parts), { ...owner, network: "none", version: 7, ...observer }, before);
  if (found === undefined) throw new Error("not this node's");
  return found;
}

/** The state of the container `main`. */
export function mainOf(parts: Parts, before?: TaskState) {
  const main = taskOf(parts, before).containers.find(({ name }) => name === "main");
  if (main === undefined) throw new Error("no container main");
  return main;
}
