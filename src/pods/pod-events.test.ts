import { describe, expect, it } from "vitest";
import type { ContainerStatus, Pod } from "../model/kube.ts";
import type { ContainerState, TaskState } from "../model/task-state.ts";
import { pod, status } from "../status/testing.ts";
import { editEvents, eventsOf, taskEvents } from "./pod-events.ts";

const showing = (...containerStatuses: ContainerStatus[]): Pod =>
  pod(
    containerStatuses.map(({ name }) => name),
    "Always",
    { status: { containerStatuses } },
  );

const waits = (name: string, reason: string, message = "why"): ContainerStatus => ({
  ...status(name, "waiting"),
  state: { waiting: { reason, message } },
});

const words = (before: Pod, after: Pod) =>
  eventsOf(before, after).map(
    ({ type, reason, container, message }) => `${type} ${reason} ${container ?? "-"}: ${message}`,
  );

const fresh = showing(status("a", "waiting"));

describe("events of a pod", () => {
  it("are Created and Started for an ordinary start, and nothing before it", () => {
    expect(words(pod(["a"], "Always"), fresh)).toEqual([]);
    const started = ["Normal Created a: Container created", "Normal Started a: Container started"];
    expect(words(fresh, showing(status("a", "running")))).toEqual(started);
    // It had ended before anybody looked.
    expect(words(fresh, showing(status("a", 0)))).toEqual(started);
    expect(words(showing(status("a", "running")), showing(status("a", 0)))).toEqual([]);
  });

  it("are one for an ephemeral container that cannot run, also while the others go on", () => {
    const terminated = { reason: "ContainerCannotRun", exitCode: 128, message: "none runs here" };
    const before = showing(status("a", "running"));
    const debug = { ...status("debug", "waiting"), state: { terminated } };
    const after = { ...before, status: { ...before.status, ephemeralContainerStatuses: [debug] } };
    expect(words(before, after)).toEqual(["Warning Failed debug: Error: none runs here"]);
    expect(words(after, after)).toEqual([]);
  });

  it("say that a new image in the spec of a pod that runs is not applied", () => {
    const before = showing(status("a", "running"), status("b", "running"));
    const [first, ...others] = before.spec?.containers ?? [];
    const containers = [{ name: "a", ...first, image: "busybox:2" }, ...others];
    const after = { ...before, spec: { ...before.spec, containers } };
    expect(editEvents(before, after)).toEqual([
      expect.objectContaining({ type: "Warning", reason: "ImageChangeNotApplied", container: "a" }),
    ]);
    expect(editEvents(after, after)).toEqual([]);
  });

  it("are told again for the next run of a container", () => {
    const again = { ...status("a", "running"), restartCount: 1 };
    expect(words(showing(status("a", 1)), showing(again))).toHaveLength(2);
    expect(words(showing(again), showing(again))).toEqual([]);
    expect(
      words(showing(status("a", 1)), showing({ ...waits("a", "CrashLoopBackOff"), restartCount: 1 })),
    ).toHaveLength(3);
    // Its deletion shows the end that the back-off had covered.
    expect(words(showing(status("a", "crashed")), showing(status("a", 1)))).toEqual([]);
  });

  it.for<[string, string]>([
    ["CrashLoopBackOff", "Warning BackOff a: Back-off restarting failed container a in pod pod_default(uid)"],
    ["ImagePullBackOff", "Normal BackOff a: why"],
    ["ErrImagePull", 'Warning Failed a: Failed to pull image "busybox": why'],
    ["ErrImageNeverPull", "Warning ErrImageNeverPull a: why"],
    ["InvalidImageName", "Warning InspectFailed a: why"],
    ["CreateContainerConfigError", "Warning Failed a: Error: why"],
    ["CreateContainerError", "Warning Failed a: Error: why"],
    ["FailedCreatePodSandBox", "Warning FailedCreatePodSandBox -: Failed to create pod sandbox: why"],
    ["NoCapacity", "Warning NoCapacity -: why"],
  ])("of a container that waits with %s: once, %s", ([reason, event]) => {
    expect(words(showing(status("a", 0)), showing(waits("a", reason)))).toEqual([event]);
    expect(words(showing(waits("a", reason)), showing(waits("a", reason, "why, later")))).toEqual([]);
  });

  it.for(["ContainerCreating", "PodInitializing"])("are none for %s", (reason) => {
    expect(words(showing(waits("a", "NoCapacity")), showing(waits("a", reason)))).toEqual([]);
  });

  it("are one for the whole pod where one cause holds every container", () => {
    const before = showing(status("a", "waiting"), status("b", "waiting"));
    expect(words(before, showing(waits("a", "NoCapacity"), waits("b", "NoCapacity")))).toEqual([
      "Warning NoCapacity -: why",
    ]);
    expect(words(before, showing(waits("a", "ErrImagePull", "x"), waits("b", "ErrImagePull", "y")))).toHaveLength(2);
  });

  it.for(["StartError", "ContainerCannotRun"])("say that a container could not run (%s), once", (reason) => {
    const failed = { ...status("a", 128), state: { terminated: { exitCode: 128, reason, message: "no such file" } } };
    expect(words(fresh, showing(failed))).toEqual(["Warning Failed a: Error: no such file"]);
    expect(words(showing(failed), showing(failed))).toEqual([]);
  });

  it("never say that a run was started whose start failed between two looks", () => {
    const end = { terminated: { exitCode: 128, reason: "StartError", message: "no such file" } };
    const first = { ...status("a", 128), state: end };
    const second = { ...first, restartCount: 1, lastState: end, state: { waiting: { reason: "CrashLoopBackOff" } } };
    const told = words(showing(first), showing(second));
    expect(told).toContain("Warning Failed a: Error: no such file");
    expect(told.filter((event) => / (Created|Started) /.test(event))).toEqual([]);
  });

  it("are none for an end that nobody saw", () => {
    const unknown = { ...status("a", 137), state: { terminated: { exitCode: 137, reason: "ContainerStatusUnknown" } } };
    expect(words(fresh, showing(unknown))).toEqual([]);
  });

  it("say a refusal once, with every reason in it, and nothing else", () => {
    const refused = (message: string): Pod => {
      const conditions = [{ type: "burstlet.dev/Refused", status: "True", reason: "ProviderRefused", message }];
      return pod(["a"], "Always", {
        status: { conditions, containerStatuses: [waits("a", "ProviderRefused", message)] },
      });
    };
    expect(words(fresh, refused("hostPath"))).toEqual(["Warning ProviderRefused -: hostPath"]);
    expect(words(refused("hostPath"), refused("hostPath"))).toEqual([]);
    expect(words(refused("hostPath"), refused("hostPID"))).toHaveLength(1);
  });
});

