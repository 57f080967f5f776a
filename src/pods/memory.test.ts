import { describe, expect, test } from "vitest";
import { ProviderError, type ProviderErrorKind } from "../provider.ts";
import { now, pod } from "../status/testing.ts";
import { createMemory, retryDenied, taskFeed } from "./memory.ts";
import { recorded } from "./testing.ts";

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

describe("the tasks that a provider is told to expect", () => {
  const own = (uid: string, record: Parameters<typeof recorded>[1], phase = "Pending") => {
    const of = recorded(pod(["a"], "Never", { status: { phase } }), record);
    return { ...of, metadata: { ...of.metadata, uid, name: uid } };
  };
  const expectedOf = async (memoryOfProvider: number) => {
    const memory = createMemory();
    const provider = { name: "lambda", memory: memoryOfProvider };
    const nothing = (): void => undefined;
    const feed = taskFeed(memory, { clusterUid: "c", provider }, nothing, nothing, nothing);
    memory.pods.put(own("remembered", { backend: "lambda", attempt: 2, task: "id", memory: 60 }));
    memory.pods.put(own("usual", { backend: "lambda" }));
    memory.pods.put(own("forgotten", { backend: "lambda", memory: 0 }));
    memory.pods.put(own("trailed", { backend: "lambda", memory: 0, trail: "event f" }));
    memory.pods.put(own("others", { backend: "local" }));
    memory.pods.put(own("over", { backend: "lambda", memory: 60 }, "Failed"));
    memory.pods.put(pod(["a"], "Never"));
    memory.podsKnown.resolve();
    return feed.expected?.();
  };

  test("are those of recorded pods that have no end yet and whose cloud remembers them, or left a trail", async () => {
    const [remembered, trailed, ...none] = (await expectedOf(0)) ?? [];
    expect(none).toEqual([]);
    expect(trailed).toMatchObject({ podName: "trailed", id: undefined, trail: "event f" });
    expect(remembered).toEqual({
      identity: { clusterUid: "c", podUid: "remembered", attempt: 2 },
      id: "id",
      podName: "remembered",
      podNamespace: "default",
      containers: [{ name: "a", image: "busybox" }],
      recordedAt: now,
    });
    expect((await expectedOf(10))?.map(({ podName }) => podName)).toEqual(["remembered", "usual", "trailed"]);
  });
});
