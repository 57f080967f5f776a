import { describe, expect, it } from "vitest";
import type { Pod } from "../model/kube.ts";
import { task } from "../status/testing.ts";
import { createPodStore, createTaskStore } from "./stores.ts";

const pod = (uid: string, version: number, name = "web"): Pod => ({
  metadata: { namespace: "default", name, uid, resourceVersion: String(version) },
});

const versionOf = (found: Pod | undefined) => found?.metadata?.resourceVersion;

describe("pod store", () => {
  it("keeps the newer of two pictures of a pod, whoever tells first", () => {
    const store = createPodStore();
    expect(store.put(pod("a", 5))).toBe(true);
    store.update(pod("a", 7));
    expect(store.put(pod("a", 6))).toBe(false);
    expect(versionOf(store.get("a"))).toBe("7");
  });

  it("does not let a late answer bring back a pod that the watch has ended", () => {
    const store = createPodStore();
    store.put(pod("a", 5));
    store.delete("a");
    store.update(pod("a", 6));
    expect(store.get("a")).toBeUndefined();
    expect(store.byName("default", "web")).toBeUndefined();
  });

  it("does not let late news of the watch bring back a pod whose end an answer has told", () => {
    const store = createPodStore();
    store.put(pod("a", 5));
    store.update(pod("a", 8));
    expect(versionOf(store.vanish("a"))).toBe("8");
    for (const version of [6, 7, 8]) expect(store.put(pod("a", version))).toBe(false);
    expect(store.get("a")).toBeUndefined();
  });

  it("believes the watch again when it knows more than the answer did, or has told the end", () => {
    const store = createPodStore();
    store.put(pod("a", 5));
    store.vanish("a");
    expect(store.put(pod("a", 6))).toBe(true);
    store.vanish("a");
    store.delete("a");
    // A cluster restored from a backup shows old versions again.
    expect(store.put(pod("a", 4))).toBe(true);
  });

  it("finds a namesake by name after its predecessor's end came late", () => {
    const store = createPodStore();
    store.put(pod("a", 5));
    store.put(pod("b", 6));
    store.delete("a");
    expect(store.byName("default", "web")?.metadata?.uid).toBe("b");
  });
});

describe("task store", () => {
  const shown = (version: number, attempt = 1) =>
    task([], { version, identity: { clusterUid: "c", podUid: "uid", attempt } });

  it("drops a picture that is older than the known one, or the same", () => {
    const store = createTaskStore();
    expect([store.put(shown(2)), store.put(shown(1)), store.put(shown(2)), store.put(shown(3))]).toEqual([
      true,
      false,
      false,
      true,
    ]);
    expect(store.of("uid").map((one) => one.version)).toEqual([3]);
  });

  it("keeps the attempts of a pod apart, and nothing of a pod without tasks", () => {
    const store = createTaskStore();
    for (const attempt of [1, 2]) store.put(shown(1, attempt));
    expect(store.of("uid").map((one) => one.identity.attempt)).toEqual([1, 2]);
    expect([store.delete("uid", 1), store.delete("uid", 1), store.delete("other", 1)]).toEqual([true, false, false]);
    expect([...store.podUids()]).toEqual(["uid"]);
    store.delete("uid", 2);
    expect([[...store.podUids()], store.of("uid")]).toEqual([[], []]);
  });
});
