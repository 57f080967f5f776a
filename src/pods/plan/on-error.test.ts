import { describe, expect, it } from "vitest";
import { ProviderError, type ProviderErrorKind } from "../../model/provider-error.ts";
import { now } from "../../status/testing.ts";
import { trouble } from "../testing.ts";
import { heldUp, onError, startsNothing, troubleAfter } from "./on-error.ts";

describe("the table of errors", () => {
  it.for<[ProviderErrorKind, string, boolean]>([
    ["refused", "never", true],
    ["invalid", "never", true],
    ["denied", "same", true],
    ["throttled", "same", true],
    ["noCapacity", "next", true],
    ["notFound", "same", false],
    ["conflict", "same", false],
    ["transient", "same", false],
    ["unknown", "same", false],
  ])("%s: retry %s; surely nothing was started: %s", ([kind, retry, nothing]) => {
    expect(onError[kind].retry).toBe(retry);
    expect(startsNothing.has(kind)).toBe(nothing);
  });
});

describe("back-off", () => {
  it.for<[ProviderErrorKind, number, number]>([
    ["refused", 30, 300],
    ["invalid", 30, 300],
    ["denied", 5, 300],
    ["throttled", 1, 60],
    ["noCapacity", 5, 300],
    ["notFound", 2, 60],
    ["conflict", 1, 30],
    ["transient", 1, 60],
    ["unknown", 2, 60],
  ])("after %s begins at %d s and ends at %d s", ([kind, first, longest]) => {
    expect([1, 2, 5_000].map((count) => trouble(kind, count).waitMs / 1000)).toEqual([first, 2 * first, longest]);
  });

  it.for<[ProviderErrorKind, number, number]>([
    ["transient", 1, 1],
    ["transient", 2, 2],
    ["transient", 4, 8],
    ["transient", 40, 60],
    ["noCapacity", 1, 5],
    ["noCapacity", 5, 80],
    ["noCapacity", 40, 300],
    ["denied", 40, 300],
    ["throttled", 3, 4],
  ])("after %s, failure %d, is %d s", ([kind, count, wait]) => {
    expect(trouble(kind, count).waitMs).toBe(wait * 1000);
    expect(trouble(kind, count).retryAt).toBe(now + wait * 1000);
  });

  it("spreads by a fifth to either side, and is never shorter than the cloud asked for", () => {
    const error = new ProviderError("throttled", "Throttled", "slow down");
    expect([0, 0.5, 1].map((jitter) => troubleAfter(undefined, error, now, jitter).waitMs)).toEqual([800, 1000, 1200]);
    const patient = new ProviderError("throttled", "Throttled", "slow down", { retryAfter: 30 });
    expect(troubleAfter(undefined, patient, now, 0).retryAt).toBe(now + 30_000);
  });
});

it("a launch that is held up says when it is tried again, once that is far enough to be read", () => {
  expect(heldUp(trouble("denied", 1))).toEqual({ reason: "Reasondenied", message: "denied happened" });
  expect(heldUp(trouble("denied", 2)).message).toBe(
    "denied happened (failed 2 times, next try at 2026-01-02T03:04:15Z)",
  );
});
