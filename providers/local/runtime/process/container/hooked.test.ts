import { describe, expect, it } from "vitest";
import type { ProcessStream, Terminated } from "../../../../../src/provider.ts";
import { fakeClock } from "../../../../../test/support/fake-clock.ts";
import { containerSpec } from "../../../../../test/support/tasks/task-specs.ts";
import type { HookSpec } from "../../../../hooks/hook-spec.ts";
import { hookedRun } from "./hooked.ts";
import type { Run } from "./run.ts";

const sleep = (seconds: number): HookSpec => ({ kind: "sleep", seconds });

/** A run that notes what it is told, with these hooks. */
function hooked(hooks: { postStart?: HookSpec; preStop?: HookSpec }, ran = true) {
  const clock = fakeClock();
  const said: string[] = [];
  const { promise: ended, resolve } = Promise.withResolvers<Terminated>();
  const begun = clock.monotonic();
  const say = (what: string): void => void said.push(`${(clock.monotonic() - begun) / 1000}: ${what}`);
  const plain: Run = {
    startedAt: 0,
    ran,
    tty: false,
    end: (grace) => say(`end ${grace ?? "whenever"}`),
    kill: () => say("kill"),
    usage: () => undefined,
    place: () => undefined,
    attach: () => undefined,
    resize: () => undefined,
    ended,
  };
  const failing = async (): Promise<ProcessStream> => Promise.reject(new Error("no such command"));
  const run = hookedRun(
    plain,
    { ...containerSpec({}), ...hooks },
    {
      ways: { clock, exec: failing, connect: async () => Promise.reject(new Error("nobody listens")) },
      graceSeconds: 7,
      failed: (hook, why) => say(`${hook} failed: ${why}`),
    },
  );
  return { run, clock, said, end: () => resolve({ is: "terminated", exitCode: 0, reason: "Completed" }) };
}

describe("a postStart hook", () => {
  it("says that its run is up when it has succeeded, and is absent where there is none", async () => {
    expect(hooked({}).run.up).toBeUndefined();
    expect(hooked({ postStart: sleep(1) }, false).run.up).toBeUndefined();
    const { run, clock, said } = hooked({ postStart: sleep(3) });
    await clock.advance(3000);
    expect(await run.up).toBe(true);
    expect(said).toEqual([]);
  });

  it("that fails ends its run with the task's grace, and tells why", async () => {
    const { run, said } = hooked({ postStart: { kind: "exec", argv: ["no"] } });
    expect(await run.up).toBe(false);
    expect(said).toEqual(["0: postStart failed: no such command", "0: end 7"]);
  });
});

describe("a preStop hook", () => {
  it("comes before the end, which has what is left of the grace", async () => {
    const { run, clock, said } = hooked({ preStop: sleep(4) });
    run.end(10);
    await clock.advance(30_000);
    expect(said).toEqual(["4: end 6"]);
  });

  it("that takes more than the grace is given up, and its run has two seconds", async () => {
    const { run, clock, said } = hooked({ preStop: sleep(60) });
    run.end(10);
    await clock.advance(120_000);
    expect(said).toEqual(["10: end 2"]);
  });

  it("is shortened by a later call with less grace, and by a kill", async () => {
    const { run, clock, said } = hooked({ preStop: sleep(60) });
    run.end(30);
    await clock.advance(1000);
    run.end(3);
    await clock.advance(120_000);
    expect(said).toEqual(["4: end 2"]);
    const other = hooked({ preStop: sleep(60) });
    other.run.end();
    other.run.kill();
    await other.clock.advance(120_000);
    expect(other.said).toEqual(["0: end 2"]);
  });

  it("may begin before the turn of its run, which then waits for it no longer", async () => {
    const { run, clock, said } = hooked({ preStop: sleep(2) });
    run.prepareEnd();
    await clock.advance(5000);
    expect(said).toEqual([]);
    run.end();
    expect(said).toEqual(["5: end whenever"]);
  });

  it("that fails changes nothing but that it is told", async () => {
    const { run, clock, said } = hooked({
      preStop: { kind: "http", scheme: "http", port: 80, path: "/", headers: [] },
    });
    run.end(10);
    await clock.advance(0);
    expect(said).toEqual(["0: preStop failed: nobody listens", "0: end 10"]);
  });

  it("is left out without grace, and told nothing of when its run has ended by itself", async () => {
    const none = hooked({ preStop: sleep(60) });
    none.run.end(0);
    none.run.kill();
    expect(none.said).toEqual(["0: end 0", "0: kill"]);
    const gone = hooked({ preStop: sleep(60) });
    gone.run.end();
    gone.end();
    await gone.clock.advance(0);
    expect(gone.said).toEqual(["0: end whenever"]);
  });
});
