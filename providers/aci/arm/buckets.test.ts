import { describe, expect, test } from "vitest";
import { type CallLimits, type Limiter, ProviderError } from "../../../src/provider.ts";
import { createLimiter } from "../../../src/limits/limiter.ts";
import { fakeClock } from "../../../test/support/fake-clock.ts";
import { createArmBuckets, learned, leftIn, limitsOf, usualQuota } from "./buckets.ts";

const left = (fiveMinutes: string, hour: string) => (name: string) =>
  ({
    "x-ms-ratelimit-remaining-subscription-resource-requests-pt5m": fiveMinutes,
    "x-ms-ratelimit-remaining-subscription-resource-requests-pt1h": hour,
  })[name];

describe("the quota of creations", () => {
  test("is the usual one, as Azure's answer to the first creation confirms", () => {
    expect(learned(usualQuota, leftIn(left("99", "299")))).toEqual({ fiveMinutes: 100, hour: 300 });
    expect(limitsOf(usualQuota)).toEqual({
      fiveMinutes: { burst: 100, rate: 1 / 3 },
      hour: { burst: 300, rate: 1 / 12 },
    });
  });

  test("is a greater one where more is left than the usual one has", () => {
    expect(learned(usualQuota, leftIn(left("899", "1799")))).toEqual({ fiveMinutes: 900, hour: 1800 });
  });

  test("does not shrink as it is used, nor by what is no number", () => {
    for (const headers of [left("0", "0"), left("", "x"), left("-1", "1e999"), () => undefined])
      expect(learned(usualQuota, leftIn(headers))).toEqual(usualQuota);
  });
});

describe("the buckets", () => {
  const counting = () => {
    const made: { limits: CallLimits; calls: number }[] = [];
    const limiter = (limits: CallLimits): Limiter => {
      const one = { limits, calls: 0 };
      made.push(one);
      return {
        run: async (call) => {
          one.calls++;
          return call();
        },
        waiting: 0,
        atMost: () => undefined,
        delay: () => 0,
        rate: limits.rate,
      };
    };
    const used = () => made.filter(({ calls }) => calls > 0).map(({ limits, calls }) => [limits.burst, calls]);
    return { buckets: createArmBuckets(limiter), used };
  };
  const call = async () => 1;

  test("count a read once, and a creation or a deletion in both windows of its own", async () => {
    const { buckets, used } = counting();
    expect(await buckets.read(call)).toBe(1);
    await buckets.create(call);
    expect(used()).toEqual([
      [250, 1],
      [300, 1],
      [100, 1],
    ]);
    await buckets.remove(call);
    expect(used()).toEqual([
      [250, 1],
      [300, 1],
      [100, 1],
      [300, 1],
      [100, 1],
    ]);
  });

  test("tell how long a creation would wait: as long as in the slower window", () => {
    const limiter = ({ burst }: CallLimits): Limiter => {
      return { run: async (call) => call(), waiting: 0, atMost: () => undefined, delay: () => burst, rate: 1 };
    };
    expect(createArmBuckets(limiter).creationDelay()).toBe(300);
  });

  test("of an hour lose nothing when Azure refuses a creation: that is waited for in the window of five minutes", async () => {
    const heard: [number, string][] = [];
    const limiter = ({ burst }: CallLimits): Limiter => ({
      async run(work) {
        return work().catch((error: unknown) => {
          heard.push([burst, (error as ProviderError).reason]);
          throw error;
        });
      },
      waiting: 0,
      atMost: () => undefined,
      delay: () => 0,
      rate: 1,
    });
    const refused = async () => Promise.reject(new ProviderError("throttled", "Refused", "later"));
    await expect(createArmBuckets(limiter).create(refused)).rejects.toThrow("later");
    expect(heard).toEqual([[100, "Refused"]]);
  });

  test("are larger once an answer has told so", async () => {
    const { buckets, used } = counting();
    buckets.learn(left("99", "299"));
    buckets.learn(left("899", "1799"));
    await buckets.create(call);
    expect(used()).toEqual([
      [1800, 1],
      [900, 1],
    ]);
  });

  test("hold no more than is left by Azure's answer, as after a start in the middle of a window", async () => {
    const clock = fakeClock(0);
    const buckets = createArmBuckets((limits) => createLimiter(clock, limits));
    await buckets.create(call);
    buckets.learn(left("2", "250"));
    for (let nth = 0; nth < 2; nth++) await buckets.create(call);
    expect(buckets.creationDelay()).toBe(3_000);
    // An answer that tells more than is known to be left brings none back, and one of an older call takes none twice.
    buckets.learn(left("50", "250"));
    buckets.learn(left("1", "250"));
    expect(buckets.creationDelay()).toBe(3_000);
    buckets.learn(left("0", "0"));
    expect(buckets.creationDelay()).toBe(12_000);
  });
});
