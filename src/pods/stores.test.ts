import { describe, expect, it } from "vitest";
import type { Pod } from "../model/kube.ts";
import { createPodStore } from "./stores.ts";

const pod = (uid: string, version: number, name = "web"): Pod =>
  ({ metadata: { namespace: "default", name, uid, resourceVersion: String(version) } }) as Pod;

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
