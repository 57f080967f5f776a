import { createColors } from "picocolors";
import { describe, expect, it } from "vitest";
import type { Pod } from "../../../src/model/kube.ts";
import { type Example, examples } from "../../e2e/examples.ts";
import { changes, picture, type Scene } from "./picture.ts";
import { podRow } from "./pod-row.ts";
import { createScreen } from "./screen.ts";

const now = Date.parse("2026-01-01T00:01:00Z");

function pod(name: string, status: Pod["status"], metadata: Pod["metadata"] = {}): Pod {
  const created = { name, creationTimestamp: "2026-01-01T00:00:00Z", ...metadata };
  return { metadata: created, spec: { containers: [{ name: "main" }] }, ...(status && { status }) };
}

function container(
  state: object,
  more: object = {},
): NonNullable<NonNullable<Pod["status"]>["containerStatuses"]>[number] {
  return { name: "main", image: "busybox", imageID: "", ready: false, restartCount: 0, state, ...more };
}

const running = pod("runs", {
  phase: "Running",
  podIP: "10.0.0.1",
  containerStatuses: [container({ running: {} }, { ready: true, restartCount: 2 })],
});
const failed = pod("fails", { phase: "Failed", containerStatuses: [container({ terminated: { exitCode: 3 } })] });

describe("a pod's row", () => {
  it.for<[string, Pod, object]>([
    ["runs", running, { ready: "1/1", phase: "Running", reason: "", restarts: "2", age: "60s", address: "10.0.0.1" }],
    ["failed", failed, { ready: "0/1", phase: "Failed", reason: "exit 3" }],
    [
      "succeeded",
      pod("a", { phase: "Succeeded", containerStatuses: [container({ terminated: { exitCode: 0 } })] }),
      { phase: "Succeeded", reason: "exit 0" },
    ],
    [
      "waits",
      pod("a", { phase: "Pending", containerStatuses: [container({ waiting: { reason: "ErrImagePull" } })] }),
      { phase: "Pending", reason: "ErrImagePull" },
    ],
    [
      "waits between two runs",
      pod("a", { phase: "Running", containerStatuses: [container({ waiting: { reason: "CrashLoopBackOff" } })] }),
      { phase: "Running", reason: "CrashLoopBackOff" },
    ],
    [
      "is not placed",
      pod("a", { phase: "Pending", conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable" }] }),
      { phase: "Pending", reason: "Unschedulable" },
    ],
    ["was refused", pod("a", { phase: "Failed", reason: "ProviderRefused" }), { reason: "ProviderRefused" }],
    [
      "is being deleted",
      pod("a", running.status, { deletionTimestamp: "2026-01-01T00:00:30Z" }),
      { phase: "Terminating" },
    ],
    ["has no status yet", pod("a", undefined), { ready: "0/1", phase: "Pending", reason: "", address: "" }],
  ])("tells that it %s", ([, one, row]) => {
    expect(podRow(one, now)).toMatchObject(row);
  });
});

const reachedOne: Example = { file: "one.yaml", expected: "one is there", reached: () => true };
const waitingOne: Example = { file: "two.yaml", expected: "two is there", reached: () => false };

function scene(pods: readonly Pod[], reachedAfter?: number): Scene {
  return {
    title: "Node n",
    seconds: 61,
    now,
    progress: [
      { example: reachedOne, reachedAfter },
      { example: waitingOne, reachedAfter: undefined },
    ],
    objects: { pods, jobs: [], deployments: [], endpointSlices: [] },
    hints: ["try this"],
  };
}

describe("the picture", () => {
  it("shows the examples with their state, the pods by name, and what to do next", () => {
    expect(picture(scene([running, failed], 7), createColors(false), 100, 40)).toEqual([
      "Node n, 61s",
      "",
      "EXAMPLE    REACHED   EXPECTED",
      "one.yaml   in 7s     one is there",
      "two.yaml   not yet   two is there",
      "",
      "NAME    READY   PHASE     REASON   RESTARTS   AGE   IP",
      "fails   0/1     Failed    exit 3   0          60s",
      "runs    1/1     Running            2          60s   10.0.0.1",
      "",
      "try this",
    ]);
  });

  it("of the real examples fits into 80 columns", () => {
    const progress = examples.map((example) => ({ example, reachedAfter: undefined }));
    const lines = picture({ ...scene([]), progress }, createColors(false), 80, 24);
    expect(lines.filter((line) => line.endsWith("…"))).toEqual([]);
    expect(lines.filter((line) => line.includes("not yet"))).toHaveLength(examples.length);
  });

  it("leaves out the pods that have ended first, and counts them", () => {
    const done = Array.from({ length: 9 }, (_, n) => pod(`a${n}`, { phase: n < 6 ? "Succeeded" : "Failed" }));
    const lines = picture(scene([...done, running]), createColors(false), 80, 15);
    expect(lines.find((line) => line.startsWith("runs"))).toContain("10.0.0.1");
    expect(lines).toContain("and 6 more: 3 Succeeded, 3 Failed");
  });

  it("fits into the terminal, and counts the pods that do not", () => {
    const pods = Array.from({ length: 30 }, (_, n) => pod(`p${n}`, { phase: "Pending" }));
    const lines = picture(scene(pods), createColors(false), 100, 20);
    expect(lines).toHaveLength(19);
    expect(lines.filter((line) => line.startsWith("p"))).toHaveLength(9);
    expect(lines).toContain("and 21 more: 21 Pending");
    expect(picture(scene(pods), createColors(false), 100, 10)).toHaveLength(9);
  });
});

describe("what changed", () => {
  it("is told once for each change", () => {
    const before = new Map<string, string>();
    const waits = pod("runs", { phase: "Pending" });
    expect(changes(scene([waits]), before)).toEqual(["   61s  pod runs: Pending"]);
    expect(changes(scene([waits]), before)).toEqual([]);
    expect(changes(scene([running, failed], 7), before)).toEqual([
      "   61s  pod runs: Running, 1/1 ready",
      "   61s  pod fails: Failed, exit 3",
      "   61s  example one.yaml: reached one is there",
    ]);
    expect(changes(scene([running, failed], 7), before)).toEqual([]);
  });
});

describe("the screen", () => {
  function shown(isTTY: boolean, environment: Record<string, string> = {}): string {
    let text = "";
    const write = (part: string | Uint8Array): boolean => Boolean((text += String(part)));
    const screen = createScreen({ isTTY, write, getWindowSize: () => [100, 40] }, environment);
    screen.show(scene([running]));
    screen.show(scene([running], 7));
    return text;
  }

  it("is redrawn in place on a terminal", () => {
    const text = shown(true);
    // Ten lines up, and over them.
    expect(text.split("\u001B[10A")).toHaveLength(2);
    expect(text.endsWith("try this\u001B[K\n\u001B[J")).toBe(true);
    expect(text).toContain("\u001B[32mRunning\u001B[39m");
  });

  it.for<[string, string]>([
    ["NO_COLOR", "1"],
    ["TERM", "dumb"],
  ])("has no colours with %s=%s", ([name, value]) => {
    expect(shown(true, { [name]: value })).not.toContain("\u001B[32m");
  });

  it("is lines of what changed where there is no terminal", () => {
    expect(shown(false)).toBe(
      "Node n\ntry this\n   61s  pod runs: Running, 1/1 ready\n   61s  example one.yaml: reached one is there\n",
    );
  });
});
