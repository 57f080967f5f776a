import { expect, test } from "vitest";
import { fakeClock } from "../../../test/support/fake-clock.ts";
import { providerContext } from "../../../test/support/provider-context.ts";
import { ProviderError } from "../../../src/provider.ts";
import { ecsFamilies, limitsOf } from "../../aws/quotas.ts";
import { createEcsBuckets } from "./buckets.ts";

function bucketsOn(clock = fakeClock(0)) {
  return { clock, buckets: createEcsBuckets(providerContext(clock).limiter) };
}

test("a thousand launches take the 49 seconds that RunTask's bucket of 20 + 20/s needs, and a margin of 0.6 s", async () => {
  const { clock, buckets } = bucketsOn();
  const sent: number[] = [];
  for (let n = 0; n < 1_000; n++) void buckets.runTask(async () => void sent.push(clock.monotonic()));
  const start = clock.monotonic();
  await clock.advanceUntil(() => sent.length === 1_000);
  expect(sent.filter((at) => at === start)).toHaveLength(8);
  expect((clock.monotonic() - start) / 1_000).toBeCloseTo(49.6, 1);
});

test("launches that wait for their own bucket do not hold up a stop", async () => {
  const { clock, buckets } = bucketsOn();
  for (let n = 0; n < 1_000; n++) void buckets.runTask(async () => undefined);
  let stops = 0;
  for (let n = 0; n < 20; n++) void buckets.stopTask(async () => void stops++);
  await clock.advance(0);
  expect(stops).toBe(20);
});

test("launches and stops together stay within 100 + 40/s", async () => {
  const { clock, buckets } = bucketsOn();
  const sent: number[] = [];
  const note = async (): Promise<void> => void sent.push(clock.monotonic());
  for (let n = 0; n < 300; n++) {
    void buckets.runTask(note);
    void buckets.stopTask(note);
  }
  await clock.advanceUntil(() => sent.length === 600);
  for (const [index, from] of sent.entries()) {
    const within = sent.slice(index).filter((at) => at < from + 5_000).length;
    expect(within).toBeLessThanOrEqual(100 + 40 * 5);
  }
});

test("a launch that is aborted while it waits sends nothing", async () => {
  const { clock, buckets } = bucketsOn();
  for (let n = 0; n < 20; n++) void buckets.runTask(async () => undefined);
  const controller = new AbortController();
  let sent = false;
  const late = buckets.runTask(async () => void (sent = true), controller.signal);
  controller.abort(new Error("stop"));
  await expect(late).rejects.toThrow("stop");
  await clock.advance(60_000);
  expect(sent).toBe(false);
});

test("a throttled reading slows reading, and launches go on", async () => {
  const { clock, buckets } = bucketsOn();
  const throttled = async (): Promise<never> => Promise.reject(new ProviderError("throttled", "x", "Rate exceeded"));
  await expect(buckets.readTasks(throttled)).rejects.toThrow("Rate exceeded");
  let [reads, launches] = [0, 0];
  for (let n = 0; n < 8; n++) {
    void buckets.readTasks(async () => void reads++);
    void buckets.runTask(async () => void launches++);
  }
  await clock.advance(0);
  expect({ reads, launches }).toEqual({ reads: 0, launches: 8 });
});

test("the account's own quotas replace the published ones, whichever code of a pair is the burst", async () => {
  const { clock, buckets } = bucketsOn();
  buckets.configure(
    new Map([
      ["L-6BAD92DD", 5],
      ["L-551A4E9D", 2],
    ]),
  );
  let launches = 0;
  for (let n = 0; n < 20; n++) void buckets.runTask(async () => void launches++);
  await clock.advance(0);
  expect(launches).toBe(3);
  await clock.advance(1_000);
  expect(launches).toBe(5);
  const swapped = new Map([
    ["L-6BAD92DD", 2],
    ["L-551A4E9D", 5],
  ]);
  expect(limitsOf(ecsFamilies.onDemand, swapped)).toEqual({ burst: 5, rate: 2 });
  expect(limitsOf(ecsFamilies.onDemand, new Map([["L-6BAD92DD", 5]]))).toEqual({ burst: 100, rate: 20 });
});

test("launches on Spot and on demand wait for no token of each other's", async () => {
  const { clock, buckets } = bucketsOn();
  const few = (burst: string, rate: string): [string, number][] => [
    [burst, 2],
    [rate, 1],
  ];
  buckets.configure(new Map([...few("L-6BAD92DD", "L-551A4E9D"), ...few("L-F6E37E82", "L-FAA52651")]));
  const launches = { "on-demand": 0, spot: 0 };
  for (let n = 0; n < 3; n++)
    for (const market of ["on-demand", "spot"] as const)
      void buckets.runTask(async () => void launches[market]++, undefined, { market });
  await clock.advance(0);
  expect(launches).toEqual({ "on-demand": 1, spot: 1 });
});

test("launches for which ECS reads many parameters go no faster than those are read", async () => {
  const { clock, buckets } = bucketsOn();
  const sent: number[] = [];
  const began = clock.monotonic();
  const reads = { secrets: 0, parameters: 20 };
  for (let n = 0; n < 6; n++)
    void buckets.runTask(async () => void sent.push(clock.monotonic() - began), undefined, { reads });
  await clock.advance(10_000);
  expect(sent).toHaveLength(6);
  const [first = 0, last = 0] = [sent[0], sent.at(-1)];
  // Forty calls a second are two launches.
  expect(last - first).toBeGreaterThanOrEqual(2_000);
});

test("a second reading of the same quotas leaves a bucket as empty as it is", async () => {
  const { clock, buckets } = bucketsOn();
  let launches = 0;
  for (let n = 0; n < 25; n++) void buckets.runTask(async () => void launches++);
  buckets.configure(new Map());
  for (let n = 0; n < 25; n++) void buckets.runTask(async () => void launches++);
  await clock.advance(0);
  expect(launches).toBe(8);
});

test.for([0, 0.05, 0.59])("what arrives up to %f s late is no more than AWS allows", async (late) => {
  const { clock, buckets } = bucketsOn();
  const arrivals: number[] = [];
  for (let n = 0; n < 200; n++) {
    // The first ones are the late ones: they shake hands.
    const delay = n < 8 ? late * 1_000 : 0;
    void buckets.runTask(async () => void arrivals.push(clock.monotonic() + delay));
  }
  await clock.advanceUntil(() => arrivals.length === 200);
  for (const from of arrivals) {
    for (const until of arrivals) {
      const count = arrivals.filter((at) => at >= from && at <= until).length;
      if (until >= from) expect(count).toBeLessThanOrEqual(20 + (20 * (until - from)) / 1_000 + 1e-6);
    }
  }
});
