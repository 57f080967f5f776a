import { describe, expect, test } from "vitest";
import type { TaskState } from "../../../src/provider.ts";
import { exited, pictureOf, runs, type Shown } from "../tasks/testing.ts";
import { hasMoved, withKnown } from "./merge.ts";

const checked: Shown = { ...runs, probes: "liveness,startup,readiness", imageDigest: "sha256:1" };
function picture(shown: Readonly<Record<string, Shown>>, more: Parameters<typeof pictureOf>[1] = {}): TaskState {
  const state = pictureOf(shown, more);
  if (state === undefined) throw new Error("no task of this node");
  return state;
}
const health = ({ containers }: TaskState) =>
  containers.map(({ ready, started, failed }) => [ready, started, failed] as const);

describe("what an event leaves out", () => {
  test("is the health that was found while the container still runs", () => {
    const healthy = picture({ a: { ...checked, healthStatus: "HEALTHY" } });
    expect(health(withKnown(healthy, picture({ a: checked }, { version: 4 })))).toEqual([[true, true, undefined]]);
    const failing = picture({ a: { ...checked, healthStatus: "UNHEALTHY" } });
    expect(health(withKnown(failing, picture({ a: checked }, { version: 4 })))).toEqual([[false, false, "liveness"]]);
  });

  test("is no health where the container has just begun to run, or has ended", () => {
    const before = picture({ a: { ...checked, lastStatus: "PENDING" } });
    expect(health(withKnown(before, picture({ a: checked }, { version: 4 })))).toEqual([[false, false, undefined]]);
    const healthy = picture({ a: { ...checked, healthStatus: "HEALTHY" } });
    const ended = picture({ a: { ...checked, lastStatus: "STOPPED", exitCode: 1 } }, { ...exited, version: 4 });
    expect(health(withKnown(healthy, ended))).toEqual([[undefined, undefined, undefined]]);
  });

  test("is the image's digest and the container's id where the event has none", () => {
    const known = picture({ a: checked });
    const { containers } = withKnown(known, picture({ a: { lastStatus: "RUNNING" } }, { version: 4 }));
    expect(containers[0]).toMatchObject({ imageID: "registry/a@sha256:1", containerID: "ecs://abc-1" });
  });

  test("is what the task costs and has, which never changes", () => {
    const known = { ...picture({ a: runs }), provisioned: "0.25vCPU 0.5GB Spot", hourlyUsd: 0.004 };
    const seen = { ...picture({ a: runs }, { version: 4 }), provisioned: "0.25vCPU 0.5GB", hourlyUsd: 0.012 };
    expect(withKnown(known, seen)).toMatchObject({
      provisioned: "0.25vCPU 0.5GB Spot",
      hourlyUsd: 0.004,
      version: 4_000,
    });
  });
});

test.for([
  ["another phase", { a: runs }, { lastStatus: "DEACTIVATING", desiredStatus: "STOPPED", version: 4 }, true],
  ["the end of a container", { a: { ...runs, lastStatus: "STOPPED", exitCode: 0 } }, { version: 4 }, true],
  ["a version alone", { a: runs }, { version: 4 }, false],
  ["health alone", { a: { ...checked, healthStatus: "HEALTHY" } }, { version: 4 }, false],
  ["nothing new", { a: runs }, {}, false],
  ["what is older", { a: { ...runs, lastStatus: "PENDING" } }, { version: 2 }, false],
] as const)("a description that shows %s tells more than events have, or not", ([, shown, more, expected]) => {
  expect(hasMoved(picture({ a: { ...runs } }), picture(shown, more))).toBe(expected);
});
