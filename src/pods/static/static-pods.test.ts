import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { fakeClock } from "../../../test/support/fake-clock.ts";
import { memoryApi } from "../../../test/life/memory-api.ts";
import { ApiError } from "../../cluster/cluster.ts";
import { advanceUntil } from "../../cluster/testing.ts";
import { readManifest } from "./manifest.ts";
import { withStaticPods } from "./static-pods.ts";

const manifest = (name: string, image = "busybox"): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: { containers: [{ name: "main", image }] },
  });

function begin() {
  const folder = mkdtempSync(join(tmpdir(), "burstlet-static-"));
  const clock = fakeClock();
  const api = memoryApi(clock);
  const told: string[] = [];
  const warnings: string[] = [];
  const stop = new AbortController();
  let uids = 0;
  const state = { forbidden: false };
  const pods = withStaticPods({
    path: join(folder, "manifests"),
    nodeName: "n1",
    cluster: {
      pods: api.pods,
      nodes: { get: async () => undefined } as never,
      async createMirrorPod(pod) {
        if (state.forbidden) throw new ApiError(403, "Forbidden", "no");
        if (api.find("default", pod.metadata?.name ?? "") !== undefined)
          throw new ApiError(409, "AlreadyExists", "it is there");
        const made = { ...pod, metadata: { ...pod.metadata, uid: `mirror-${++uids}`, generation: 1 } };
        api.create(made);
        return made;
      },
    },
    clock,
    log: { debug: () => {}, info: () => {}, warn: (message) => void warnings.push(message), error: () => {} },
  });
  const sink = {
    changed: ({ metadata }: { metadata?: { name?: string; uid?: string; resourceVersion?: string } }) =>
      void told.push(`${metadata?.resourceVersion === "0" ? "wanted" : "shown"} ${metadata?.name}`),
    removed: ({ metadata }: { metadata?: { name?: string } }) => void told.push(`removed ${metadata?.name}`),
    synced: () => void told.push("synced"),
  };
  const run = (): void => {
    const ended = pods.watch("n1", sink, stop.signal);
    onTestFinished(async () => {
      stop.abort();
      await ended;
      rmSync(folder, { recursive: true });
    });
  };
  /** Moves the clock, with the file system in between, until the condition holds. */
  const until = (condition: () => boolean): Promise<void> => advanceUntil(clock, condition, 500);
  return { path: join(folder, "manifests"), api, told, warnings, state, pods, run, until, clock };
}

describe("static pods", () => {
  it("are told before anything else, so that no task of theirs is taken for an orphan", async () => {
    const { path, told, api, run, until } = begin();
    writeFileSync(path, manifest("web"));
    run();
    await until(() => api.find("default", "web-n1") !== undefined && told.includes("shown web-n1"));
    expect(told.slice(0, 3)).toEqual(["wanted web-n1", "synced", "shown web-n1"]);
  });

  it("stay when their mirror goes, and go with their manifest", async () => {
    const { path, told, api, run, until } = begin();
    writeFileSync(path, manifest("web"));
    run();
    await until(() => api.find("default", "web-n1") !== undefined);
    const { uid } = api.find("default", "web-n1")?.metadata ?? {};
    api.delete("default", "web-n1", 0);
    await until(() => ![undefined, uid].includes(api.find("default", "web-n1")?.metadata?.uid));
    expect(told).not.toContain("removed web-n1");
    rmSync(path);
    await until(() => api.find("default", "web-n1") === undefined);
    expect(told.at(-1)).toBe("removed web-n1");
  });

  it("are patched through their mirror, for which the first patch waits, but not for ever", async () => {
    const { path, api, pods, state, run, until, warnings, clock } = begin();
    state.forbidden = true;
    writeFileSync(path, manifest("web"));
    run();
    await until(() => warnings.length > 0);
    expect(warnings).toEqual(["static pod cannot be mirrored yet"]);
    const uid = hashOf(manifest("web"));
    const startTime = "2026-01-02T03:04:05Z";
    const patch = () =>
      pods.patchStatus({ namespace: "default", name: "web-n1", uid }, { status: { phase: "Pending", startTime } });
    let refused: unknown;
    const asked = clock.monotonic();
    patch().catch((error: unknown) => (refused = error));
    await until(() => refused !== undefined);
    expect(clock.monotonic() - asked).toBeGreaterThanOrEqual(10_000);
    expect(String(refused)).toMatch(/mirror pod of static pod default\/web-n1 is not there yet/);

    // The file system does not keep pace with virtual time, so one patch may not wait long enough.
    const patched = (async () => {
      for (;;) {
        const answer = await patch().catch(() => undefined);
        if (answer !== undefined) return answer;
      }
    })();
    state.forbidden = false;
    await until(() => api.find("default", "web-n1")?.status?.phase !== undefined);
    expect((await patched).metadata?.uid).toBe(uid);
    expect(api.find("default", "web-n1")?.status?.phase).toBe("Pending");
    expect(warnings).toHaveLength(1);
  });

  it("show a whole status on a mirror that was made again, and nothing that was meant for the one before", async () => {
    const { path, api, pods, run, until } = begin();
    writeFileSync(path, manifest("web"));
    run();
    await until(() => api.find("default", "web-n1") !== undefined);
    const ref = { namespace: "default", name: "web-n1", uid: hashOf(manifest("web")) };
    const ready = { conditions: [{ type: "Ready", status: "True" }] };
    await expect(pods.patchStatus(ref, { status: ready })).rejects.toThrow("has a new mirror pod");
    expect(api.find("default", "web-n1")?.status?.conditions).toBeUndefined();
    const startTime = "2026-01-02T03:04:05Z";
    await pods.patchStatus(ref, { status: { phase: "Running", startTime } });
    await until(() => api.find("default", "web-n1")?.status?.startTime === startTime);
    expect(await pods.patchStatus(ref, { status: ready })).toMatchObject({ status: ready });
  });

  it("leave other pods alone, and take away mirrors that no manifest is behind", async () => {
    const { api, told, pods, run, until } = begin();
    const mirror = { "kubernetes.io/config.mirror": "of a manifest that is gone" };
    const spec = { nodeName: "n1", containers: [{ name: "main", image: "busybox" }] };
    api.create({ metadata: { namespace: "default", name: "old-n1", uid: "o", annotations: mirror }, spec });
    api.create({ metadata: { namespace: "default", name: "other", uid: "u" }, spec });
    run();
    await until(() => api.find("default", "old-n1") === undefined);
    expect(told).toEqual(["shown other", "synced"]);
    await pods.remove({ namespace: "default", name: "other", uid: "u" });
    expect(told.at(-1)).toBe("removed other");
  });
});

function hashOf(text: string): string {
  const found = readManifest(text, "n1");
  return "problem" in found ? found.problem : found.hash;
}
