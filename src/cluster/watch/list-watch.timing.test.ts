import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { fakeClock } from "../../../test/support/fake-clock.ts";
import { advanceUntil, fail } from "../testing.ts";
import { bookmark, close, event, list, quiet, run, type Act } from "./testing.ts";

describe("waits of a list-watch", () => {
  it("waits longer after each failure, and briefly again once a watch has brought something", async () => {
    const clock = fakeClock();
    const at: number[] = [];
    const note =
      (act: Act): Act =>
      (response, seen) => {
        at.push(clock.monotonic());
        return act(response, seen);
      };
    const refuse = note((response) => fail(response, 500, "InternalError"));
    const script = {
      lists: [() => list("10", [])],
      watches: [refuse, refuse, refuse, note(close(bookmark("11"), event("ERROR", { code: 500 }))), note(quiet)],
    };
    const { watches } = await run(script, { clock });
    await advanceUntil(clock, () => watches.length === 5, 1);
    const waits = at.slice(1).map((time, index) => time - (at[index] ?? 0));
    expect(waits[0]).toBeGreaterThanOrEqual(100);
    expect(waits[1]).toBeGreaterThan((waits[0] ?? 0) + 50);
    expect(waits[2]).toBeGreaterThan((waits[1] ?? 0) + 100);
    expect(waits[3]).toBeLessThan(waits[1] ?? 0);
  });

  it("lists soon when an outage ends with 410, and waits longer when that happens again and again", async () => {
    const clock = fakeClock();
    const at: number[] = [];
    const note = (response: ServerResponse, code: number): void => {
      at.push(clock.monotonic());
      fail(response, code, "Expired");
    };
    const away: Act = (response) => note(response, 503);
    const expired: Act = (response) => note(response, 410);
    const script = {
      lists: [() => list("10", [])],
      watches: [away, away, away, away, away, expired, expired, expired, quiet],
    };
    const { watches } = await run(script, { clock });
    await advanceUntil(clock, () => watches.length === 9, 1);
    const waits = at.slice(1).map((time, index) => time - (at[index] ?? 0));
    expect(waits[3]).toBeGreaterThan(700);
    expect(waits[5]).toBeLessThan(300);
    expect(waits[6]).toBeGreaterThan((waits[5] ?? 0) + 50);
  });

  it("keeps at least the pause that an overloaded server asks for", async () => {
    const clock = fakeClock();
    const script = {
      lists: [
        (response: ServerResponse) => fail(response, 429, "TooManyRequests", { retryAfter: 7 }),
        () => list("10", []),
      ],
      watches: [quiet],
    };
    const { lists } = await run(script, { clock });
    const start = clock.monotonic();
    await advanceUntil(clock, () => lists.length === 2);
    expect(clock.monotonic() - start).toBeGreaterThanOrEqual(7_000);
  });

  it("gives up a watch that has been silent although bookmarks were promised, and keeps one that brings them", async () => {
    const clock = fakeClock();
    let send: ((text: string) => void) | undefined;
    const script = {
      lists: [() => list("10", [])],
      watches: [
        (response: ServerResponse) => {
          response.writeHead(200).flushHeaders();
          send = (text) => void response.write(text);
        },
        quiet,
      ],
    };
    const { watches } = await run(script, { clock });
    await advanceUntil(clock, () => send !== undefined, 0);
    for (let minute = 1; minute <= 5; minute += 1) {
      send?.(bookmark(`1${minute}`));
      await clock.advance(60_000);
      // Many turns: a process that was held up sees its timers before what has come over its connections.
      for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(watches).toHaveLength(1);
    const silentSince = clock.monotonic() - 60_000;
    await advanceUntil(clock, () => watches.length === 2, 1_000);
    expect(clock.monotonic() - silentSince).toBeLessThan(160_000);
    expect(watches[1]?.query["resourceVersion"]).toBe("15");
  });
});
