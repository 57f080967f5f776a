import { expect, test } from "vitest";
import { fakeClock } from "../../../test/support/fake-clock.ts";
import { createGrace } from "./grace.ts";

function world() {
  const clock = fakeClock();
  let count = 0;
  const grace = createGrace(clock, () => void count++);
  return { clock, grace, count: () => count };
}

test("a grace is shortened by later calls, never lengthened, and over once", async () => {
  const { clock, grace, count } = world();
  for (const seconds of [30, 5, 60]) grace.shorten(seconds);
  await clock.advance(4_999);
  expect(count()).toBe(0);
  await clock.advance(100_000);
  expect(count()).toBe(1);
});

test("none at all is over at once, also where there was more before", async () => {
  const { clock, grace, count } = world();
  grace.shorten(30);
  grace.shorten(0);
  expect(count()).toBe(1);
  await clock.advance(100_000);
  expect(count()).toBe(1);
});

test("one that is given up is never over", async () => {
  const { clock, grace, count } = world();
  grace.shorten(1);
  grace.cancel();
  await clock.advance(10_000);
  expect(count()).toBe(0);
});
