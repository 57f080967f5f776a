import { describe, expect, it } from "vitest";
import { annotations } from "../../model/annotations.ts";
import type { Pod, PodSpec } from "../../model/kube.ts";
import { now, pod, status } from "../../status/testing.ts";
import { recorded, taskProvider, world } from "../testing.ts";
import { viewOf } from "./view.ts";
import type { World } from "./world.ts";

describe("a lost task, rebuilt", () => {
  const container = (name: string, more: object) => ({ name, image: "busybox", ...more });
  const spec = {
    ...pod(["init1", "side1", "a", "b", "c", "d"], "Always").spec,
    ephemeralContainers: ["e", "f", "g"].map((name) => ({ name, image: "debug" })),
  } as PodSpec;
  const told = {
    message: "last words",
    signal: 9,
    startedAt: "2026-01-02T03:03:05Z",
    finishedAt: "2026-01-02T03:04:05Z",
  };
  const statuses = {
    initContainerStatuses: [status("init1", 0), { ...status("side1", "running"), restartCount: 2 }],
    containerStatuses: [
      { ...status("a", 0), state: { terminated: { exitCode: 3, reason: "Error", ...told } }, containerID: "x://1" },
      { ...status("b", "crashed"), restartCount: 5, image: "resolved", imageID: "sha" },
      { ...status("c", 0), state: { terminated: { exitCode: 137, reason: "ContainerStatusUnknown" } } },
    ],
    ephemeralContainerStatuses: [status("e", "running"), status("f", "waiting")],
  };
  const annotated = { [annotations.earlierRestarts]: "b=3" };
  const of = recorded(pod([], "Always", { spec, status: statuses, metadata: { annotations: annotated } }), {
    attempt: 2,
    task: "t",
  });
  const lost = viewOf(world(of), of).task;

  it("is stopped, has the pod's names, and no address", () => {
    expect(lost).toMatchObject({
      id: "",
      identity: { clusterUid: "", podUid: "uid", attempt: 2 },
      podName: "pod",
      podNamespace: "default",
      nodeName: "burst",
      version: 0,
      phase: "stopped",
      podIPs: [],
      probedBy: "core",
    });
    const bare = recorded({ metadata: {} }, { task: "t" });
    expect(viewOf(world(bare), bare).task).toMatchObject({
      identity: { clusterUid: "", podUid: "", attempt: 1 },
      podName: "",
      podNamespace: "",
      nodeName: "",
      containers: [],
    });
  });

  it("has every container that was started, with what its status told of it, and an unknown end else", () => {
    const unknown = {
      is: "terminated",
      exitCode: undefined,
      reason: "ContainerStatusUnknown",
      message: "The container could not be located: provider local no longer knows its task or is not this node's",
    };
    const end = (exitCode: number | undefined, reason: string) => ({ is: "terminated", exitCode, reason });
    expect(lost?.containers).toEqual([
      container("init1", { kind: "init", instance: 0, imageID: "", state: end(0, "Completed") }),
      container("side1", { kind: "sidecar", instance: 2, imageID: "", state: { ...unknown, startedAt: now } }),
      container("a", {
        kind: "main",
        instance: 0,
        imageID: "",
        containerID: "x://1",
        state: { ...end(3, "Error"), message: "last words", signal: 9, startedAt: now - 60_000, finishedAt: now },
      }),
      container("b", {
        kind: "main",
        instance: 2,
        image: "resolved",
        imageID: "sha",
        state: end(1, "Error"),
      }),
      container("c", { kind: "main", instance: 0, imageID: "", state: end(undefined, "ContainerStatusUnknown") }),
      container("d", { kind: "main", instance: 0, state: unknown }),
      container("e", { kind: "ephemeral", instance: 0, imageID: "", state: { ...unknown, startedAt: now } }),
    ]);
  });

  it("has the words of a status that gives no reason, and no image where nobody names one", () => {
    const odd = { containerStatuses: [{ ...status("a", 0), state: { terminated: { exitCode: 3 } } }] };
    const spec = { containers: [{ name: "a" }, { name: "b" }] };
    const of = recorded({ metadata: {}, spec, status: odd }, { task: "t" });
    expect(viewOf(world(of), of).task?.containers).toMatchObject([
      { state: { exitCode: 3, reason: "Error" } },
      { image: "", imageID: undefined, containerID: undefined },
    ]);
    const running = { ...status("b", "crashed"), state: { running: { startedAt: "2026-01-02T03:04:05Z" } } };
    const again = { ...of, status: { containerStatuses: [running] } };
    expect(viewOf(world(again), again).task?.containers[1]?.state).toMatchObject({ exitCode: undefined });
  });
});

describe("a task that its cloud has forgotten for good", () => {
  const lambda = {
    ...taskProvider,
    memory: 0,
    unknownEnd: { exitCode: 255, reason: "OutcomeUnknown", message: "nobody knows" },
  } as const;
  const lostOf = (of: Pod, provider: Partial<World["provider"]> = lambda) =>
    viewOf(world(of, { provider: { ...lambda, ...provider } }), of);
  const at = { backend: "fargate", task: "t" };
  const running = pod(["a"], "OnFailure", { status: { containerStatuses: [status("a", "running")] } });

  it("ends in the provider's words, and finishes the pod although its policy allows another run", () => {
    const { task, life } = lostOf(recorded(running, at));
    expect(task).toMatchObject({ final: true, containers: [{ state: lambda.unknownEnd }] });
    expect(life).toMatchObject({ is: "terminating", why: "finished" });
  });

  it("may run again where the cloud remembers tasks, for a while that is over", () => {
    const { task, life } = lostOf(recorded(running, at), { memory: 10 });
    expect(task?.final).toBeUndefined();
    expect(life).toEqual({ is: "running" });
  });

  it("of another provider has the words of nobody", () => {
    const { task } = lostOf(recorded(running, { ...at, backend: "other" }));
    expect(task?.containers).toMatchObject([{ state: { exitCode: undefined, reason: "ContainerStatusUnknown" } }]);
  });

  it("has the known end of a container that waits for its next run, and may run again", () => {
    const failed = { terminated: { exitCode: 3, reason: "Error" } };
    const waiting = { ...status("a", "crashed"), lastState: failed };
    const { task, life } = lostOf(recorded({ ...running, status: { containerStatuses: [waiting] } }, at));
    expect(task).toMatchObject({ containers: [{ state: { exitCode: 3 } }] });
    expect(task?.final).toBeUndefined();
    expect(life).toEqual({ is: "running" });
  });

  it("has an unknown end although the attempt before had a known one", () => {
    const failed = { terminated: { exitCode: 3, reason: "Error" } };
    const begun = { ...status("a", "waiting"), restartCount: 1, lastState: failed };
    const annotated = { [annotations.earlierRestarts]: "a=1" };
    const of = { ...running, metadata: { ...running.metadata, annotations: annotated } };
    const { task } = lostOf(recorded({ ...of, status: { containerStatuses: [begun] } }, { ...at, attempt: 2 }));
    expect(task).toMatchObject({ final: true, containers: [{ instance: 0, state: { exitCode: 255 } }] });
  });
});