describe("a resize that is not done", () => {
  const resized = (message?: string): Pod => {
    const conditions = [{ type: "PodResizePending", status: "True", reason: "Infeasible", message: message ?? "" }];
    const containerStatuses = [status("a", "running")];
    return pod(["a"], "Always", {
      status: { containerStatuses, ...(message !== undefined && { conditions }) },
    });
  };

  it("is told once, and again for another one", () => {
    expect(words(resized(), resized("a"))).toEqual(["Warning ResizeInfeasible -: a"]);
    expect(words(resized("a"), resized("a"))).toEqual([]);
    expect(words(resized("a"), resized("b"))).toEqual(["Warning ResizeInfeasible -: b"]);
    expect(words(resized("a"), resized())).toEqual([]);
  });
});

describe("a resize that is done in place", () => {
  const sized = (cpu: string, failure?: string): Pod => {
    const containerStatuses = [{ ...status("a", "running"), resources: { requests: { cpu } } }, status("b", "running")];
    const conditions = [{ type: "PodResizeInProgress", status: "True", ...(failure && { message: failure }) }];
    return pod(["a", "b"], "Always", { status: { containerStatuses, conditions } });
  };

  it("is told of the containers that have other resources now, and a failure when it is news", () => {
    expect(words(sized("1"), sized("2"))).toEqual(["Normal ResizeCompleted -: Resized in place: a"]);
    expect(words(sized("1"), sized("1", "in use"))).toEqual(["Warning ResizeError -: in use"]);
    expect(words(sized("1", "in use"), sized("1", "in use"))).toEqual([]);
  });
});

