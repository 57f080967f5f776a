import { describe, expect, test } from "vitest";
import { groupInput } from "../input/group.ts";
import { containerBody, groupBody, initBody } from "../testing.ts";
import { backOff, crashesAfter, isUp, runsAgain, stateOf } from "./decide.ts";
import { containersOf, type Run } from "./record.ts";

const waits: Run = { state: "Waiting", detailStatus: "" };
const runs: Run = { state: "Running", startTime: 1, detailStatus: "" };
const ends = (exitCode?: number): Run => ({
  state: "Terminated",
  startTime: 1,
  exitCode,
  finishTime: 2,
  detailStatus: "",
});

/** A group of an init container and two others, which do this now. */
function groupOf(restartPolicy: string, runsNow: readonly (Run | undefined)[], stopped = false) {
  const body = groupBody({
    restartPolicy,
    initContainers: [initBody("init")],
    containers: [containerBody({ name: "one" }), containerBody({ name: "two" })],
  });
  const input = groupInput.parse(body);
  const containers = containersOf(input).map((container, index) => ({ ...container, current: runsNow[index] }));
  return { input, containers, stopped };
}

describe("the state of a group", () => {
  test.for<[policy: string, now: (Run | undefined)[], state: string, up: boolean]>([
    ["Always", [undefined, undefined, undefined], "Pending", false],
    ["Always", [runs, waits, waits], "Pending", false],
    ["Always", [ends(1), waits, waits], "Pending", false],
    ["Never", [ends(1), waits, waits], "Failed", true],
    ["Always", [ends(0), runs, waits], "Running", false],
    ["Always", [ends(0), runs, runs], "Running", true],
    ["Never", [ends(0), ends(1), runs], "Running", true],
    ["Never", [ends(0), ends(0), ends(0)], "Succeeded", true],
    ["Never", [ends(0), ends(0), ends(2)], "Failed", true],
    ["Never", [ends(0), ends(0), ends(undefined)], "Failed", true],
    ["OnFailure", [ends(0), ends(0), ends(0)], "Succeeded", true],
    ["OnFailure", [ends(0), ends(0), ends(2)], "Running", true],
    ["Always", [ends(0), ends(0), ends(0)], "Running", true],
  ])("under %s with %j is %s", ([policy, now, state, up]) => {
    const group = groupOf(policy, now);
    expect([stateOf(group), isUp(group)]).toEqual([state, up]);
    // Stopped is told once all has ended.
    const anyRuns = group.containers.some(({ current }) => current?.state === "Running");
    expect(stateOf({ ...group, stopped: true })).toBe(anyRuns ? state : "Stopped");
  });
});

describe("a container that has ended", () => {
  test.for([
    ["Always", false, 0, true],
    ["Always", false, 1, true],
    ["Always", true, 0, false],
    ["Always", true, 1, true],
    ["OnFailure", false, 0, false],
    ["OnFailure", false, 1, true],
    ["OnFailure", true, 1, true],
    ["Never", false, 1, false],
    ["Never", true, 1, false],
  ] as const)("under %s, init %s, with %i: runs again %s", ([policy, isInit, exitCode, again]) => {
    expect(runsAgain({ isInit, restartCount: 3 }, ends(exitCode), policy, "kept")).toBe(again);
  });

  test.for([
    [false, 1, 0, true],
    [false, 1, 1, false],
    [false, 0, 0, false],
    [true, 1, 0, false],
  ] as const)(
    "under Never by the platform: init %s, with %i, run again %i times: %s",
    ([isInit, code, restartCount, again]) => {
      expect(runsAgain({ isInit, restartCount }, ends(code), "Never", "run again")).toBe(again);
    },
  );

  test("waits for twice as long each time, up to five minutes, unless it has run for ten", () => {
    expect([1, 2, 3, 6, 60].map((crashes) => backOff(10, crashes))).toEqual([10, 20, 40, 300, 300]);
    const ran = (finishTime: number) => crashesAfter({ crashes: 5 }, { ...ends(0), startTime: 0, finishTime });
    expect([ran(599_999), ran(600_000)]).toEqual([6, 1]);
  });
});
