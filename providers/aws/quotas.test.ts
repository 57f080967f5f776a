import { expect, test } from "vitest";
import { ecsFamilies, limitsOf, logsLimits } from "./quotas.ts";

test.for([
  ["us-east-1", 25, 25],
  ["eu-central-1", 10, 5],
  ["eu-west-1", 10, 10],
  ["eu-west-3", 30, 10],
  ["ap-southeast-2", 25, 10],
] as const)("CloudWatch Logs of %s allows %i GetLogEvents and %i FilterLogEvents a second", ([region, get, filter]) => {
  expect(logsLimits(region)).toEqual({
    getLogEvents: { burst: get, rate: get },
    filterLogEvents: { burst: filter, rate: filter },
  });
});

test("a quota counts where both of its values are known, and neither is none at all", () => {
  const { writeDefinitions } = ecsFamilies;
  expect(
    limitsOf(
      writeDefinitions,
      new Map([
        ["L-1E6DEB89", 40],
        ["L-CDF9F16B", 4],
      ]),
    ),
  ).toEqual({ burst: 40, rate: 4 });
  expect(limitsOf(writeDefinitions, new Map([["L-1E6DEB89", 40]]))).toEqual({ burst: 20, rate: 1 });
  expect(
    limitsOf(
      writeDefinitions,
      new Map([
        ["L-1E6DEB89", 40],
        ["L-CDF9F16B", 0],
      ]),
    ),
  ).toEqual({ burst: 20, rate: 1 });
  expect(
    limitsOf(
      ecsFamilies.runTask,
      new Map([
        ["L-1E6DEB89", 40],
        ["L-CDF9F16B", 4],
      ]),
    ),
  ).toEqual({ burst: 20, rate: 20 });
});
