import { afterEach, describe, expect, test } from "vitest";
import { ProviderError } from "../../../../src/provider.ts";
import { fakeClock } from "../../../../test/support/fake-clock.ts";
import { follow, identity, memoryAzure, numbered, read, signal, source, stopAll } from "./testing.ts";

afterEach(stopAll);

describe("a log that is read once", () => {
  test("has all lines with their times, or the last of them, for which Azure is not asked for more", async () => {
    const clock = fakeClock();
    const azure = memoryAzure(clock);
    const logs = await azure.open();
    azure.write("one", "two", "three");
    expect(await read(logs)).toEqual(["one", "two", "three"]);
    expect(await read(logs, source(), 2)).toEqual(["two", "three"]);
    expect(await read(logs, source(), 0)).toEqual([]);
    expect(azure.calls).toEqual([undefined, 3, 2]);
    const [first] = (await logs.read(source(), { follow: false, tailLines: 1 }, signal().signal).next()).value ?? [];
    expect(first).toMatchObject({ time: "2026-01-02T03:04:05.000000000Z", stream: "stdout", partial: false });
  });

  test("says in its first line that Azure has cut it, where that may matter", async () => {
    const azure = memoryAzure(fakeClock());
    const logs = await azure.open();
    azure.write(...numbered(2_000));
    azure.end();
    const [first = "", ...rest] = await read(logs);
    expect(first).toMatch(/^\[burstlet: Azure keeps 16 KB/);
    expect(rest.at(-1)).toBe("line 1999");
    expect(rest.length).toBeGreaterThan(100);
    expect(await read(logs, source(), 3)).toEqual(numbered(3, 1_997));
  });

  test("of a short run that has ended is whole", async () => {
    const azure = memoryAzure(fakeClock());
    const logs = await azure.open();
    azure.write("one");
    azure.end();
    expect(await read(logs)).toEqual(["one"]);
  });

  test("of the run before is a clear error where Azure has dropped it, and found where it has not", async () => {
    const clock = fakeClock();
    for (const keepsLog of [false, true]) {
      const azure = memoryAzure(clock);
      const logs = await azure.open();
      azure.write("first");
      await clock.advance(3_000);
      azure.end();
      await clock.advance(10_000);
      azure.again(keepsLog);
      azure.write("second");
      expect(await read(logs, source(1))).toEqual(["second"]);
      if (keepsLog) expect(await read(logs, source(0))).toEqual(["first"]);
      else
        await expect(read(logs, source(0))).rejects.toMatchObject({
          kind: "notFound",
          message: expect.stringMatching(/present run alone.*aci\.logs\.directory/) as string,
        });
    }
  });

  test("of a group that is gone is a clear error", async () => {
    const azure = memoryAzure(fakeClock());
    const logs = await azure.open();
    azure.remove();
    await expect(read(logs)).rejects.toMatchObject({ kind: "notFound", reason: "LogGone" });
  });
});

describe("a log that is followed", () => {
  test("brings what is written, each line once, and ends with the run", async () => {
    const clock = fakeClock();
    const azure = memoryAzure(clock);
    const logs = await azure.open();
    azure.write("one", "two");
    const { texts, ended } = follow(logs, source(), 1);
    await clock.advanceUntil(() => texts.length === 1);
    for (const text of ["same", "same", "other"]) {
      azure.write(text, text);
      await clock.advance(2_000);
    }
    await clock.advanceUntil(() => texts.length === 7);
    azure.write("last");
    azure.end();
    await clock.advanceUntil(() => texts.length === 8, 20_000);
    await ended;
    expect(texts).toEqual(["two", "same", "same", "same", "same", "other", "other", "last"]);
    const { length } = azure.calls;
    await clock.advance(60_000);
    expect(azure.calls.length).toBe(length);
  });

  test("costs one call for all who follow it, and few while nothing comes", async () => {
    const clock = fakeClock();
    const azure = memoryAzure(clock);
    const logs = await azure.open();
    azure.write("one");
    const readers = [follow(logs), follow(logs), follow(logs)];
    await clock.advanceUntil(() => readers.every(({ texts }) => texts.length === 1));
    azure.calls.length = 0;
    await clock.advance(300_000);
    expect(azure.calls.length).toBeLessThan(70);
    expect(new Set(azure.calls)).toEqual(new Set([200]));
    azure.write("two");
    await clock.advance(5_500);
    expect(readers.map(({ texts }) => texts)).toEqual(readers.map(() => ["one", "two"]));
    for (const { stop } of readers) stop.abort();
    await Promise.all(readers.map(async ({ ended }) => ended));
    azure.calls.length = 0;
    await clock.advance(60_000);
    expect(azure.calls).toEqual([]);
  });

  test("of many containers is asked for four times a second at most", async () => {
    const clock = fakeClock();
    const azure = memoryAzure(clock);
    const logs = await azure.open();
    for (let nth = 0; nth < 40; nth++) follow(logs, source(0, "main"));
    for (let nth = 1; nth < 40; nth++)
      follow(logs, { ...source(), task: { identity: { ...identity, podUid: `p${nth}` } } });
    await clock.advance(1_000);
    azure.calls.length = 0;
    for (let second = 0; second < 30; second++) {
      azure.write("news");
      await clock.advance(1_000);
    }
    // A burst of news beyond the first lines would cost more; this does not.
    expect(azure.calls.length).toBeLessThanOrEqual(30 * 4 + 1);
  });

  test("asks for more at once where more was written than it had asked for, and loses nothing", async () => {
    const clock = fakeClock();
    const azure = memoryAzure(clock);
    const logs = await azure.open();
    azure.write("begin");
    const { texts } = follow(logs);
    await clock.advanceUntil(() => texts.length === 1);
    azure.write(...numbered(5_000));
    await clock.advanceUntil(() => texts.length > 5_000, 20_000);
    expect(texts).toEqual(["begin", ...numbered(5_000)]);
    expect(azure.calls.slice(-4)).toEqual([200, 800, 3_200, undefined]);
  });

  test("says where Azure has dropped lines before they were read", async () => {
    const clock = fakeClock();
    const azure = memoryAzure(clock, { running: 4_000, ended: 2_000 });
    const logs = await azure.open();
    azure.write("begin");
    const { texts } = follow(logs);
    await clock.advanceUntil(() => texts.length === 1);
    azure.write(...numbered(500));
    await clock.advanceUntil(() => texts.length > 2, 20_000);
    expect(texts[1]).toMatch(/^\[burstlet: here lines are missing/);
    expect(texts.at(-1)).toBe("line 499");
  });

  test.for([true, false])(
    "ends with its run and takes nothing of the next one, where Azure keeps the log: %s",
    async (keepsLog) => {
      const clock = fakeClock();
      const azure = memoryAzure(clock);
      const logs = await azure.open();
      azure.write("first");
      const { texts, ended } = follow(logs);
      await clock.advanceUntil(() => texts.length === 1);
      // Nobody has told burstlet yet.
      azure.end(false);
      await clock.advance(1_000);
      azure.again(keepsLog, false);
      azure.write("second");
      await clock.advance(20_000);
      azure.refresh();
      await clock.advance(20_000);
      await ended;
      expect(texts.filter((text) => text !== "second")).toEqual(["first"]);
      if (!keepsLog) expect(texts).toEqual(["first"]);
    },
  );

  test("goes on after trouble, and ends with what stands in its way for good", async () => {
    const clock = fakeClock();
    const azure = memoryAzure(clock);
    const logs = await azure.open();
    azure.write("one");
    const { texts, ended } = follow(logs);
    await clock.advanceUntil(() => texts.length === 1);
    azure.failures.push(
      new ProviderError("transient", "CloudUnreachable", "x"),
      new ProviderError("throttled", "Slow", "x"),
    );
    azure.write("two");
    await clock.advanceUntil(() => texts.length === 2, 60_000);
    azure.failures.push(new ProviderError("denied", "AuthorizationFailed", "no right to read logs"));
    await clock.advance(20_000);
    await expect(ended).rejects.toMatchObject({ kind: "denied" });
  });
});
