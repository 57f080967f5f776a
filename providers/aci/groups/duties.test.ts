import { expect, test } from "vitest";
import { isEnding } from "./duties.ts";
import type { KnownGroup } from "./known-groups.ts";

test.for([
  ["nobody has asked for", undefined, 5_000, 10_000, false],
  ["was asked for just now", 9_000, 0, 10_000, true],
  ["was asked for long ago, and nobody has looked since", 1_000, 1_000, 100_000, true],
  ["was asked for just now, and is still there", 1_000, 20_000, 30_999, true],
  ["was asked for long ago, and is still there", 1_000, 20_000, 31_000, false],
] as const)(
  "an end that %s: asked at %s, looked at %s, now %s: may still come: %s",
  ([, at, askedAt, now, expected]) => {
    const ending = at === undefined ? undefined : ({ at, by: "delete" } as const);
    expect(isEnding({ ending, askedAt } as KnownGroup, now)).toBe(expected);
  },
);
