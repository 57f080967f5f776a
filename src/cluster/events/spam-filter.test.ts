import { expect, it } from "vitest";
import { fakeClock } from "../../../test/support/fake-clock.ts";
import { createSpamFilter } from "./spam-filter.ts";

it("allows 25 events of one object at once, then one in five minutes, and tells the first refusal from the others", async () => {
  const clock = fakeClock();
  const judge = createSpamFilter(clock);
  const ask = (count: number): string[] => Array.from({ length: count }, () => judge("pod"));
  expect(new Set(ask(25))).toEqual(new Set(["allowed"]));
  expect(ask(3)).toEqual(["limited", "still limited", "still limited"]);
  expect(judge("other pod")).toBe("allowed");
  await clock.advance(299_999);
  expect(judge("pod")).toBe("still limited");
  await clock.advance(1);
  expect(ask(2)).toEqual(["allowed", "limited"]);
  await clock.advance(100 * 300_000);
  expect(ask(26).filter((verdict) => verdict === "allowed")).toHaveLength(25);
});
