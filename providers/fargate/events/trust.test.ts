import { expect, test } from "vitest";
import { ProviderError } from "../../../src/provider.ts";
import { createTrust } from "./trust.ts";

const second = 1_000;
const minute = 60 * second;
const gone = new ProviderError("notFound", "QueueDoesNotExist", "The specified queue does not exist.");

test("events are trusted once the queue has answered, and not while it fails", () => {
  const trust = createTrust();
  expect(trust.verdict(0)).toEqual({ is: "unknown" });
  trust.answered();
  expect(trust.verdict(0)).toEqual({ is: "trusted" });
  trust.failed(gone);
  expect(trust.verdict(0)).toEqual({ is: "unread", error: gone });
  trust.answered();
  expect(trust.verdict(0)).toEqual({ is: "trusted" });
});

test("of a queue whose policy lets EventBridge not in, events are trusted once one has come", () => {
  const trust = createTrust();
  trust.opened(false);
  expect(trust.verdict(0)).toEqual({ is: "unknown" });
  trust.answered();
  expect(trust.verdict(0)).toEqual({ is: "unproven" });
  trust.heard("a", 1);
  expect(trust.verdict(0)).toEqual({ is: "trusted" });
});

test("a change that an event tells late is no silence, and one that a newer event tells neither", () => {
  const trust = createTrust();
  trust.answered();
  trust.found("a", 3, 0);
  trust.found("b", 3, 0);
  trust.heard("a", 2);
  trust.heard("a", 3);
  trust.heard("b", 7);
  expect(trust.verdict(10 * minute)).toEqual({ is: "trusted" });
});

test("a change that no event has told for a minute is silence", () => {
  const trust = createTrust();
  trust.answered();
  trust.found("a", 3, 0);
  trust.heard("a", 2);
  trust.heard("b", 9);
  expect(trust.verdict(59 * second)).toEqual({ is: "trusted" });
  expect(trust.verdict(60 * second)).toEqual({ is: "silent", task: "a" });
});

test("a task that goes on changing is given a minute from its last change", () => {
  const trust = createTrust();
  trust.answered();
  trust.found("a", 3, 0);
  trust.found("a", 4, 50 * second);
  expect(trust.verdict(100 * second)).toEqual({ is: "trusted" });
  expect(trust.verdict(110 * second)).toEqual({ is: "silent", task: "a" });
});

test("silence ends five minutes after the last change that no event told, and not before an event has come", () => {
  const trust = createTrust();
  trust.answered();
  trust.found("a", 3, 0);
  expect(trust.verdict(1 * minute).is).toBe("silent");
  expect(trust.verdict(60 * minute).is).toBe("silent");
  trust.heard("b", 1);
  trust.found("a", 4, 60 * minute);
  expect(trust.verdict(61 * minute).is).toBe("silent");
  trust.heard("a", 5);
  expect(trust.verdict(65 * minute).is).toBe("silent");
  expect(trust.verdict(66 * minute).is).toBe("trusted");
});

test("what was found while the queue failed is nobody's silence", () => {
  const trust = createTrust();
  trust.answered();
  trust.found("a", 3, 0);
  trust.failed(gone);
  trust.found("b", 3, 0);
  trust.answered();
  expect(trust.verdict(60 * minute)).toEqual({ is: "trusted" });
});
