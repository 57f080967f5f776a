import { describe, expect, test } from "vitest";
import { ProviderError, type ProviderErrorKind } from "../provider.ts";
import { createMemory, retryDenied } from "./memory.ts";

const trouble = (kind: ProviderErrorKind) => ({
  error: new ProviderError(kind, "Reason", "words"),
  count: 7,
  waitMs: 300_000,
  retryAt: 1_000_000,
});

describe("what was denied", () => {
  test("is due at once when it may be allowed, with its count, and nothing else is", () => {
    const memory = createMemory();
    memory.notes.set("a", { troubles: { launch: trouble("denied"), stop: trouble("throttled") } });
    memory.notes.set("b", { troubles: { launch: trouble("noCapacity") } });
    memory.notes.set("c", {});
    const asked: string[] = [];
    retryDenied(memory, (uid) => asked.push(uid));
    expect(asked).toEqual(["a"]);
    expect(memory.notes.get("a")?.troubles).toMatchObject({
      launch: { retryAt: 0, count: 7 },
      stop: { retryAt: 1_000_000 },
    });
    expect(memory.notes.get("b")?.troubles?.launch?.retryAt).toBe(1_000_000);
  });
});
