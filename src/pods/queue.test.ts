import { describe, expect, it } from "vitest";
import { fakeClock } from "../../test/support/fake-clock.ts";
import { createKeyQueue } from "./queue.ts";

/** A queue whose work ends when the test says so. */
function bench() {
  const clock = fakeClock();
  const begun: string[] = [];
  const failures: [string, number][] = [];
  const open = new Map<string, PromiseWithResolvers<void>>();
  const queue = createKeyQueue(
    clock,
    (key) => {
      begun.push(key);
      const gate = Promise.withResolvers<void>();
      open.set(key, gate);
      return gate.promise;
    },
    (key, _error, retryInMs) => failures.push([key, retryInMs]),
  );
  const end = async (key: string, error?: Error) => {
    const gate = open.get(key);
    if (error === undefined) gate?.resolve();
    else gate?.reject(error);
    await clock.advance(0);
  };
  return { clock, queue, begun, failures, end };
}

describe("key queue", () => {
  it("works on different keys at once and on one key never twice at once", async () => {
    const { queue, begun, end } = bench();
    for (const key of ["a", "b", "a", "a"]) queue.add(key);
    expect(begun).toEqual(["a", "b"]);
    await end("a");
    expect(begun).toEqual(["a", "b", "a"]);
    await end("a");
    expect(begun).toEqual(["a", "b", "a"]);
  });

  it("works on a key at its time, the nearest one counts, and work before it makes it needless", async () => {
    const { clock, queue, begun, end } = bench();
    queue.addAt("a", clock.now() + 5_000);
    queue.addAt("a", clock.now() + 9_000);
    queue.addAt("a", clock.now() + 3_000);
    await clock.advance(2_999);
    expect(begun).toEqual([]);
    await clock.advance(1);
    expect(begun).toEqual(["a"]);
    await end("a");
    queue.addAt("a", clock.now() + 5_000);
    queue.add("a");
    await end("a");
    await clock.advance(60_000);
    expect(begun).toEqual(["a", "a"]);
  });

  it("tries a failed key again after 0.5 s, doubling to 30 s, for ever, and forgets the failures after a success", async () => {
    const { clock, queue, begun, failures, end } = bench();
    queue.add("a");
    for (let nth = 0; nth < 40; nth++) {
      await end("a", new Error("no answer"));
      await clock.advance(30_000);
    }
    expect(begun).toHaveLength(41);
    expect(failures.map(([, delay]) => delay).slice(0, 8)).toEqual([
      500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
    ]);
    await end("a");
    queue.add("a");
    await end("a", new Error("no answer"));
    expect(failures.at(-1)).toEqual(["a", 500]);
  });

  it("drains: waits for what runs, takes no more, and leaves no timer", async () => {
    const { clock, queue, begun, end } = bench();
    queue.add("a");
    queue.add("a");
    queue.addAt("b", clock.now() + 1_000);
    let drained = false;
    const done = queue.drain().then(() => (drained = true));
    queue.add("c");
    queue.addAt("d", clock.now());
    await clock.advance(5_000);
    expect([drained, begun]).toEqual([false, ["a"]]);
    await end("a");
    await done;
    expect([begun, clock.pending]).toEqual([["a"], 0]);
  });
});
