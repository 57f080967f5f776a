import { describe, expect, test } from "vitest";
import { deliveriesOf, type Seen } from "./deliveries.ts";
import { factIn } from "./facts.ts";
import { verdictOf } from "./verdict.ts";

const minute = 60_000;
const own = "ns/web (uid u, attempt 1), invocation i, request r";
const words = {
  start: "START RequestId: r Version: 1",
  begun: `burstlet: pod ${own}`,
  ok: `burstlet: end of pod ${own}: exit status 0`,
  seven: `burstlet: end of pod ${own}: exit status 7`,
  killed: `burstlet: end of pod ${own}: signal: killed`,
  late: "2026-11-26T00:00:00.000Z r Task timed out after 3.00 seconds",
  died: "RequestId: r Error: Runtime exited with error: exit status 3",
  report:
    "REPORT RequestId: r\tDuration: 5.00 ms\tBilled Duration: 5 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\t",
  full: "REPORT RequestId: r\tDuration: 5.00 ms\tBilled Duration: 5 ms\tMemory Size: 128 MB\tMax Memory Used: 128 MB\t",
  bad: "REPORT RequestId: r\tDuration: 5.00 ms\tBilled Duration: 5 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\tStatus: error\tError Type: Error\t",
  slow: "REPORT RequestId: r\tDuration: 5.00 ms\tBilled Duration: 5 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\tStatus: timeout\t",
} as const;
type Word = keyof typeof words;

/** A millisecond from line to line; `a.start`: in an environment of its own. */
const log = (text: string): Seen[] =>
  text.split(" ").map((word, index) => {
    const [name = "", stream = "only"] = word.split(".").toReversed();
    const fact = factIn(words[name as Word]);
    if (fact === undefined) throw new Error(`${word} tells nothing`);
    return { ...fact, stream, at: index };
  });

interface Given {
  readonly retries?: number;
  readonly now?: number;
  readonly quiet?: number;
  readonly isGivenUp?: boolean;
}

function verdict(text: string, { retries = 2, now = 100, quiet = 0, isGivenUp = false }: Given = {}) {
  const seen = text === "" ? [] : log(text);
  const times = { acceptedAt: 0, now, timeout: 3_000, quiet, isGivenUp };
  const told = verdictOf(deliveriesOf(seen), { retries, maxAge: 60 }, times);
  if (told.is !== "ended") return told.is;
  return `${told.end.exitCode} ${told.end.reason}${told.final === true ? ", final" : ""}`;
}

const run = "start begun";
const failed = `${run} seven report`;

describe("an event", () => {
  test.for<[string, string, Given, string]>([
    ["of which there is no line waits in its queue", "", {}, "queued"],
    ["whose function has begun runs", "start", {}, "running"],
    ["of which the handler tells success has succeeded, with its report", `${run} ok report`, {}, "0 Completed"],
    ["has succeeded also where the handler's line comes behind Lambda's", "start begun report ok", {}, "0 Completed"],
    ["has failed once where its line comes behind Lambda's", "start begun report seven", { quiet: minute }, "running"],
    ["waits a little for the report", `${run} ok`, {}, "running"],
    ["but not for ever", `${run} ok`, { quiet: 5_000 }, "0 Completed"],
    ["that has failed runs on, because Lambda runs it again", failed, { quiet: minute }, "running"],
    ["that fails as often as Lambda runs it has failed", `${failed} ${failed} ${failed}`, {}, "7 Error"],
    ["that is run once has failed at once", failed, { retries: 0 }, "7 Error"],
    ["succeeds by the first run that does", `${failed} ${run} ok report`, {}, "0 Completed"],
    [
      "succeeds also where a duplicate of it fails later",
      `a.start a.begun a.ok a.report b.start b.begun b.seven b.report`,
      { retries: 0 },
      "0 Completed",
    ],
    [
      "is known by the lines of each environment",
      "a.start b.start a.begun b.begun a.seven b.ok b.report a.report",
      { retries: 0 },
      "0 Completed",
    ],
    [
      "that still runs elsewhere has not failed yet",
      "a.start a.begun b.start b.begun a.seven a.report",
      { retries: 0, quiet: minute },
      "running",
    ],
    ["whose time is over has failed", failed, { now: 3 * minute }, "7 Error"],
    ["that has taken too long has", "start begun late bad", { retries: 0 }, "124 LambdaTimeout"],
    [
      "that has taken too long has, told behind its report",
      "start begun report late",
      { retries: 0, quiet: 5_000 },
      "124 LambdaTimeout",
    ],
    ["that has taken too long has, by its report alone", "start slow", { retries: 0 }, "124 LambdaTimeout"],
    ["whose process has ended has", "start died report", { retries: 0 }, "3 Error"],
    ["that was killed in a full memory has run out of it", `${run} killed full`, { retries: 0 }, "137 OOMKilled"],
    ["that was killed otherwise has not", `${run} killed report`, { retries: 0 }, "137 Error"],
    ["of some other function has failed where Lambda says so", "start bad", { retries: 0 }, "1 Error"],
    [
      "of some other function is not known to have succeeded",
      "start report",
      { quiet: 5_000 },
      "255 LambdaOutcomeUnknown, final",
    ],
    ["of some other function may yet get a line", "start report", {}, "running"],
    [
      "whose report is lost is unknown when no run takes so long",
      "start begun",
      { now: 2 * minute },
      "255 LambdaOutcomeUnknown, final",
    ],
    ["that Lambda has dropped is unknown", "", { now: 3 * minute }, "255 LambdaOutcomeUnknown, final"],
    [
      "of which nobody knows that it was sent is unknown sooner",
      "",
      { isGivenUp: true },
      "255 LambdaOutcomeUnknown, final",
    ],
    ["is found all the same where it was sent", `${run} ok report`, { isGivenUp: true }, "0 Completed"],
  ])("%s", ([, text, given, expected]) => {
    expect(verdict(text, given)).toBe(expected);
  });

  test("whose time is over runs as long as its last run does", () => {
    const seen = log(`${failed} ${run}`).map((one) => (one.at < 4 ? one : { ...one, at: 118_000 + one.at }));
    const at = (now: number) => {
      const times = { acceptedAt: 0, now, timeout: 3_000, quiet: 0, isGivenUp: false };
      return verdictOf(deliveriesOf(seen), { retries: 2, maxAge: 60 }, times);
    };
    expect(at(121_000)).toEqual({ is: "running", startedAt: 0 });
    expect(at(182_000)).toMatchObject({ end: { exitCode: 255 }, final: true });
  });

  test("has the times and the report of the run that counts", () => {
    const [, second] = deliveriesOf(log(`${failed} ${run} ok report`));
    expect(second).toMatchObject({ startedAt: 4, finishedAt: 7, report: { billed: 5 } });
    const lines = log(`${run} ok report`).map((one) => ({ ...one, at: 1 }));
    // CloudWatch promises no order within a millisecond.
    expect(deliveriesOf(lines.toReversed())).toHaveLength(1);
  });
});
