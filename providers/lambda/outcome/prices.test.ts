import { expect, test } from "vitest";
import { hourlyUsd, invocationUsd, pricesOf } from "./prices.ts";

test("an hour and an invocation cost what the function's memory costs; arm64 costs less", () => {
  const [amd64, arm64] = [pricesOf({ prices: undefined }, "amd64"), pricesOf({ prices: undefined }, "arm64")];
  expect(hourlyUsd(1_024, amd64)).toBeCloseTo(0.06, 5);
  expect(hourlyUsd(1_024, arm64)).toBeCloseTo(0.048, 5);
  const report = { requestId: "r", duration: 1_000, billed: 1_000, memorySize: 512, maxMemory: 1 };
  expect(invocationUsd(report, amd64)).toBeCloseTo(0.0000085333, 9);
});

test("the configuration's prices come first", () => {
  const prices = { gbSecond: 1, request: 2 };
  const report = { requestId: "r", duration: 500, billed: 500, memorySize: 2_048, maxMemory: 1 };
  expect(invocationUsd(report, pricesOf({ prices }, "arm64"))).toBe(3);
});
