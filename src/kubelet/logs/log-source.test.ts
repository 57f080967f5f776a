import { describe, expect, it, test } from "vitest";

import type { ContainerState, Pod, RunState, Terminated } from "../../provider.ts";
import { logSource } from "./log-source.ts";

const identity = { clusterUid: "cluster", podUid: "uid", attempt: 1 };
const task = { identity, id: "task-1" };
const running: RunState = { is: "running", startedAt: 0 };
const ended: Terminated = { is: "terminated", exitCode: 1, reason: "Error" };
const waiting = (reason: string): RunState => ({ is: "waiting", reason });

const pod: Pod = {
  metadata: { name: "web", namespace: "default" },
  spec: {
    initContainers: [{ name: "init" }],
    containers: [{ name: "main" }],
    ephemeralContainers: [{ name: "debug" }],
  },
};
const container = (instance: number, state: RunState, name = "main"): ContainerState => ({
  name,
  kind: "main",
  instance,
  image: "busybox",
  state,
});

describe("logSource", () => {
  test.for([
    { what: "a running first run", state: container(0, running), current: 0, previous: undefined },
    { what: "a running third run", state: container(2, running), current: 2, previous: 1 },
    { what: "an ended first run", state: container(0, ended), current: 0, previous: undefined },
    { what: "an ended second run", state: container(1, ended), current: 1, previous: 0 },
    { what: "a second run that waits", state: container(1, waiting("ImagePullBackOff")), current: 0, previous: 0 },
  ])("$what: current is $current, previous is $previous", ({ state, current, previous }) => {
    const found = { pod, task, containers: [state] };
    expect(logSource(found, "main", false, "container")).toEqual({
      source: { task, container: "main", instance: current },
    });
    expect(logSource(found, "main", true, "container")).toEqual(
      previous === undefined
        ? { status: 400, trouble: 'previous terminated container "main" in pod "web" not found' }
        : { source: { task, container: "main", instance: previous } },
    );
  });

  it("is what the pod's record names when the cloud has forgotten the task of a run that has ended", () => {
    const terminated = { exitCode: 1, startedAt: "2026-01-02T03:04:05Z" };
    const status = { containerStatuses: [{ name: "main", restartCount: 3, state: { terminated } }] };
    const forgotten = { pod: { ...pod, status } as Pod, task: undefined, containers: [] };
    const found = { ...forgotten, recorded: { task, earlierRestarts: { main: 2 } } };
    expect(logSource(found, "main", false, "task")).toEqual({
      source: { task, container: "main", instance: 1 },
      ran: { startedAt: Date.parse(terminated.startedAt), finishedAt: undefined },
    });
    expect(logSource(found, "main", true, "task")).toMatchObject({ status: 400 });
    expect(logSource(forgotten, "main", false, "task")).toMatchObject({ status: 400 });
  });

  test.for([
    ["ContainerCreating", "is waiting to start: ContainerCreating"],
    ["PodInitializing", "is waiting to start: PodInitializing"],
    ["ErrImagePull", "is waiting to start: image can't be pulled"],
    ["ImagePullBackOff", "is waiting to start: trying and failing to pull image"],
  ] as const)("a container that waits for %s says so in the kubelet's words", ([reason, words]) => {
    const trouble = `container "main" in pod "web" ${words}`;
    const found = { pod, task, containers: [container(0, waiting(reason))] };
    expect(logSource(found, "main", false, "container")).toEqual({ status: 400, trouble });
    // The same before there is a task: the reason is then the one in the pod's status.
    const status = { containerStatuses: [{ name: "main", state: { waiting: { reason } } }] };
    const unlaunched = { pod: { ...pod, status } as Pod, task: undefined, containers: [] };
    expect(logSource(unlaunched, "main", false, "container")).toEqual({ status: 400, trouble });
  });

  it("takes a pod without any status for one that is being created", () => {
    expect(logSource({ pod, task: undefined, containers: [] }, "main", false, "container")).toEqual({
      status: 400,
      trouble: 'container "main" in pod "web" is waiting to start: ContainerCreating',
    });
  });

  it("finds init and ephemeral containers too", () => {
    for (const name of ["init", "debug"]) {
      const found = { pod, task, containers: [container(0, ended, name)] };
      expect(logSource(found, name, false, "container")).toEqual({ source: { task, container: name, instance: 0 } });
    }
  });

  it("says of an ephemeral container that cannot run why: kubectl debug shows the answer", () => {
    const terminated = { reason: "ContainerCannotRun", exitCode: 128, message: "none runs here" };
    const status = { ephemeralContainerStatuses: [{ name: "debug", state: { terminated } }] };
    const found = { pod: { ...pod, status } as Pod, task, containers: [container(0, running)] };
    expect(logSource(found, "debug", false, "container")).toEqual({
      status: 400,
      trouble: 'container "debug" in pod "web" cannot run: none runs here',
    });
  });

  it("says of a pod that was refused so, and why", () => {
    const refused = { type: "burstlet.dev/Refused", reason: "ProviderRefused", message: "spec.hostPID: remove it" };
    const waits = [{ name: "main", state: { waiting: { reason: "ProviderRefused" } } }];
    const withStatus = (status: string) => {
      const conditions = [{ ...refused, status }];
      return {
        pod: { ...pod, status: { conditions, containerStatuses: waits } } as Pod,
        task: undefined,
        containers: [],
      };
    };
    expect(logSource(withStatus("True"), "main", false, "container")).toEqual({
      status: 400,
      trouble:
        'container "main" in pod "web" does not start, because the pod was refused: ' +
        "ProviderRefused: spec.hostPID: remove it",
    });
    expect(logSource(withStatus("False"), "main", false, "container").trouble).toContain("is waiting to start");
  });

  it("knows no container that the pod does not have, even if the task does", () => {
    const found = { pod, task, containers: [container(0, running, "stranger")] };
    expect(logSource(found, "stranger", false, "container")).toEqual({
      status: 404,
      trouble: 'container "stranger" not found in pod "web"',
    });
  });

  it("looks for the previous run in the attempt before where a restart is a new task", () => {
    const terminated = { exitCode: 1, startedAt: "2026-01-02T03:04:05Z", containerID: "cloud://7" };
    const status = { containerStatuses: [{ name: "main", lastState: { terminated } }] };
    const restarted = { ...pod, status } as Pod;
    const second = { identity: { ...identity, attempt: 2 }, id: "task-2" };
    const found = { pod: restarted, task: second, containers: [container(0, running)] };
    expect(logSource(found, "main", true, "task")).toEqual({
      source: { task: { identity }, container: "main", instance: 0 },
      ran: { startedAt: Date.parse(terminated.startedAt), finishedAt: undefined, containerID: "cloud://7" },
    });
    expect(logSource(found, "main", true, "container")).toMatchObject({ status: 400 });
    expect(logSource({ ...found, task }, "main", true, "task")).toMatchObject({ status: 400 });
    expect(logSource({ ...found, pod }, "main", true, "task")).toMatchObject({ status: 400 });
  });
});
