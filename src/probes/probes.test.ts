import { describe, expect, it } from "vitest";
import { fakeClock } from "../../test/support/fake-clock.ts";
import { createLanes } from "../limits/lanes.ts";
import type { Outcome, Probe, ProbeKind } from "./probe.ts";
import { createProbes, type ProbedRun } from "./probes.ts";

function setUp(answerOf: (probe: Probe) => Outcome["result"] | Promise<Outcome["result"]> = () => "success") {
  const clock = fakeClock();
  const begun = clock.monotonic();
  const asked: string[] = [];
  const changed: string[] = [];
  const answered: string[] = [];
  const probes = createProbes({
    async ask(probe, { run }) {
      asked.push(`${probe.kind} #${run.instance} ${(clock.monotonic() - begun) / 1000}`);
      return { result: await answerOf(probe), message: "" };
    },
    lanes: createLanes({ probe: 2, "exec-probe": 1 }),
    clock,
    random: () => 0.5,
    answered: ({ outcome }) => answered.push(outcome.result),
    changed: (uid) => changed.push(uid),
  });
  const watch = (probed: readonly Probe[], more: Partial<ProbedRun> = {}, instance = 0, uid = "u") => {
    const task = { identity: { clusterUid: "c", podUid: uid, attempt: 1 } };
    const run = { task, container: "main", instance };
    const usual = { run, address: "10.0.0.1", startedAt: clock.now(), told: undefined, ending: false };
    probes.watch(uid, [{ ...usual, probes: probed, ...more }]);
  };
  return { clock, asked, changed, answered, probes, watch, main: () => probes.healthOf("u").get("main") };
}

const probe = (kind: ProbeKind, more: Partial<Probe> = {}): Probe => ({
  kind,
  action: { via: "exec", argv: ["true"] },
  initialDelay: 0,
  period: 10_000,
  timeout: 1000,
  successThreshold: 1,
  failureThreshold: 1,
  ...more,
});

describe("the probes of a run", () => {
  it("are asked after their delay and then once a period", async () => {
    const { clock, asked, watch } = setUp();
    watch([probe("readiness", { initialDelay: 3_000 })]);
    await clock.advance(25_000);
    expect(asked).toEqual(["readiness #0 3", "readiness #0 13", "readiness #0 23"]);
  });

  it("of liveness come somewhere within a period, so that those of many runs do not come at once", async () => {
    const { clock, asked, watch } = setUp();
    watch([probe("liveness", { initialDelay: 3_000 })]);
    await clock.advance(20_000);
    expect(asked).toEqual(["liveness #0 8", "liveness #0 18"]);
  });

  it("count the delay from the start of the run, not from when it was seen", async () => {
    const { clock, asked, watch } = setUp();
    watch([probe("readiness", { initialDelay: 3_000 })], { startedAt: clock.now() - 2_000 });
    await clock.advance(1_500);
    expect(asked).toEqual(["readiness #0 1"]);
  });

  it("are spread over a period where burstlet has just been started and finds the run", async () => {
    const { clock, asked, watch } = setUp();
    watch([probe("readiness")], { startedAt: clock.now() - 60_000, told: { started: true, ready: true } });
    await clock.advance(6_000);
    expect(asked).toEqual(["readiness #0 5"]);
  });

  it("are asked for readiness and liveness once the run has started up, and no more for startup", async () => {
    let up = false;
    const { clock, asked, watch } = setUp(() => (up ? "success" : "failure"));
    watch([probe("startup", { period: 1_000, failureThreshold: 9 }), probe("liveness"), probe("readiness")]);
    await clock.advance(2_500);
    up = true;
    await clock.advance(9_000);
    expect(asked).toEqual([
      "startup #0 0",
      "startup #0 1",
      "startup #0 2",
      "startup #0 3",
      "readiness #0 3",
      "liveness #0 8",
    ]);
  });

  it("are never asked twice at once, and what became due meanwhile is left out", async () => {
    const { clock, asked, watch } = setUp(async (): Promise<Outcome["result"]> => {
      await clock.sleep(25_000);
      return "success";
    });
    watch([probe("readiness")]);
    await clock.advance(60_000);
    expect(asked).toEqual(["readiness #0 0", "readiness #0 30", "readiness #0 60"]);
  });

  it("tell of a change once, and of each answer", async () => {
    let well = true;
    const { clock, changed, answered, watch, main } = setUp(() => (well ? "success" : "failure"));
    watch([probe("readiness")]);
    expect(main()).toEqual({ started: true, ready: false, failed: undefined });
    await clock.advance(25_000);
    expect([changed, answered]).toEqual([["u"], ["success", "success", "success"]]);
    well = false;
    await clock.advance(20_000);
    expect([changed, main()?.ready]).toEqual([["u", "u"], false]);
  });

  it("begin anew with the next run, and an answer for the run before counts for nothing", async () => {
    const { clock, asked, answered, watch, main } = setUp(async (): Promise<Outcome["result"]> => {
      await clock.sleep(5_000);
      return "failure";
    });
    watch([probe("startup")]);
    await clock.advance(4_000);
    watch([probe("startup")], {}, 1);
    await clock.advance(2_000);
    expect([main(), answered]).toEqual([{ started: false, ready: false, failed: undefined }, []]);
    await clock.advance(4_000);
    expect(asked).toEqual(["startup #0 0", "startup #1 5"]);
    expect(main()?.failed).toBe("startup");
    await clock.advance(100_000);
    expect(asked).toHaveLength(2);
  });

  it("take the time that they have, then they are told that it is over", async () => {
    const clock = fakeClock();
    const outcomes: Outcome[] = [];
    const probes = createProbes({
      ask: (_probe, _target, signal) =>
        new Promise((resolve) => {
          const late = (): void => resolve({ result: "failure", message: "late" });
          signal.addEventListener("abort", late, { once: true });
        }),
      lanes: createLanes({ probe: 1, "exec-probe": 1 }),
      clock,
      random: () => 0,
      answered: ({ outcome, seconds }) => outcomes.push({ ...outcome, message: `${outcome.message} ${seconds}` }),
      changed: () => {},
    });
    const run = { task: { identity: { clusterUid: "c", podUid: "u", attempt: 1 } }, container: "main", instance: 0 };
    const usual = { run, address: undefined, startedAt: clock.now(), told: undefined, ending: false };
    probes.watch("u", [{ ...usual, probes: [probe("readiness", { timeout: 2_000 })] }]);
    await clock.advance(3_000);
    expect(outcomes).toEqual([{ result: "failure", message: "late 2" }]);
    probes.close();
    await clock.advance(60_000);
    expect([outcomes.length, clock.pending]).toEqual([1, 0]);
  });

  it("of thousands of pods have one timer, and go with their pods", async () => {
    const { clock, asked, probes, watch } = setUp();
    for (let nth = 0; nth < 2_000; nth++) watch([probe("readiness", { initialDelay: 1_000 })], {}, 0, `u${nth}`);
    expect(clock.pending).toBe(1);
    await clock.advance(1_000);
    expect(asked).toHaveLength(2_000);
    for (let nth = 0; nth < 2_000; nth++) probes.watch(`u${nth}`, []);
    await clock.advance(60_000);
    expect(asked).toHaveLength(2_000);
    expect(probes.healthOf("u1").size).toBe(0);
  });
});
