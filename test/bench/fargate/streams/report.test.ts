import { expect, test } from "vitest";
import { fargateStreamTable, fargateStreamTargets } from "./report.ts";

test("the median of each side counts, and Fargate is to reach a third of the other", () => {
  const transfers = ([90, 100, 300] as const).flatMap((speed) => [
    { side: "local" as const, speed },
    { side: "fargate" as const, speed: speed / 4 },
  ]);
  expect(fargateStreamTable(transfers)).toEqual([
    "exec by kubectl with websocket, local: 100 MB/s",
    "exec by kubectl with websocket, fargate: 25 MB/s",
  ]);
  expect(fargateStreamTargets(transfers)).toMatchObject([{ measured: 0.25, is: "at least", bound: 1 / 3 }]);
});
