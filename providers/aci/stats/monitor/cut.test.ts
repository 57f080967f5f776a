import { expect, test } from "vitest";
import type { TaskState } from "../../../../src/provider.ts";
import { ended, ms, running, taskOf } from "../../groups/testing.ts";
import { commonMinute, statsAt } from "./cut.ts";
import { minuteMs } from "./meter.ts";

const at = (minutes: number): number => ms(0) + minutes * minuteMs;
const metersTo = (...minutes: readonly number[]) =>
  minutes.map((nth) => ({ startedAt: ms(5), until: at(nth), cpuSeconds: 10 * nth, memoryBytes: nth }));
const group = (...minutes: readonly number[]) => new Map([["main", metersTo(...minutes)]]);

test("groups are told of as of the last minute that is known of all, but for one that is two minutes behind", () => {
  expect(commonMinute([group(1, 2, 3), group(1, 2)], 0)).toBe(at(2));
  expect(commonMinute([group(4, 5), group(2)], 0)).toBe(at(5));
  expect(commonMinute([group(1, 2), new Map()], 0)).toBe(at(2));
  expect(commonMinute([], at(4))).toBe(at(4));
});

test("the minute never goes back, as when one is there that is new", () => {
  expect(commonMinute([group(1, 2, 3), group(2)], at(3))).toBe(at(3));
});

const whole: TaskState = taskOf({ main: { currentState: running() }, sidecar: { currentState: ended(0) } });
const names = whole.containers.map(({ name }) => name);

test("a container that has ended is told as of a minute in which it still ran, and of none after it", () => {
  const meters = new Map([
    ["main", metersTo(1, 2, 3)],
    ["side", metersTo(1, 2)],
  ]);
  const told = (minute: number) =>
    statsAt(whole, meters, at(minute), 0)?.containers.map(({ name, time }) => [name, time]);
  expect(names.toSorted()).toEqual(["main", "side"]);
  expect(told(2)?.toSorted()).toEqual([
    ["main", at(2)],
    ["side", at(2)],
  ]);
  expect(told(3)).toEqual([["main", at(3)]]);
});

test("of one that runs and is behind what is known is told, until it is too old", () => {
  expect(statsAt(whole, group(1), at(3), at(0))?.containers).toMatchObject([
    { name: "main", time: at(1), cpuSeconds: 10 },
  ]);
  expect(statsAt(whole, group(1), at(3), at(2))).toBeUndefined();
});
