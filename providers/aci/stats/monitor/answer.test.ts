import { expect, test } from "vitest";
import { minutesOf } from "./answer.ts";

const series = (container: string, data: readonly object[], dimension = "containername") => ({
  metadatavalues: [{ name: { value: dimension, localizedValue: dimension }, value: container }],
  data,
});
const metric = (value: string, ...timeseries: object[]) => ({
  id: `/subscriptions/s/…/Microsoft.Insights/metrics/${value}`,
  name: { value, localizedValue: value },
  errorCode: "Success",
  timeseries,
});
const point = (minute: number, average?: number) => ({
  timeStamp: `2026-01-01T10:0${minute}:00Z`,
  ...(average !== undefined && { average }),
});
const at = (minute: number): number => Date.parse(point(minute).timeStamp);

test("each container has the minutes of which processor and memory are told, the oldest first", () => {
  const body = {
    cost: 0,
    interval: "PT1M",
    value: [
      metric(
        "CpuUsage",
        series("main", [point(2, 0), point(1, 12.5), point(3), point(4, 1)]),
        series("side", [point(1, 7)], "containerName"),
      ),
      metric("MemoryUsage", series("main", [point(1, 900), point(2, 901), point(3, 902)]), series("side", [])),
    ],
  };
  expect([...minutesOf(body)]).toEqual([
    [
      "main",
      [
        { at: at(1), milliCores: 12.5, bytes: 900 },
        { at: at(2), milliCores: 0, bytes: 901 },
      ],
    ],
    ["side", []],
  ]);
});

test("nothing is known of a group that is not measured yet, nor by an answer that says something else", () => {
  const without = { value: [metric("CpuUsage"), metric("MemoryUsage")] };
  for (const body of [without, { value: [] }, {}, undefined, "<html>"]) expect(minutesOf(body).size).toBe(0);
});

test("a series of no container, and points that are none, are passed over", () => {
  const data = [
    point(1, -1),
    { timeStamp: "soon", average: 1 },
    { average: 1 },
    null as unknown as object,
    point(2, 5),
  ];
  const nameless = { metadatavalues: [], data };
  const body = {
    value: [metric("CpuUsage", nameless, series("main", data)), metric("MemoryUsage", series("main", data))],
  };
  expect([...minutesOf(body)]).toEqual([["main", [{ at: at(2), milliCores: 5, bytes: 5 }]]]);
});
