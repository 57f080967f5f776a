import { describe, expect, test } from "vitest";
import { createLanes } from "./lanes.ts";

/** Work that runs until it is told to end. */
function work(log: string[], name: string) {
  const { promise, resolve } = Promise.withResolvers<string>();
  return {
    end: () => resolve(name),
    run: () => {
      log.push(name);
      return promise;
    },
  };
}

describe("lanes", () => {
  test("run no more at once than allowed, and one lane does not hold up another", async () => {
    const lanes = createLanes({ launch: 2, stop: 1 });
    const log: string[] = [];
    const jobs = ["a", "b", "c"].map((name) => work(log, name));
    const results = jobs.map((job) => lanes.run("launch", job.run));
    const stop = work(log, "stop");
    const stopped = lanes.run("stop", stop.run);
    expect(lanes.load("launch")).toEqual({ waiting: 1, running: 2 });
    expect(log).toEqual(["a", "b", "stop"]);
    jobs[0]?.end();
    await results[0];
    await expect.poll(() => log).toEqual(["a", "b", "stop", "c"]);
    for (const job of [...jobs, stop]) job.end();
    expect(await Promise.all([...results, stopped])).toEqual(["a", "b", "c", "stop"]);
    await lanes.idle();
    expect(lanes.load("launch")).toEqual({ waiting: 0, running: 0 });
  });

  test("start what is more urgent first, equals in order of arrival", async () => {
    const lanes = createLanes({ only: 1 });
    const log: string[] = [];
    const block = work(log, "block");
    const blocked = lanes.run("only", block.run);
    const note = (name: string) => async () => void log.push(name);
    const rest = [
      lanes.run("only", note("low"), { priority: -1 }),
      lanes.run("only", note("first")),
      lanes.run("only", note("second")),
      lanes.run("only", note("high"), { priority: 5 }),
    ];
    block.end();
    await Promise.all([blocked, ...rest]);
    expect(log).toEqual(["block", "high", "first", "second", "low"]);
  });

  test("waiting work leaves its lane when its signal aborts", async () => {
    const lanes = createLanes({ only: 1 });
    const log: string[] = [];
    const block = work(log, "block");
    const blocked = lanes.run("only", block.run);
    const controller = new AbortController();
    const reason = new Error("pod deleted");
    const waits = lanes.run("only", work(log, "never").run, { signal: controller.signal });
    controller.abort(reason);
    await expect(waits).rejects.toBe(reason);
    await expect(lanes.run("only", work(log, "never").run, { signal: controller.signal })).rejects.toBe(reason);
    block.end();
    await blocked;
    expect(log).toEqual(["block"]);
  });

  test("running work keeps its place until it really ends, whatever its signal says", async () => {
    const lanes = createLanes({ only: 1 });
    const log: string[] = [];
    const controller = new AbortController();
    const slow = work(log, "slow");
    const result = lanes.run("only", slow.run, { signal: controller.signal });
    const next = lanes.run("only", async () => void log.push("next"));
    controller.abort(new Error("stop"));
    await new Promise((resolve) => setImmediate(resolve));
    expect(log).toEqual(["slow"]);
    slow.end();
    await expect(result).resolves.toBe("slow");
    await next;
  });

  test("a failure reaches its caller alone", async () => {
    const lanes = createLanes({ only: 1 });
    const fails = lanes.run("only", () => Promise.reject(new Error("no")));
    const works = lanes.run("only", async () => "yes");
    await expect(fails).rejects.toThrow("no");
    await expect(works).resolves.toBe("yes");
  });
});
