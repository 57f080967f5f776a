/** Groups under test, in the shapes that recordings of Azure have. */
import type { Clock, TaskState } from "../../../src/provider.ts";
import type { GroupsClient } from "../arm/groups.ts";
import { identityTags, podTags } from "../names.ts";
import { createGroups } from "./known-groups.ts";
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

/** A GroupsClient over groups in memory. */
export function fakeAzure() {
  const groups = new Map<string, ContainerGroup>();
  const calls: string[] = [];
  const failing = new Map<string, Error>();
  /** Deleted ones stay so many reads longer. */
  const lasting = new Map<string, number>();
  const call = (name: string): void => {
    calls.push(name);
    const error = failing.get(name) ?? failing.get(name.slice(0, name.indexOf(" ")));
    if (error !== undefined) throw error;
  };
  const client: GroupsClient = {
    async create(name, _, body) {
      call(`create ${name}`);
      const group = { ...(body as ContainerGroup), name };
      groups.set(name, group);
      return group;
    },
    async read(name) {
      call(`read ${name}`);
      const left = lasting.get(name);
      if (left === 0) groups.delete(name);
      if (left !== undefined) lasting.set(name, left - 1);
      return groups.get(name);
    },
    async list() {
      call("list");
      return [...groups.values()].map(({ properties, ...group }) => {
        const { instanceView: _states, ...rest } = properties ?? {};
        return { ...group, properties: rest };
      });
    },
    async remove(name) {
      call(`delete ${name}`);
      if (!groups.has(name)) return "gone";
      lasting.set(name, lasting.get(name) ?? 0);
      return "going";
    },
    async stop(name) {
      call(`stop ${name}`);
      const group = groups.get(name);
      if (group === undefined) return;
      const { properties } = group;
      const containers = (properties?.containers ?? []).map((one) => ({
        ...one,
        properties: { ...one.properties, instanceView: { currentState: ended(137) } },
      }));
      const instanceView = { state: "Stopped", events: [] };
      groups.set(name, { ...group, properties: { ...properties, containers, instanceView } });
    },
  };
  /** Puts a group there, of the pod of this uid. */
  const put = (podUid: string, parts: Parts, change: Partial<ContainerGroup> = {}): string => {
    const name = `bl-${podUid}`;
    const group = groupOf(parts);
    const tags = { ...group.tags, ...identityTags({ ...identity, podUid }, owner.nodeName) };
    groups.set(name, { ...group, id: `/groups/${name}`, name, location: "westeurope", tags, ...change });
    return name;
  };
  return { client, groups, calls, failing, lasting, put, taken: () => calls.splice(0) };
}

export function groupsFor(clock: Pick<Clock, "now" | "monotonic">) {
  return createGroups({
    observe: (group, before, farewell) => observe(group, { ...owner, network: "none", version: 0 }, before, farewell),
    clock,
  });
}
