import { expect, it } from "vitest";
import { createBackoff } from "./backoff.ts";

it.each([
  [0, [50, 100, 200, 200]],
  [1, [100, 200, 400, 400]],
])("doubles up to the most, between half and all of it (random %d), and begins anew after a reset", (random, waits) => {
  const backoff = createBackoff(100, 400, () => random);
  expect([backoff.next(), backoff.next(), backoff.next(), backoff.next()]).toEqual(waits);
  backoff.reset();
  expect(backoff.next()).toBe(waits[0]);
});
