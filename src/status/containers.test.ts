import { describe, expect, it } from "vitest";
import type { ContainerState, RunState } from "../model/task-state.ts";
import { type ContainerContext, containerStatus } from "./containers.ts";
import { at, container, ended, now, running, stateless, status, waiting } from "./testing.ts";

const context: ContainerContext = {
  kind: "main",
  restartPolicy: "Always",
  earlierRestarts: 0,
  backOffMs: undefined,
  waiting: { reason: "ContainerCreating" },
  firstWait: "ContainerCreating",
  podName: "pod_default(uid)",
  messageBytes: 4096,
};
const spec = { name: "a", image: "busybox" };

const told = (state: RunState, more: Partial<ContainerState> = {}, about: Partial<ContainerContext> = {}) =>
  containerStatus(spec, container("a", state, more), undefined, { ...context, ...about });

describe("a container's state", () => {
  it("is told with its words, times and id", () => {
    expect(told(running(now), { containerID: "x://1", imageID: "sha" })).toStrictEqual({
      name: "a",
      state: { running: { startedAt: at } },
      lastState: {},
      ready: true,
      started: true,
      restartCount: 0,
      image: "busybox",
      imageID: "sha",
      containerID: "x://1",
    });
    expect(told({ ...ended(3), message: "oops" }, { containerID: "x://1" }).state).toEqual({
      terminated: {
        exitCode: 3,
        reason: "Error",
        message: "oops",
        startedAt: "2026-01-02T03:03:55Z",
        finishedAt: at,
        containerID: "x://1",
      },
    });
  });

  it("is told with no more than the task knows", () => {
    const unknown = { name: "a", lastState: {}, restartCount: 0, image: "busybox", imageID: "" };
    const live = { state: { running: { startedAt: at } }, ready: true, started: true };
    expect(told(running(now))).toStrictEqual({ ...unknown, ...live });
    const waits = { state: { waiting: { reason: "ErrImagePull" } }, ready: false, started: false };
    expect(told(waiting("ErrImagePull"))).toStrictEqual({ ...unknown, ...waits });
    expect(told(waiting("ErrImagePull", ""))).toStrictEqual({ ...unknown, ...waits });
  });

  it("before the launch waits with the words of the pod, and with the image that the spec names by now", () => {
    const words = { reason: "NoCapacity", message: "full" };
    const before = { ...status("a", "waiting"), image: "an older one" };
    const wanted = { ...status("a", "waiting"), state: { waiting: words } };
    expect(containerStatus(spec, undefined, before, { ...context, waiting: words })).toStrictEqual(wanted);
    const { state } = status("a", "waiting");
    const nameless = { ...wanted, state, image: "" };
    expect(containerStatus({ name: "a" }, undefined, stateless("a"), context)).toStrictEqual(nameless);
  });

  it("tells of a message as much as there is room for", () => {
    const message = (messageBytes: number) =>
      told({ ...ended(3), message: "für" }, {}, { messageBytes }).state?.terminated?.message;
    expect([3, 4, 5].map(message)).toEqual(["fü", "für", "für"]);
  });

  it("is 137 ContainerStatusUnknown when nobody knows its exit code, never 0", () => {
    const end = { is: "terminated", exitCode: undefined, reason: "Completed" } as const;
    expect(told(end).state?.terminated).toEqual({
      exitCode: 137,
      reason: "ContainerStatusUnknown",
      startedAt: null,
      finishedAt: null,
    });
  });

  it.for(["ErrImagePull", "ImagePullBackOff", "CreateContainerError", "QuotaExceeded"])(
    "keeps the provider's reason %s unchanged",
    (reason) => {
      expect(told(waiting(reason, "why")).state).toEqual({ waiting: { reason, message: "why" } });
    },
  );

  it.for(["ContainerCreating", "PodInitializing"])(
    "says the kubelet's word for this pod where it is only %s",
    (reason) => {
      expect(told(waiting(reason), {}, { firstWait: "PodInitializing" }).state?.waiting?.reason).toBe(
        "PodInitializing",
      );
      expect(told(waiting(reason)).state?.waiting?.reason).toBe("ContainerCreating");
    },
  );
});

describe("a container that waits for its next run", () => {
  it("is in CrashLoopBackOff, with the end of its run as last state", () => {
    expect(told(ended(1), { instance: 1 }, { backOffMs: 10_000 })).toMatchObject({
      state: {
        waiting: {
          reason: "CrashLoopBackOff",
          message: "back-off 10s restarting failed container=a pod=pod_default(uid)",
        },
      },
      lastState: { terminated: { exitCode: 1 } },
      restartCount: 1,
    });
  });

  it.for<[string, Partial<ContainerContext>]>([
    ["its restart is due at once", { backOffMs: 0 }],
    ["it may not run again", { backOffMs: 10_000, restartPolicy: "Never" }],
  ])("is told as ended when %s", ([, about]) => {
    expect(told(ended(1), {}, about).state?.terminated?.exitCode).toBe(1);
  });
});

