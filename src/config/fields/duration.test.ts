import { expect, test } from "vitest";

import { duration, durationMs } from "./duration.ts";

test.for([
  ["30s", 30_000],
  ["2m", 120_000],
  ["1h30m", 5_400_000],
  ["2m0s", 120_000],
  ["1.5s", 1_500],
  ["250ms", 250],
  ["0s", 0],
] as const)("%s is %i ms", ([text, ms]) => {
  expect(durationMs(duration.parse(text))).toBe(ms);
});

test.for(["", "5", "5 m", "m", "-1s", "1d", "s5"])("%j is no duration", (text) => {
  expect(duration.safeParse(text).success).toBe(false);
});
