import { expect, it } from "vitest";
import type { LedgerEntry } from "../../../localstack/ledger.ts";
import { targetLine } from "../report.ts";
import { callsOf, isCreation, secondsAllowed, secondsBetween, throttleAnswers } from "./measure.ts";
import { aciTargets, readLine, writeLine } from "./report.ts";

const write = (created: number, deleted: number) => ({
  groups: 400,
  rate: 60,
  allowed: 1_200,
  created,
  deleted,
  throttled: 1,
});
const read = (readsPerSecond: number, most: number) => ({
  groups: 500,
  getsPerSecond: 11,
  readsPerSecond,
  withUsagePerSecond: readsPerSecond + 4,
  startSeen: { p50: 5, most },
  changeSeen: { p50: 12, most: 15 },
  throttled: 0,
});

it("targets take medians of what varies, and the worst round of what somebody waits for", () => {
  const many = [write(1_212, 1_300), write(1_900, 1_206), write(1_224, 1_400)];
  const reads = [read(11, 8), read(22, 12), read(12, 7)];
  expect(aciTargets({ burst: [], many, reads }).map(targetLine)).toEqual([
    "ok     seconds until all of 400 are created, times what the windows need: 1.02 (at most 1.05)",
    "MISSED seconds until all of 400 are deleted, times what the windows need: 1.08 (at most 1.05)",
    "ok     reads of any kind a second with 500 groups that run: 12 (at most 20)",
    "ok     the same, while their usage is asked for: 16 (at most 20)",
    "MISSED seconds until the start of a container is seen, longest: 12 (at most 10)",
    "ok     seconds until a change of a steady group is seen, longest: 15 (at most 60)",
  ]);
});

it("targets that nobody has measured are missed", () => {
  const lines = aciTargets({ burst: [], many: [], reads: [] }).map(targetLine);
  expect(lines.filter((line) => !line.startsWith("MISSED"))).toEqual([]);
});

it("a round is told with its clock, and with what the windows need", () => {
  expect(writeLine(write(1_212, 1_206))).toBe(
    "400 groups on a 60× clock: created in 1212 s, deleted in 1206 s (the windows need 1200 s); throttle answers 1",
  );
  expect(writeLine({ ...write(0.3, 0.1), rate: 1, allowed: 0 })).toContain("in real time: created in 0.3 s");
  expect(readLine(read(12, 8))).toContain(
    "12 reads of any kind, 16 while their usage is asked for; a start is seen after 5 s (p50), 8 s (most)",
  );
});

it.for([
  [100, 0],
  [101, 3],
  [300, 600],
  [400, 1_200],
] as const)("for %s calls the two windows need %s s", ([calls, seconds]) => {
  expect(secondsAllowed(calls)).toBe(seconds);
});

it("what the stand-in has seen is counted by what it is", () => {
  const put = (at: number, outcome: "created" | "refused"): LedgerEntry => {
    return { at, event: "group put", outcome, uid: "u", group: "g", location: "l", tags: {} };
  };
  expect(secondsBetween([put(0, "refused"), put(1_000, "created"), put(4_000, "created")], isCreation)).toBe(3);
  const calls = {
    "arm:GetContainerGroup": { ok: 3, SubscriptionRequestsThrottled: 2 },
    "arm:PutContainerGroup": { SubscriptionRequestsThrottled: 1 },
  };
  expect([callsOf(calls, "arm:Get"), callsOf(calls, "arm:"), throttleAnswers(calls)]).toEqual([5, 6, 3]);
});
