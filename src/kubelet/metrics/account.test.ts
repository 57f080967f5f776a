import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCpuAccount } from "./account.ts";
import { sampledAt, startedAt, testSample, testStats } from "./testing.ts";

const at = (seconds: number): number => sampledAt + seconds * 1000;

describe("the CPU account", () => {
  it("adds up what runs used between samples, and all of a run's use at its first one", () => {
    const account = createCpuAccount();
    account.book([testStats("a", [testSample("x", { cpuSeconds: 3 }), testSample("y", { cpuSeconds: 1 })])], 0);
    expect([account.nodeSeconds(), account.podSeconds("a")]).toEqual([4, 4]);
    account.book([testStats("a", [testSample("x", { cpuSeconds: 5, time: at(10) })])], 10_000);
    expect([account.nodeSeconds(), account.podSeconds("a")]).toEqual([6, 6]);
  });

  it("books a sample once, however often it is told", () => {
    const account = createCpuAccount();
    for (let nth = 0; nth < 3; nth++) account.book([testStats("a", [testSample("x", { cpuSeconds: 3 })])], nth);
    expect(account.nodeSeconds()).toBe(3);
  });

  it.for([
    ["a later start", { startedAt: at(5), cpuSeconds: 9 }],
    ["a counter that fell", { startedAt, cpuSeconds: 1 }],
  ] as const)("takes %s for a restart, and keeps what the ended run used", ([, restarted]) => {
    const account = createCpuAccount();
    account.book([testStats("a", [testSample("x", { cpuSeconds: 4 })])], 0);
    account.book([testStats("a", [testSample("x", { ...restarted, time: at(10) })])], 10_000);
    expect(account.nodeSeconds()).toBe(4 + restarted.cpuSeconds);
  });

  it("keeps what ended tasks used, and does not count a container twice that was missing from one answer", () => {
    const account = createCpuAccount();
    const task = testStats("a", [testSample("x", { cpuSeconds: 4 })]);
    account.book([task], 0);
    account.book([], 10_000);
    expect(account.nodeSeconds()).toBe(4);
    account.book([task], 20_000);
    expect(account.nodeSeconds()).toBe(4);
    account.book([], 10_000_000);
    expect([account.nodeSeconds(), account.podSeconds("a")]).toEqual([4, 0]);
  });

  it("tells the cores in use from two samples of one run, and nothing before", () => {
    const account = createCpuAccount();
    const cores = (cpuSeconds: number, seconds: number, start = startedAt): number | undefined => {
      const task = testStats("a", [testSample("x", { cpuSeconds, time: at(seconds), startedAt: start })]);
      account.book([task], seconds * 1000);
      return account.coresOf(task, "x");
    };
    expect(cores(1, 0)).toBeUndefined();
    expect(cores(1, 0)).toBeUndefined();
    expect(cores(2, 4)).toBe(0.25);
    expect(cores(2, 4)).toBe(0.25);
    expect(cores(0.5, 8, at(6))).toBeUndefined();
  });

  it("never falls, whatever is told, and ends at the sum of all runs", () => {
    const step = fc.record({
      container: fc.constantFrom("x", "y"),
      used: fc.integer({ min: 0, max: 50 }),
      restarts: fc.boolean(),
      missing: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const account = createCpuAccount();
        const running = new Map<string, { cpuSeconds: number; startedAt: number }>();
        let used = 0;
        let before = 0;
        for (const [nth, { container, restarts, missing, ...more }] of steps.entries()) {
          const present = restarts ? undefined : running.get(container);
          const { cpuSeconds, startedAt } = present ?? { cpuSeconds: 0, startedAt: at(nth * 10 - 5) };
          running.set(container, { cpuSeconds: cpuSeconds + more.used, startedAt });
          used += more.used;
          const samples = [...running].map(([name, run]) => testSample(name, { ...run, time: at(nth * 10) }));
          // The last use of a run that ended between two answers is known to nobody.
          if (!missing || restarts || nth === steps.length - 1) account.book([testStats("a", samples)], nth * 10_000);
          else if (steps[nth + 1]?.restarts === true) account.book([testStats("a", samples)], nth * 10_000);
          expect(account.nodeSeconds()).toBeGreaterThanOrEqual(before);
          before = account.nodeSeconds();
        }
        expect(account.nodeSeconds()).toBe(used);
        expect(account.podSeconds("a")).toBe(used);
      }),
    );
  });
});
