import { describe, expect, test } from "vitest";
import { createLimiter } from "../../../../src/limits/limiter.ts";
import { ProviderError } from "../../../../src/provider.ts";
import { fakeClock } from "../../../../test/support/fake-clock.ts";
import { silentLog } from "../../../../test/support/silent-log.ts";
import type { KnownGroup } from "../../groups/known-groups.ts";
import { observe } from "../../groups/observe.ts";
import { groupOf, identity, ms, owner, running } from "../../groups/testing.ts";
import { createMonitor } from "./monitor.ts";
import { minuteMs, type Span } from "./meter.ts";

/** Groups `a`, `b`, …, of a container `main` that began at five seconds past the clock's start, and Azure's answers. */
function open(names: readonly string[]) {
  const clock = fakeClock(ms(5));
  const asked: (Span & { readonly name: string; readonly sentAt: number })[] = [];
  const warnings: unknown[] = [];
  let refuse: ((name: string) => Promise<unknown>) | undefined;
  const read = async (name: string, span: Span): Promise<unknown> => {
    asked.push({ name, sentAt: clock.now(), ...span });
    return refuse?.(name) ?? answerOf(span);
  };
  const state = observe(groupOf({ main: { currentState: running() } }), { ...owner, network: "none", version: 1 });
  if (state === undefined) throw new Error("no picture");
  const groups = names.map((name) => {
    const one: Pick<KnownGroup, "name" | "state"> = {
      name,
      state: { ...state, id: name, identity: { ...identity, podUid: name } },
    };
    return one as KnownGroup;
  });
  const log = { ...silentLog, warn: (message: string, fields?: object) => void warnings.push([message, fields]) };
  const limiter = (limits: Parameters<typeof createLimiter>[1]) => createLimiter(clock, limits);
  const ask = createMonitor({ read, limiter, clock, log });
  return {
    clock,
    asked,
    warnings,
    groups,
    refuse: (by: typeof refuse) => void (refuse = by),
    ask: async (of = groups) => {
      const told = ask(of);
      // Whoever asks is the one who hears of it, a moment later.
      told.catch(() => undefined);
      await clock.advance(0);
      return told;
    },
    slow: (of = groups) => ask(of),
  };
}

/** Half a core in every minute. */
function answerOf({ from, to }: Span): unknown {
  const times = Array.from({ length: (to - from) / minuteMs }, (_, nth) => from + nth * minuteMs);
  const metric = (name: string, average: number) => ({
    name: { value: name },
    timeseries: [
      {
        metadatavalues: [{ name: { value: "containername" }, value: "main" }],
        data: times.map((time) => ({ timeStamp: new Date(time).toISOString(), average })),
      },
    ],
  });
  return { value: [metric("CpuUsage", 500), metric("MemoryUsage", 7)] };
}

const main = ([one]: Awaited<ReturnType<ReturnType<typeof open>["ask"]>>) => one?.containers[0];

