import { describe, expect, it } from "vitest";
import type { Pod } from "../model/kube.ts";
import type { TaskState } from "../model/task-state.ts";
import { podStatus, type Story } from "./pod-status.ts";
import { at, container, ended, now, pod, running, status, task, waiting } from "./testing.ts";

const told = (of: Pod, shown?: TaskState, story: Story = {}) =>
  podStatus({ pod: of, task: shown, story, hostIP: "192.0.2.1", now });

const words = { reason: "DeadlineExceeded", message: "too long" };
const never = pod(["a"], "Never");

describe("the status of a pod", () => {
  it("before its launch has a start time, waiting containers and the node's address", () => {
    const before = told(pod(["init1", "a"], "Always"));
    expect(before).toMatchObject({
      phase: "Pending",
      startTime: at,
      hostIP: "192.0.2.1",
      hostIPs: [{ ip: "192.0.2.1" }],
      observedGeneration: 1,
      initContainerStatuses: [{ name: "init1", state: { waiting: { reason: "PodInitializing" } } }],
      containerStatuses: [{ name: "a", state: { waiting: { reason: "PodInitializing" } } }],
    });
    expect(before).not.toHaveProperty("podIP");
    expect(before).not.toHaveProperty("qosClass");
    expect(told(pod(["a"], "Always")).containerStatuses?.[0]?.state?.waiting?.reason).toBe("ContainerCreating");
    expect(told(pod(["a"], "Always"))).not.toHaveProperty("initContainerStatuses");
  });

  it("shares 12,288 bytes of termination messages evenly among its containers, as the kubelet does", () => {
    const message = "x".repeat(4096);
    const lengths = (names: string[]): (number | undefined)[] => {
      const shown = task(names.map((name) => container(name, { ...ended(1), message })));
      const { containerStatuses = [] } = told(pod(names, "Never"), shown);
      return containerStatuses.map(({ state }) => state?.terminated?.message?.length);
    };
    expect(lengths(["a", "b", "c"])).toEqual([4096, 4096, 4096]);
    expect(lengths(["a", "b", "c", "d"])).toEqual([3072, 3072, 3072, 3072]);
  });

  it("counts init and ephemeral containers among those that share the termination messages", () => {
    const message = "x".repeat(12_288);
    const names = ["init1", "a", "b"];
    const spec = { containers: [{ name: "a" }, { name: "b" }], ephemeralContainers: [{ name: "c" }] };
    const of = pod(names, "Never", { spec });
    const shown = task(["init1", "a", "b", "c"].map((name) => container(name, { ...ended(0), message })));
    const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = told(of, shown);
    const all = [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses];
    expect(all.map(({ state }) => state?.terminated?.message?.length)).toEqual([3072, 3072, 3072, 3072]);
  });

  it("of a pod of which nothing is known yet is Pending, and tells no more than that", () => {
    const nothing = podStatus({ pod: {}, task: undefined, story: {}, hostIP: undefined, now });
    const conditions = expect.any(Array) as never;
    expect(nothing).toStrictEqual({ phase: "Pending", conditions, startTime: at, containerStatuses: [] });
    const started = task([container("a", running())], { podIPs: [] });
    expect(podStatus({ pod: {}, task: started, story: {}, hostIP: undefined, now })).not.toHaveProperty("podIP");
  });

  it("tells of a container that waits for its next run by the names of both, with all its restarts", () => {
    const crashed = task([container("a", ended(1), { instance: 1 })]);
    const story = { backOffs: new Map([["a", 20_000]]), earlierRestarts: { a: 3 } };
    expect(told(pod(["a"], "Always"), crashed, story).containerStatuses).toMatchObject([
      {
        restartCount: 4,
        state: { waiting: { message: "back-off 20s restarting failed container=a pod=pod_default(uid)" } },
      },
    ]);
  });

  it("says that its task was taken away, in the provider's words where it has some", () => {
    const disruption = (more: Partial<TaskState>) =>
      told(never, task([container("a", ended(137))], more)).conditions?.find(({ type }) => type === "DisruptionTarget");
    const usual = { reason: "TerminationByProvider", message: "the provider took the task away" };
    expect(disruption({ disrupted: true })).toMatchObject(usual);
    const words = { reason: "SpotInterruption", message: "two minutes" };
    expect(disruption({ disrupted: true, ...words })).toMatchObject(words);
    expect(disruption(words)).toBeUndefined();
  });

  it("keeps its start time", () => {
    const startTime = "2026-01-01T00:00:00Z";
    expect(told(pod(["a"], "Always", { status: { startTime } })).startTime).toBe(startTime);
  });

  it("carries every address of the task, the first as podIP, and the host that the task names", () => {
    const shown = task([container("a", running())], { podIPs: ["10.1.2.3", "fd00::3"], hostIP: "192.0.2.9" });
    expect(told(pod(["a"], "Always"), shown)).toMatchObject({
      podIP: "10.1.2.3",
      podIPs: [{ ip: "10.1.2.3" }, { ip: "fd00::3" }],
      hostIP: "192.0.2.9",
    });
  });

  it("says in the waiting containers why the launch is held up", () => {
    const held = told(never, undefined, { waiting: { reason: "NoCapacity", message: "full" } });
    expect(held.phase).toBe("Pending");
    expect(held.containerStatuses?.[0]?.state).toEqual({ waiting: { reason: "NoCapacity", message: "full" } });
  });

  it.for<[boolean, string, string | undefined]>([
    [true, "Failed", "ProviderRefused"],
    [false, "Pending", undefined],
  ])("of a refused pod: final %s is %s", ([final, phase, reason]) => {
    const refused = told(never, undefined, { refused: { reason: "ProviderRefused", message: "hostPath", final } });
    expect(refused.phase).toBe(phase);
    expect(refused.reason).toBe(reason);
    expect(refused.containerStatuses?.[0]?.state).toEqual({
      waiting: { reason: "ProviderRefused", message: "hostPath" },
    });
  });

  it.for<[string, Parameters<typeof told>[0], TaskState | undefined, Story, string]>([
    ["runs while a container runs", never, task([container("a", running())]), { ended: words }, "Running"],
    ["has failed once nothing runs", never, task([container("a", ended(0))]), { ended: words }, "Failed"],
    ["has failed when nothing was ever launched", never, undefined, { ended: words }, "Failed"],
    [
      "closing: has succeeded by its exit codes",
      pod(["a"], "Always"),
      task([container("a", ended(0))]),
      { closing: true },
      "Succeeded",
    ],
    [
      "closing: has failed by its exit codes",
      pod(["a"], "Always"),
      task([container("a", ended(143))]),
      { closing: true },
      "Failed",
    ],
    ["closing: runs while a container does", never, task([container("a", running())]), { closing: true }, "Running"],
    ["closing: has failed when a container never ran", never, undefined, { closing: true }, "Failed"],
    [
      "closing: sidecars do not count",
      pod(["side1", "a"], "Never"),
      task([container("side1", ended(137)), container("a", ended(0))]),
      { closing: true },
      "Succeeded",
    ],
    [
      "runs on while a sidecar does, although its main container has ended",
      pod(["side1", "a"], "Never"),
      task([container("side1", running()), container("a", ended(1))]),
      {},
      "Running",
    ],
    [
      "waits for a sidecar's end before a failed init container fails it",
      pod(["side1", "init2", "a"], "Never"),
      task([container("side1", running()), container("init2", ended(1)), container("a", waiting("PodInitializing"))]),
      {},
      "Pending",
    ],
    [
      "runs on while a sidecar does, although an init container has failed it, once it has been running",
      pod(["side1", "init2", "a"], "Never", { status: { phase: "Running" } }),
      task([container("side1", running()), container("init2", ended(1)), container("a", waiting("PodInitializing"))]),
      {},
      "Running",
    ],
    [
      "runs on while one main container does, although an init container has failed it",
      pod(["init1", "a", "b"], "Never"),
      task([container("init1", ended(1)), container("a", running()), container("b", ended(0))]),
      {},
      "Running",
    ],
    [
      "closing: has failed when one of its containers has",
      pod(["a", "b"], "Always"),
      task([container("a", ended(0)), container("b", ended(1))]),
      { closing: true },
      "Failed",
    ],
  ])("at the end: %s", ([, of, shown, story, phase]) => {
    expect(told(of, shown, story).phase).toBe(phase);
  });

  it("gives a refusal as the reason before the node's, and the node's before what holds up the launch", () => {
    const refused = { reason: "ProviderRefused", message: "hostPath", final: true };
    const waiting = { reason: "NoCapacity", message: "full" };
    const reasons = (story: Story) => {
      const { reason, containerStatuses } = told(never, undefined, story);
      return [reason, containerStatuses?.[0]?.state?.waiting?.reason];
    };
    expect(reasons({ refused, ended: words, waiting })).toEqual(["ProviderRefused", "ProviderRefused"]);
    expect(reasons({ ended: words, waiting })).toEqual(["DeadlineExceeded", "DeadlineExceeded"]);
  });

  it("says why the node ended it, also in containers that were never launched", () => {
    const late = told(never, undefined, { ended: words });
    expect(late).toMatchObject(words);
    expect(late.containerStatuses?.[0]?.state).toEqual({ waiting: words });
  });

  it("never leaves a terminal phase, and leaves others' words beside the phase they explain", () => {
    const evicted = { phase: "Failed", reason: "Evicted", message: "node is full" };
    const after = told(pod(["a"], "Always", { status: evicted }), task([container("a", ended(137))]));
    expect(after).toMatchObject(evicted);
    const before = pod(["a"], "Always", { status: { phase: "Pending", reason: "Odd" } });
    expect(told(before, task([container("a", running())]))).not.toHaveProperty("reason");
  });

  it("has a network once the task has an address or a container has started, until the pod has ended or the task has stopped", () => {
    const ready = (shown: TaskState) =>
      told(never, shown).conditions?.find((one) => one.type === "PodReadyToStartContainers")?.status;
    expect(ready(task([container("a", waiting("ContainerCreating"))], { podIPs: [] }))).toBe("False");
    expect(ready(task([container("a", waiting("ContainerCreating"))]))).toBe("True");
    expect(ready(task([container("a", running())], { podIPs: [] }))).toBe("True");
    expect(ready(task([container("a", ended(0))]))).toBe("False");
    const half = [container("a", running()), container("b", waiting("ContainerCreating"))];
    expect(ready(task(half, { podIPs: [] }))).toBe("True");
    expect(ready(task([container("a", ended(0))], { phase: "stopped" }))).toBe("False");
  });

  it("knows a sidecar by its restart policy: it is ready while it runs, an init container once it has succeeded", () => {
    const shown = task([container("side1", running()), container("init2", ended(0)), container("a", running())]);
    const { initContainerStatuses = [] } = told(pod(["side1", "init2", "a"], "Never"), shown);
    expect(initContainerStatuses.map(({ name, ready }) => [name, ready])).toEqual([
      ["side1", true],
      ["init2", true],
    ]);
    const swapped = task([container("side1", ended(0)), container("init2", running())]);
    const other = told(pod(["side1", "init2", "a"], "Never"), swapped).initContainerStatuses ?? [];
    expect(other.map(({ ready }) => ready)).toEqual([false, false]);
  });

  it("keeps the status of a container that an attempt left out", () => {
    const before = pod(["a", "b"], "OnFailure", {
      status: { containerStatuses: [status("a", 0), status("b", "crashed")] },
    });
    expect(told(before, task([container("b", running())])).containerStatuses).toMatchObject([
      { name: "a", state: { terminated: { exitCode: 0 } } },
      { name: "b", state: { running: {} } },
    ]);
  });
});
