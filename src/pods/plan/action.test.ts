import { expect, test } from "vitest";
import { type Action, firstOf } from "./action.ts";

const wait = (until?: number): Action => ({ do: "wait", ...(until !== undefined && { until }) });
const update: Action = { do: "update", attempt: 1 };

test.for<[string, readonly Action[], Action | undefined]>([
  ["nothing", [], undefined],
  ["a wait for what nobody knows the time of", [wait()], wait()],
  ["the soonest of several waits", [wait(30), wait(), wait(10), wait(20)], wait(10)],
  ["what there is to do, before any wait", [wait(10), update, { do: "remove" }], update],
])("what comes first is %s", ([, actions, expected]) => {
  expect(firstOf(actions)).toEqual(expected);
});
