import { describe, expect, it } from "vitest";
import type { ContainerStatus, Pod } from "../../src/model/kube.ts";
import { ProviderError } from "../../src/provider.ts";
import { createLife, type Life, podOf } from "./model.ts";

/** A pod's containers in a few words: `main0 running #1`, `main0 exit 3 #0`. */
function words(pod: Pod | undefined): string[] {
  const all = [...(pod?.status?.initContainerStatuses ?? []), ...(pod?.status?.containerStatuses ?? [])];
  return all.map((one: ContainerStatus) => {
    const { waiting, running, terminated } = one.state ?? {};
    const how = running ? "running" : terminated ? `exit ${terminated.exitCode} ${terminated.reason}` : waiting?.reason;
    return `${one.name} ${how} #${one.restartCount}`;
  });
}

function launches(life: Life): string[] {
  return life.requests
    .filter((entry) => entry.request === "start" && entry.outcome === "launched")
    .map((entry) => `${entry.identity.podUid}/${entry.identity.attempt}`);
}

const pod = (life: Life, name = "p") => life.api.find("default", name);

describe.for(["container", "task"] as const)("a pod whose restarts belong to the %s", (restarts) => {
  it("runs after two status patches and two events", async () => {
    const life = createLife(restarts);
    life.start();
    life.api.create(podOf("p", "u1", { restartPolicy: "Always", containers: [{ SCRIPT_START: "1" }] }));
    await life.clock.advance(5_000);
    expect(words(pod(life))).toEqual(["main0 running #0"]);
    expect(pod(life)?.status?.phase).toBe("Running");
    expect(life.api.written).toHaveLength(2);
    expect(life.api.recorded.map((event) => event.reason)).toEqual(["Created", "Started"]);
    expect(life.api.refusedWrites).toEqual([]);
  });

  it("succeeds with the true exit code and is never started again", async () => {
    const life = createLife(restarts);
    life.start();
    life.api.create(podOf("p", "u1", { restartPolicy: "Never", containers: [{ SCRIPT_RUN: "3" }] }));
    await life.clock.advance(60_000);
    expect(words(pod(life))).toEqual(["main0 exit 0 Completed #0"]);
    expect(pod(life)?.status?.phase).toBe("Succeeded");
    expect(launches(life)).toEqual(["u1/1"]);
  });

  it("restarts at once, then after 10 s, then after 20 s", async () => {
    const life = createLife(restarts);
    life.start();
    life.api.create(
      podOf("p", "u1", { restartPolicy: "OnFailure", containers: [{ SCRIPT_RUN: "1", SCRIPT_EXIT: "3" }] }),
    );
    await life.clock.advance(2_500);
    expect(words(pod(life))).toEqual(["main0 CrashLoopBackOff #1"]);
    await life.clock.advance(9_000);
    expect(words(pod(life))).toEqual(["main0 CrashLoopBackOff #1"]);
    await life.clock.advance(1_000);
    expect(words(pod(life))).toEqual(["main0 running #2"]);
    await life.clock.advance(1_000);
    expect(words(pod(life))).toEqual(["main0 CrashLoopBackOff #2"]);
    await life.clock.advance(20_000);
    expect(words(pod(life))).toEqual(["main0 running #3"]);
    expect(life.api.refusedWrites).toEqual([]);
  });

  it("leaves after its grace when it is deleted, with its end recorded first", async () => {
    const life = createLife(restarts);
    life.start();
    life.api.create(podOf("p", "u1", { restartPolicy: "Always", containers: [{ SCRIPT_STOP: "2" }] }));
    await life.clock.advance(1_000);
    life.api.delete("default", "p");
    await life.clock.advance(1_500);
    expect(pod(life)?.status?.phase).toBe("Running");
    await life.clock.advance(5_000);
    expect(pod(life)).toBeUndefined();
    expect(words(life.api.written.at(-1))).toEqual(["main0 exit 143 Error #0"]);
    expect(life.api.written.at(-1)?.status?.phase).toBe("Failed");
    expect(life.cloud.tasks.size).toBe(0);
  });

  it("ends as Failed with DeadlineExceeded when its active deadline passes", async () => {
    const life = createLife(restarts);
    life.start();
    life.api.create(podOf("p", "u1", { restartPolicy: "Always", containers: [{}], deadline: 5 }));
    await life.clock.advance(8_000);
    expect(pod(life)?.status).toMatchObject({ phase: "Failed", reason: "DeadlineExceeded" });
    expect(words(pod(life))).toEqual(["main0 exit 143 Error #0"]);
  });

  it("counts an end that nobody knows as 137 ContainerStatusUnknown, never as 0", async () => {
    const life = createLife(restarts);
    life.start();
    life.api.create(
      podOf("p", "u1", { restartPolicy: "Never", containers: [{ SCRIPT_RUN: "2", SCRIPT_END: "gone" }] }),
    );
    await life.clock.advance(10_000);
    expect(words(pod(life))).toEqual(["main0 exit 137 ContainerStatusUnknown #0"]);
    expect(pod(life)?.status?.phase).toBe("Failed");
    expect(launches(life)).toEqual(["u1/1"]);
  });

  it("adopts what runs after a kill, without a second launch", async () => {
    const life = createLife(restarts);
    life.start();
    life.api.create(podOf("p", "u1", { restartPolicy: "Always", containers: [{}] }));
    await life.clock.advance(1_000);
    life.kill();
    await life.clock.advance(30_000);
    life.start();
    await life.clock.advance(30_000);
    expect(words(pod(life))).toEqual(["main0 running #0"]);
    expect(launches(life)).toEqual(["u1/1"]);
  });

  it("removes the task of a pod that was deleted by force", async () => {
    const life = createLife(restarts);
    life.start();
    life.api.create(podOf("p", "u1", { restartPolicy: "Always", containers: [{}] }));
    await life.clock.advance(1_000);
    life.api.delete("default", "p", 0);
    await life.clock.advance(20_000);
    expect(life.cloud.tasks.size).toBe(0);
  });

  it("is retried ever more rarely while the cloud is full, with two patches and one event at most for each try", async () => {
    const life = createLife(restarts);
    life.start();
    life.cloud.fail("start", new ProviderError("noCapacity", "NoCapacity", "no room"), 1_000);
    life.api.create(podOf("p", "u1", { restartPolicy: "Never", containers: [{}] }));
    await life.clock.advance(3_600_000);
    const tries = life.requests.filter((entry) => entry.request === "start").length;
    // 5, 10, 20 … 300 s: about twelve an hour at the end.
    expect(tries).toBeGreaterThan(12);
    expect(tries).toBeLessThan(20);
    expect(life.api.written.length).toBeLessThanOrEqual(2 * tries + 1);
    expect(life.api.recorded.map((event) => event.reason)).toEqual(["NoCapacity"]);
    expect(pod(life)?.metadata?.annotations?.["burstlet.dev/try"]).toBe(String(tries));
    const waiting = pod(life)?.status?.containerStatuses?.[0]?.state?.waiting;
    expect(waiting?.message).toMatch(/^no room \(failed \d+ times, next try at 2026-/);
    life.kill();
  });

  it("waits for permission for as long as it takes, and never fails for want of it", async () => {
    const life = createLife(restarts);
    life.start();
    life.cloud.fail("start", new ProviderError("denied", "AccessDenied", "no launching"), 60);
    life.api.create(podOf("p", "u1", { restartPolicy: "Never", containers: [{ SCRIPT_RUN: "1" }] }));
    await life.clock.advance(3 * 3_600_000);
    expect(words(pod(life))).toEqual(["main0 AccessDenied #0"]);
    await life.clock.advance(3 * 3_600_000);
    expect(words(pod(life))).toEqual(["main0 exit 0 Completed #0"]);
    expect(launches(life)).toEqual(["u1/1"]);
  });

  it("survives a clean stop in the middle of its launch: the next start adopts it", async () => {
    const life = createLife(restarts);
    life.start();
    life.api.create(podOf("p", "u1", { restartPolicy: "Always", containers: [{ SCRIPT_ACCEPT: "5" }] }));
    await life.clock.advance(1_000);
    const stopped = life.stop();
    await life.clock.advance(10_000);
    await stopped;
    expect(words(pod(life))).toEqual(["main0 ContainerCreating #0"]);
    life.start();
    await life.clock.advance(10_000);
    expect(words(pod(life))).toEqual(["main0 running #0"]);
    expect(launches(life)).toEqual(["u1/1"]);
  });
});