describe("ready and started", () => {
  it.for<[string, RunState, Partial<ContainerContext>, Partial<ContainerState>, boolean, boolean]>([
    ["a running container without a probe", running(), {}, {}, true, true],
    ["a running container whose provider says not yet", running(), {}, { ready: false, started: false }, false, false],
    ["a waiting container", waiting("ContainerCreating"), {}, {}, false, false],
    ["an ended container", ended(0), {}, {}, false, false],
    ["a running init container", running(), { kind: "init" }, {}, false, true],
    ["an init container that succeeded", ended(0), { kind: "init" }, {}, true, false],
    ["an init container that failed", ended(1), { kind: "init" }, {}, false, false],
    ["a running sidecar", running(), { kind: "sidecar" }, {}, true, true],
    ["a sidecar that ended well", ended(0), { kind: "sidecar" }, {}, false, false],
  ])("of %s", ([, state, about, more, ready, started]) => {
    expect(told(state, more, about)).toMatchObject({ ready, started });
  });
});

describe("what the API server already holds", () => {
  const again = (
    before: ReturnType<typeof status>,
    seen: ContainerState | undefined,
    about: Partial<ContainerContext> = {},
  ) => containerStatus(spec, seen, before, { ...context, ...about });

  it("is kept for a container that this attempt left out, but not the words of one that waits", () => {
    expect(again(status("a", 0), undefined).state?.terminated?.exitCode).toBe(0);
    const words = { waiting: { reason: "NoCapacity", message: "full" } };
    expect(again(status("a", "waiting"), undefined, words).state).toEqual({ waiting: words.waiting });
    expect(again(status("a", "crashed"), undefined, words)).toMatchObject({
      state: { waiting: words.waiting },
      lastState: { terminated: { exitCode: 1 } },
    });
  });

  it("is kept of a container that ran, also where nothing is said of its present state", () => {
    expect(again(status("a", "running"), undefined).state).toEqual({ running: { startedAt: at } });
    const { state: _state, ...restarting } = status("a", "crashed");
    expect(again(restarting, undefined)).toEqual(restarting);
    expect(again(restarting, container("a", running())).lastState).toEqual({
      terminated: { exitCode: 1, reason: "Error" },
    });
  });

  it.for<[string, number, Partial<ContainerContext>, "stays" | "leaves"]>([
    ["Never, exit 0", 0, { restartPolicy: "Never" }, "stays"],
    ["Never, exit 1", 1, { restartPolicy: "Never" }, "stays"],
    ["OnFailure, exit 0", 0, { restartPolicy: "OnFailure" }, "stays"],
    ["OnFailure, exit 1", 1, { restartPolicy: "OnFailure" }, "leaves"],
    ["Always, exit 0", 0, { restartPolicy: "Always" }, "leaves"],
    ["an init container's success under Always", 0, { restartPolicy: "Always", kind: "init" }, "stays"],
    ["an init container's failure under Always", 1, { restartPolicy: "Always", kind: "init" }, "leaves"],
    ["a sidecar under Never", 0, { restartPolicy: "Never", kind: "sidecar" }, "leaves"],
  ])("an end that is for good is never left: %s", ([, exitCode, about, wanted]) => {
    const after = again(status("a", exitCode), container("a", running()), about);
    expect(after.state?.terminated === undefined ? "leaves" : "stays").toBe(wanted);
  });

  it("gives way to the truth where it only said that nobody knows, and to news of the same end", () => {
    const unknown = { ...status("a", 137), state: { terminated: { exitCode: 137, reason: "ContainerStatusUnknown" } } };
    const about = { restartPolicy: "Never" };
    expect(again(unknown, container("a", ended(3)), about).state?.terminated?.exitCode).toBe(3);
    expect(again(unknown, container("a", running()), about).state?.terminated?.exitCode).toBe(137);
    const late = container("a", { ...ended(0), message: "last words" });
    expect(again(status("a", 0), late, about).state?.terminated?.message).toBe("last words");
    expect(again(status("a", 0), container("a", ended(3)), about).state?.terminated?.exitCode).toBe(0);
  });

  it("keeps the time of an end that the provider no longer knows, of that very run", () => {
    const of = (containerID: string, finishedAt: number | undefined) =>
      container("a", { ...ended(0), finishedAt }, { containerID });
    const about = { restartPolicy: "Never" };
    const told = again(status("a", "running"), of("c://1", now - 9_000), about);
    const time = told.state?.terminated?.finishedAt;
    expect(time).toMatch(/^2/);
    expect(again(told, of("c://1", undefined), about).state?.terminated?.finishedAt).toBe(time);
    expect(again(told, of("c://2", undefined), about).state?.terminated?.finishedAt).toBeNull();
  });

  it("counts restarts of earlier attempts, and never fewer than before", () => {
    const before = { ...status("a", "running"), restartCount: 4 };
    expect(again(before, container("a", running(), { instance: 2 }), { earlierRestarts: 3 }).restartCount).toBe(5);
    expect(again(before, container("a", running())).restartCount).toBe(4);
    expect(again(before, undefined).restartCount).toBe(4);
  });

  it("tells how the previous run ended when the task of the next run does not know", () => {
    const next = container("a", running(), { instance: 1 });
    expect(again(status("a", 2), next).lastState?.terminated?.exitCode).toBe(2);
    expect(again(status("a", "crashed"), next).lastState?.terminated?.exitCode).toBe(1);
    expect(again(status("a", "crashed"), { ...next, last: ended(7) }).lastState?.terminated?.exitCode).toBe(7);
    expect(again(status("a", "running"), next).lastState).toEqual({});
  });
});