describe("usage by Azure Monitor", () => {
  test("is told of the last minute that has settled, as a counter since the run began", async () => {
    const { clock, ask } = open(["a"]);
    await clock.advance(4 * minuteMs);
    expect(await ask()).toEqual([
      {
        identity: { ...identity, podUid: "a" },
        containers: [
          { name: "main", time: ms(0) + 3 * minuteMs, startedAt: ms(5), cpuSeconds: (180 - 5) / 2, memoryBytes: 7 },
        ],
      },
    ]);
  });

  test("costs no read before a minute can have come, and one a minute however often somebody asks", async () => {
    const { clock, asked, ask } = open(["a"]);
    await clock.advance(minuteMs);
    expect(await ask()).toEqual([]);
    expect(asked).toEqual([]);
    await clock.advance(minuteMs);
    const first = main(await ask());
    for (let nth = 0; nth < 3; nth++) expect(main(await ask())).toEqual(first);
    expect(asked).toHaveLength(1);
    await clock.advance(minuteMs);
    expect(main(await ask())?.cpuSeconds).toBe((first?.cpuSeconds ?? 0) + 30);
    expect(asked).toHaveLength(2);
    expect(asked[1]?.from).toBe(asked[0]?.to);
  });

  test("of many groups is read four times a second, and what is not read in time is told the next time", async () => {
    const names = Array.from({ length: 100 }, (_, nth) => `group-${nth}`);
    const { clock, asked, slow, ask } = open(names);
    await clock.advance(3 * minuteMs);
    const first = slow();
    await clock.advance(5_000);
    const told = (await first).length;
    expect(told).toBeGreaterThanOrEqual(20);
    expect(told).toBeLessThanOrEqual(30);
    await clock.advance(25_000);
    expect(asked).toHaveLength(100);
    expect(await ask()).toHaveLength(100);
    const lastSecond = asked.filter(({ sentAt }) => sentAt > (asked.at(-1)?.sentAt ?? 0) - 1_000);
    expect(lastSecond.length).toBeLessThanOrEqual(4);
  });

  test("cannot be told while all is refused, which is logged once with the fix until it works again", async () => {
    const { clock, warnings, refuse, ask } = open(["a", "b"]);
    await clock.advance(3 * minuteMs);
    refuse(async () => Promise.reject(new ProviderError("denied", "AuthorizationFailed", "no metrics for you")));
    await expect(ask()).rejects.toThrow("no metrics for you");
    await clock.advance(minuteMs);
    await expect(ask()).rejects.toThrow("no metrics for you");
    expect(warnings).toEqual([
      [
        expect.stringContaining("deploy/azure/usage.json"),
        { group: "a", reason: "AuthorizationFailed", message: "no metrics for you" },
      ],
    ]);
    refuse(undefined);
    await clock.advance(minuteMs);
    expect(await ask()).toHaveLength(2);
  });

  test("of one that does not answer holds nobody up for more than five seconds", async () => {
    const { clock, refuse, slow } = open(["a", "b"]);
    await clock.advance(3 * minuteMs);
    const never = new Promise<unknown>(() => undefined);
    refuse(async (name) => (name === "a" ? never : answerOf({ from: ms(0), to: ms(0) + 2 * minuteMs })));
    const told = slow();
    await clock.advance(5_000);
    expect((await told).map((one) => one.identity.podUid)).toEqual(["b"]);
  });

  test("is not told any more when nothing newer came for five minutes, nor of a group that is gone", async () => {
    const { clock, refuse, groups, ask } = open(["a", "b"]);
    await clock.advance(3 * minuteMs);
    expect(await ask()).toHaveLength(2);
    expect(await ask(groups.slice(1))).toHaveLength(1);
    refuse(async () => Promise.reject(new ProviderError("transient", "CloudUnreachable", "no way")));
    await clock.advance(3 * minuteMs);
    expect(await ask(groups.slice(1))).toHaveLength(1);
    await clock.advance(2 * minuteMs);
    await expect(ask(groups.slice(1))).rejects.toThrow("no way");
  });

  test("of a container that runs anew goes on, and says what the run before has used", async () => {
    const { clock, groups, ask } = open(["a"]);
    await clock.advance(3 * minuteMs);
    const first = main(await ask());
    await clock.advance(minuteMs);
    const state = { is: "running" as const, startedAt: ms(5) + 3 * minuteMs };
    const again = groups.map((one) => ({
      ...one,
      state: { ...one.state, containers: one.state.containers.map((container) => ({ ...container, state })) },
    }));
    const second = main(await ask(again));
    expect(second).toMatchObject({ startedAt: first?.startedAt, time: ms(0) + 3 * minuteMs });
    expect(second?.cpuSeconds).toBe((first?.cpuSeconds ?? 0) + 30);
  });

  test("of groups that are read at different moments is that of one minute", async () => {
    const names = Array.from({ length: 60 }, (_, nth) => `group-${nth}`);
    const { clock, asked, slow, ask } = open(names);
    await clock.advance(3 * minuteMs);
    const first = slow();
    await clock.advance(30_000);
    await first;
    // The next minute has settled: some groups are read for it, and others are not yet.
    await clock.advance(30_000);
    const half = slow();
    await clock.advance(5_000);
    const times = new Set((await half).map(({ containers }) => containers[0]?.time));
    expect(asked.length).toBeLessThan(110);
    expect([...times]).toEqual([ms(0) + 2 * minuteMs]);
    await clock.advance(20_000);
    const later = new Set((await ask()).map(({ containers }) => containers[0]?.time));
    expect([...later]).toEqual([ms(0) + 3 * minuteMs]);
  });
});