describe("events of a task", () => {
  const picture = (one: Partial<ContainerState>): TaskState => ({
    id: "t",
    identity: { clusterUid: "c", podUid: "u", attempt: 1 },
    podName: "p",
    podNamespace: "d",
    nodeName: "n",
    version: 1,
    phase: "running",
    containers: [{ name: "a", kind: "main", instance: 0, image: "i", state: { is: "running", startedAt: 0 }, ...one }],
    podIPs: [],
    probedBy: "core",
  });
  const failed = { postStart: "command exited with 3" };
  const failedAgain = picture({ instance: 1, hookFailures: failed });

  it("tell of a failure once, with its reason and its container", () => {
    expect(taskEvents(picture({}), picture({ hookFailures: failed }))).toEqual([
      {
        type: "Warning",
        reason: "FailedPostStartHook",
        message: "PostStartHook failed: command exited with 3",
        container: "a",
      },
    ]);
    expect(taskEvents(picture({ hookFailures: failed }), picture({ hookFailures: failed }))).toEqual([]);
  });

  it("tell of a pull once when it begins and once when it has succeeded, in the kubelet's words", () => {
    const events = (before: Partial<ContainerState>, after: Partial<ContainerState>) =>
      taskEvents(picture(before), picture(after)).map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
    const pulling = { pull: { startedAt: 1000 } };
    const again = { pull: { startedAt: 12_000 } };
    const pulled = { pull: { startedAt: 12_000, finishedAt: 13_500, bytes: 42 } };
    const begins = 'Normal Pulling: Pulling image "i"';
    const ends = 'Normal Pulled: Successfully pulled image "i" in 1.5s (1.5s including waiting). Image size: 42 bytes.';
    expect(events({}, pulling)).toEqual([begins]);
    expect(events(pulling, again)).toEqual([]);
    expect(events(again, pulled)).toEqual([ends]);
    expect(events(pulled, pulled)).toEqual([]);
    expect(events({}, pulled)).toEqual([begins, ends]);
    expect(events(pulled, { instance: 1 })).toEqual([]);
    expect(events(pulled, { instance: 1, ...pulling })).toEqual([begins]);
  });

  it("tell of the next run's failure too, and of a preStop hook beside the other", () => {
    expect(taskEvents(picture({ hookFailures: failed }), failedAgain)).toHaveLength(1);
    const both = picture({ hookFailures: { ...failed, preStop: "no" } });
    expect(taskEvents(picture({ hookFailures: failed }), both).map(({ reason }) => reason)).toEqual([
      "FailedPreStopHook",
    ]);
  });

  it("tell once what the provider warns of", () => {
    const warning = { reason: "MayStillRun", message: "it may" };
    expect(taskEvents(picture({}), { ...picture({}), warning })).toEqual([{ type: "Warning", ...warning }]);
    expect(taskEvents({ ...picture({}), warning }, { ...picture({}), warning })).toEqual([]);
  });

  it("tell once why the pod has no sandbox, in the kubelet's words, and again when the reason is another", () => {
    const stuck = (message: string): TaskState => ({ ...picture({}), reason: "FailedCreatePodSandBox", message });
    expect(taskEvents(picture({}), stuck("no memory"))).toEqual([
      { type: "Warning", reason: "FailedCreatePodSandBox", message: "Failed to create pod sandbox: no memory" },
    ]);
    expect(taskEvents(stuck("no memory"), stuck("no memory"))).toEqual([]);
    expect(taskEvents(stuck("no memory"), stuck("no address"))).toHaveLength(1);
    const state = { is: "waiting", reason: "FailedCreatePodSandBox", message: "no memory" } as const;
    const waits = stuck("no memory").containers.map((one) => ({ ...one, state }));
    expect(taskEvents(picture({}), { ...stuck("no memory"), containers: waits })).toEqual([]);
    expect(taskEvents(picture({}), { ...picture({}), reason: "StoppedByHand", message: "by hand" })).toEqual([]);
  });

  it("are none for a task that was not known before: they have been told", () => {
    expect(taskEvents(undefined, failedAgain)).toEqual([]);
  });
});
