import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { afterAnswer, healthOf, isWanted, newRun, type RunHealth } from "./health.ts";
import type { Probe, ProbeKind } from "./probe.ts";

const probe = (kind: ProbeKind, more: Partial<Probe> = {}): Probe => ({
  kind,
  action: { via: "exec", argv: ["true"] },
  initialDelay: 0,
  period: 10_000,
  timeout: 1000,
  successThreshold: 1,
  failureThreshold: 3,
  ...more,
});
const all = [probe("startup"), probe("liveness"), probe("readiness")];

/** `s+ l- r-` …: which probe found what. */
const after = (run: RunHealth, answers: string, probes = all): RunHealth =>
  answers
    .split(" ")
    .filter((word) => word !== "")
    .reduce((before, word) => {
      const asked = probes.find(({ kind }) => kind.startsWith(word.charAt(0)));
      return asked === undefined ? before : afterAnswer(before, asked, word.endsWith("+"));
    }, run);

describe("the health of a run", () => {
  it.for<[probes: readonly Probe[], answers: string, started: boolean, ready: boolean, failed: string | undefined]>([
    [[], "", true, true, undefined],
    [[probe("liveness")], "", true, true, undefined],
    [[probe("readiness")], "", true, false, undefined],
    [[probe("readiness")], "r+", true, true, undefined],
    [[probe("readiness")], "r+ r- r-", true, true, undefined],
    [[probe("readiness")], "r+ r- r- r-", true, false, undefined],
    [[probe("readiness")], "r+ r- r- r+ r- r-", true, true, undefined],
    [[probe("readiness", { successThreshold: 2 })], "r+", true, false, undefined],
    [[probe("readiness", { successThreshold: 2 })], "r+ r- r+ r+", true, true, undefined],
    [[probe("startup")], "", false, false, undefined],
    [[probe("startup")], "s- s-", false, false, undefined],
    [[probe("startup")], "s- s- s+", true, true, undefined],
    [[probe("startup")], "s- s- s-", false, false, "startup"],
    [all, "s+", true, false, undefined],
    [all, "s+ r+", true, true, undefined],
    [[probe("liveness")], "l- l-", true, true, undefined],
    [[probe("liveness")], "l- l- l-", true, true, "liveness"],
    [[probe("liveness")], "l- l- l+ l-", true, true, undefined],
  ])("%j after %j: started %j, ready %j, failed %j", ([probes, answers, started, ready, failed]) => {
    expect(healthOf(after(newRun(probes, undefined), answers, [...probes]))).toEqual({ started, ready, failed });
  });

  it("begins as the API server shows it, and changes with the first answers", () => {
    const run = newRun(all, { started: true, ready: true });
    expect(healthOf(run)).toEqual({ started: true, ready: true, failed: undefined });
    expect(isWanted(run, "startup", false)).toBe(false);
    expect(healthOf(after(run, "r- r- r-")).ready).toBe(false);
    expect(healthOf(newRun(all, { started: false, ready: false }))).toEqual({
      started: false,
      ready: false,
      failed: undefined,
    });
  });

  it.for<[state: string, answers: string, ending: boolean, wanted: readonly ProbeKind[]]>([
    ["starting", "", false, ["startup"]],
    ["starting and ending", "", true, []],
    ["started", "s+", false, ["liveness", "readiness"]],
    ["started and ending", "s+", true, ["readiness"]],
    ["not started in time", "s- s- s-", false, []],
    ["not alive", "s+ l- l- l-", false, ["readiness"]],
  ])("%s: what is asked", ([, answers, ending, wanted]) => {
    const run = after(newRun(all, undefined), answers);
    expect(all.map(({ kind }) => kind).filter((kind) => isWanted(run, kind, ending))).toEqual(wanted);
  });

  it("never goes back from started, and is ready only once it is started", () => {
    const answer = fc.constantFrom("s+", "s-", "l+", "l-", "r+", "r-");
    fc.assert(
      fc.property(fc.array(answer, { maxLength: 30 }), (answers) => {
        let run = newRun(all, undefined);
        for (const one of answers) {
          const before = healthOf(run);
          const kind = all.find((asked) => asked.kind.startsWith(one.charAt(0)))?.kind;
          if (kind === undefined || !isWanted(run, kind, false)) continue;
          run = after(run, one);
          const now = healthOf(run);
          expect(before.started && !now.started).toBe(false);
          expect(now.ready && !now.started).toBe(false);
        }
      }),
    );
  });
});
