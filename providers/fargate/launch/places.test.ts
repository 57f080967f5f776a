import type { Task } from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import type { FargateRequest } from "../request.ts";
import { identity, over, pictureOf, runs, type Shown, stopped, unstarted } from "../tasks/testing.ts";
import { createPlaces } from "./places.ts";

const subnets = ["subnet-a", "subnet-b"];
const request = {
  placement: {
    places: (["spot", "on-demand"] as const).flatMap((market) => subnets.map((subnet) => ({ market, subnet }))),
  },
} as unknown as FargateRequest;

const noRoom = { ...unstarted, stoppedReason: "Capacity is unavailable at this time. Please try again later" };
const onSpot = { capacityProviderName: "FARGATE_SPOT" };
const inSubnet = (subnet: string) => ({
  attachments: [{ type: "ElasticNetworkInterface", details: [{ name: "subnetId", value: subnet }] }],
});
const waits: Shown = { lastStatus: "STOPPED" };

/** Where the attempt after this task begins. */
function startAfter(shown: Shown, task: Partial<Task>, later = 1): number {
  const places = createPlaces();
  const state = pictureOf({ a: shown }, task);
  if (state === undefined) throw new Error("no task of this node");
  places.seen(task, state);
  return places.startOf({ identity: { ...identity, attempt: identity.attempt + later }, request });
}

test.for<[what: string, shown: Shown, task: Partial<Task>, start: number]>([
  ["that had no capacity on Spot", waits, { ...noRoom, ...onSpot, ...inSubnet("subnet-a") }, 1],
  ["that had none in the last subnet on Spot", waits, { ...noRoom, ...onSpot, ...inSubnet("subnet-b") }, 2],
  ["that had none on demand", waits, { ...noRoom, ...inSubnet("subnet-a") }, 3],
  ["that never had a network", waits, { ...noRoom, ...onSpot }, 1],
  [
    "that Spot took back before it ran",
    waits,
    { ...over, stopCode: "SpotInterruption", pullStoppedAt: undefined, ...onSpot, ...inSubnet("subnet-b") },
    2,
  ],
  ["that asked for a place which the pod has no more", waits, { ...noRoom, ...onSpot, ...inSubnet("subnet-x") }, 0],
  ["that has run", { ...stopped, exitCode: 1 }, { ...over, ...onSpot, ...inSubnet("subnet-a") }, 0],
  ["that runs", runs, { ...onSpot, ...inSubnet("subnet-a") }, 0],
])("the attempt after one %s begins behind its place", ([, shown, task, start]) => {
  expect(startAfter(shown, task)).toBe(start);
});

test("only the next attempt does so", () => {
  expect(startAfter(waits, { ...noRoom, ...onSpot, ...inSubnet("subnet-a") }, 2)).toBe(0);
});
