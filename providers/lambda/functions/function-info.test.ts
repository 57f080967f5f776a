import { describe, expect, test } from "vitest";
import { concurrencyOf, type FunctionInfo, unfit } from "./function-info.ts";

const info: FunctionInfo = {
  version: "1",
  memory: 1_769,
  timeout: 60,
  storage: 512,
  architecture: "amd64",
  state: "Active",
  stateReason: undefined,
  reserved: undefined,
  durable: undefined,
  logGroup: "/aws/lambda/f",
};
const nothing = { memory: 0, storage: 0, cpu: 0, deadline: undefined };
const name = { name: "f", qualifier: "live" };

describe("a function", () => {
  test("is fit for what it just has", () => {
    expect(unfit(name, info, { memory: 1_769, storage: 512, cpu: 1, deadline: 60 }, "sync")).toBeUndefined();
    expect(unfit(name, { ...info, state: "Inactive" }, nothing, "sync")).toBeUndefined();
    expect(unfit(name, { ...info, memory: 128 }, { ...nothing, cpu: 0.05 }, "sync")).toBeUndefined();
  });

  test("lacks what it lacks, all of it at once, each with what to do", () => {
    const message = unfit(name, info, { memory: 1_770, storage: 513, cpu: 1.1, deadline: undefined }, "sync")?.message;
    for (const part of ["f:live", "MB of memory", "raise MemorySize", "EphemeralStorage", "vCPU"])
      expect(message).toContain(part);
  });

  test("that is asked for a durable execution must be one, and last as long as the pod may", () => {
    const of = (durable: FunctionInfo["durable"], deadline?: number) =>
      unfit(name, { ...info, durable }, { ...nothing, deadline }, "durable")?.reason;
    expect(of(undefined)).toBe("LambdaNotDurable");
    expect(of({ executionTimeout: 3_600 }, 3_600)).toBeUndefined();
    expect(of({ executionTimeout: 3_600 }, 3_601)).toBe("LambdaTimeoutTooShort");
  });

  test("that is ended before the pod's deadline is not fit", () => {
    expect(unfit(name, info, { ...nothing, deadline: 61 }, "sync")).toMatchObject({
      kind: "invalid",
      reason: "LambdaTimeoutTooShort",
    });
  });
});

test.for<[reserved: number | undefined, unreserved: number, wanted: number | undefined, expected: number]>([
  [undefined, 1_000, undefined, 1_000],
  [50, 1_000, undefined, 50],
  [50, 1_000, 10, 10],
  [50, 1_000, 100, 50],
  [undefined, 10, 100, 10],
  [undefined, 0, undefined, 1],
])("reserved %s, unreserved %i, configured %s: %i at once", ([reserved, unreserved, wanted, expected]) => {
  expect(concurrencyOf({ ...info, reserved }, { unreserved }, wanted)).toBe(expected);
});
