import { describe, expect, it } from "vitest";
import type { ContainerState, TaskState } from "../../model/task-state.ts";
import { container, ended, now, pod, running, task } from "../../status/testing.ts";
import { ready, recorded, taskProvider, world, written } from "../testing.ts";
import type { World } from "./world.ts";

const provider = { ...taskProvider, name: "aci", restarts: "cloud" as const, memory: Infinity };
const record = { backend: "aci", task: "task-1" };

const told = (
  policy: "Always" | "OnFailure" | "Never",
  containers: readonly ContainerState[],
  more: Partial<TaskState> = {},
) => world(recorded(pod(["a"], policy), record), { provider, tasks: [task([...containers], more)] });
const statusOf = (from: World) => written(from).pod.status;

describe("where the cloud restarts by itself", () => {
  it("a container that has ended and runs again soon is reported, and nobody starts, kills or stops anything", () => {
    const from = told("Always", [container("a", ended(3), { instance: 4 })]);
    const { pod: of, action } = written(from);
    expect(action.do).toBe("wait");
    expect(of.status).toMatchObject({
      phase: "Running",
      containerStatuses: [{ state: { waiting: { reason: "CrashLoopBackOff" } }, restartCount: 4, ready: false }],
    });
    // However long it takes: it is the cloud's.
    expect(written({ ...from, now: now + 3_600_000 }).action.do).toBe("wait");
  });

  it("its crash loop has the count and the last end that the cloud tells", () => {
    const waits = { is: "waiting" as const, reason: "CrashLoopBackOff", message: "back-off" };
    const from = told("OnFailure", [container("a", waits, { instance: 2, last: ended(7) })]);
    expect(statusOf(from)).toMatchObject({
      phase: "Running",
      containerStatuses: [
        {
          state: { waiting: { reason: "CrashLoopBackOff" } },
          lastState: { terminated: { exitCode: 7 } },
          restartCount: 2,
        },
      ],
    });
  });

  it("a run that goes on has the end before it as its last state", () => {
    const from = told("Always", [container("a", running(), { instance: 1, last: ended(7) })]);
    expect(written(from).action.do).toBe("wait");
    expect(statusOf(from)?.containerStatuses).toMatchObject([
      { state: { running: {} }, lastState: { terminated: { exitCode: 7 } }, restartCount: 1, ready: true },
    ]);
  });

  it.for([
    ["OnFailure", 0, "Succeeded"],
    ["Never", 0, "Succeeded"],
    ["Never", 5, "Failed"],
  ] as const)("a pod of a Job with %s and exit code %i is %s", ([policy, code, phase]) => {
    const from = told(policy, [container("a", ended(code))], { phase: "stopped" });
    expect(statusOf(from)).toMatchObject({ phase, containerStatuses: [{ state: { terminated: { exitCode: code } } }] });
  });

  it("under Never what the cloud runs again is stopped, with the first end told", () => {
    const from = told("Never", [container("a", ended(5))], { phase: "stopping" });
    expect(written(from).action).toMatchObject({ do: "stop", attempt: 1, discard: false });
  });

  it("a task that somebody has stopped as a whole is followed by another one, and none that still runs", () => {
    const stopped = told("Always", [container("a", ended(137))], { phase: "stopped" });
    const { pod: of, action } = written(stopped);
    expect(action).toEqual({ do: "prepare", attempt: 2, omit: [] });
    expect(written({ ...stopped, pod: of, notes: { prepared: ready(2) } }).action).toEqual({
      do: "launch",
      attempt: 2,
      try: 1,
    });
    const half = told("Always", [container("a", ended(137))], { phase: "stopping" });
    expect(written(half).action.do).toBe("wait");
  });
});
