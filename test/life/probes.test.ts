/** Pods with probes, from their start to their end, in virtual time. */
import { describe, expect, it } from "vitest";
import type { ContainerStatus, Pod } from "../../src/model/kube.ts";
import { createLife, type Life, podOf, type Probes } from "./model.ts";

const running = (probes: Probes, restartPolicy: "Always" | "Never" = "Always", script = {}) =>
  podOf("p", "u1", { restartPolicy, containers: [script], probes: [probes] });
const asks = (command: string, more = {}) => ({ exec: { command: command.split(" ") }, periodSeconds: 10, ...more });
const pod = (life: Life) => life.api.find("default", "p");
const main = (of: Pod | undefined): ContainerStatus | undefined => of?.status?.containerStatuses?.[0];
const flags = (of: Pod | undefined) => [main(of)?.started, main(of)?.ready];
const isReady = (of: Pod | undefined) =>
  of?.status?.conditions?.find(({ type }) => type === "Ready")?.status === "True";
const told = (life: Life, reason: string) =>
  life.api.recorded.filter((event) => event.reason === reason).map(({ message }) => message);

describe.for(["container", "task"] as const)("a pod with probes whose restarts belong to the %s", (restarts) => {
  const begin = (of: Pod): Life => {
    const life = createLife(restarts);
    life.start();
    life.api.create(of);
    return life;
  };

  it("is not ready before its readiness probe succeeds, and costs one patch more for it", async () => {
    const life = begin(running({ readinessProbe: asks("ok", { initialDelaySeconds: 5 }) }));
    await life.clock.advance(4_900);
    expect(flags(pod(life))).toEqual([true, false]);
    const conditions = pod(life)?.status?.conditions ?? [];
    expect(conditions.find(({ type }) => type === "ContainersReady")).toMatchObject({
      status: "False",
      reason: "ContainersNotReady",
      message: "containers with unready status: [main0]",
    });
    await life.clock.advance(200);
    expect(flags(pod(life))).toEqual([true, true]);
    expect(isReady(pod(life))).toBe(true);
    expect(life.api.written).toHaveLength(3);
    await life.clock.advance(3_600_000);
    expect(life.api.written).toHaveLength(3);
  });

  it("is ready at once when its readiness probe succeeds at once", async () => {
    const life = begin(running({ readinessProbe: asks("ok") }));
    await life.clock.advance(0);
    expect(isReady(pod(life))).toBe(true);
  });

  it("is taken out of service after as many failures as it allows, and not restarted", async () => {
    const life = begin(running({ readinessProbe: asks("flap 100", { failureThreshold: 3, periodSeconds: 5 }) }));
    await life.clock.advance(200_000);
    const changes = life.api.written.map(isReady).filter((ready, index, all) => index > 0 && ready !== all[index - 1]);
    expect(changes.length).toBeGreaterThanOrEqual(2);
    expect(main(pod(life))?.restartCount).toBe(0);
    expect(told(life, "Unhealthy")[0]).toBe("Readiness probe failed: flap");
  });

  it("runs its container again when its liveness probe fails, with the true exit code and the kubelet's event", async () => {
    const life = begin(running({ livenessProbe: asks("fail", { failureThreshold: 2 }) }));
    await life.clock.advance(14_000);
    expect(main(pod(life))).toMatchObject({ restartCount: 0, ready: true });
    await life.clock.advance(2_000);
    expect(main(pod(life))).toMatchObject({ restartCount: 1, lastState: { terminated: { exitCode: 143 } } });
    expect(told(life, "Unhealthy").slice(0, 2)).toEqual(["Liveness probe failed: fail", "Liveness probe failed: fail"]);
    expect(told(life, "Killing")).toEqual(["Container main0 failed liveness probe, will be restarted"]);
    await life.clock.advance(3_600_000);
    // 15 s of life and up to 300 s of back-off each.
    expect(main(pod(life))?.restartCount).toBeGreaterThan(10);
    expect(main(pod(life))?.restartCount).toBeLessThan(25);
    expect(life.api.refusedWrites).toEqual([]);
  });

  it("has the probe's own grace to end in, not the pod's", async () => {
    const livenessProbe = asks("fail", { failureThreshold: 1, terminationGracePeriodSeconds: 8 });
    const life = begin(running({ livenessProbe }, "Always", { SCRIPT_STOP: "60" }));
    await life.clock.advance(12_900);
    expect(main(pod(life))?.restartCount).toBe(0);
    await life.clock.advance(200);
    expect(main(pod(life))).toMatchObject({ restartCount: 1, lastState: { terminated: { exitCode: 137 } } });
    expect(told(life, "Killing")).toHaveLength(1);
  });

  it("fails for good when its liveness probe fails and nothing of it may run again", async () => {
    const life = begin(running({ livenessProbe: asks("fail", { failureThreshold: 1 }) }, "Never"));
    await life.clock.advance(6_000);
    expect(pod(life)?.status?.phase).toBe("Failed");
    expect(main(pod(life))?.state?.terminated?.exitCode).toBe(143);
    expect(told(life, "Killing")).toEqual(["Container main0 failed liveness probe"]);
  });

  it("is asked for nothing else until its startup probe has succeeded", async () => {
    const life = begin(
      running({
        startupProbe: asks("flap 100", { periodSeconds: 1, failureThreshold: 200 }),
        livenessProbe: asks("flap 100", { periodSeconds: 1, failureThreshold: 1 }),
        readinessProbe: asks("ok"),
      }),
    );
    // The clock starts in the middle of a window: whichever it is, the container starts in the next good one.
    await life.clock.advanceUntil(() => main(pod(life))?.started === true);
    expect(main(pod(life))?.restartCount).toBe(0);
    await life.clock.advance(0);
    expect(flags(pod(life))).toEqual([true, true]);
    await life.clock.advance(150_000);
    expect(main(pod(life))?.restartCount).toBeGreaterThan(0);
  });

  it("is restarted when it does not start up in time", async () => {
    const life = begin(running({ startupProbe: asks("hang", { failureThreshold: 3 }), readinessProbe: asks("ok") }));
    await life.clock.advance(20_500);
    expect(flags(pod(life))).toEqual([false, false]);
    await life.clock.advance(1_000);
    expect(main(pod(life))?.restartCount).toBe(1);
    expect(told(life, "Killing")).toEqual(["Container main0 failed startup probe, will be restarted"]);
  });

  it("does not show that burstlet was killed and started again", async () => {
    const life = begin(running({ startupProbe: asks("ok"), readinessProbe: asks("ok"), livenessProbe: asks("ok") }));
    await life.clock.advance(60_000);
    const { length } = life.api.written;
    life.kill();
    await life.clock.advance(30_000);
    life.start();
    await life.clock.advance(60_000);
    expect(isReady(pod(life))).toBe(true);
    expect(life.api.written).toHaveLength(length);
  });

  it("tells after a start of burstlet that it is not ready any more", async () => {
    const life = begin(running({ readinessProbe: asks("flap 300", { failureThreshold: 1 }) }));
    await life.clock.advanceUntil(() => isReady(pod(life)));
    life.kill();
    await life.clock.advance(300_000);
    life.start();
    await life.clock.advance(0);
    expect(isReady(pod(life))).toBe(true);
    await life.clock.advance(10_000);
    expect(isReady(pod(life))).toBe(false);
  });

  it("is still asked whether it is ready while it ends, and no longer whether it lives", async () => {
    const probes = {
      livenessProbe: asks("flap 100", { periodSeconds: 1, failureThreshold: 1 }),
      readinessProbe: asks("flap 100", { periodSeconds: 1, failureThreshold: 1 }),
    };
    const life = begin(running(probes, "Always", { SCRIPT_STOP: "1000" }));
    await life.clock.advanceUntil(() => isReady(pod(life)));
    life.api.delete("default", "p", 500);
    await life.clock.advance(250_000);
    const { recorded } = life.api;
    expect(recorded.filter(({ message }) => message.startsWith("Readiness probe failed")).length).toBeGreaterThan(50);
    const liveness = told(life, "Killing").filter((message) => message.includes("liveness"));
    expect(liveness.length).toBeLessThanOrEqual(1);
    expect(life.api.written.filter((of) => of.metadata?.deletionTimestamp !== undefined).map(isReady)).toContain(false);
  });

  it("counts neither way what cannot be asked, and tells why", async () => {
    const life = begin(
      running({ livenessProbe: asks("broken", { failureThreshold: 1 }), readinessProbe: asks("broken") }),
    );
    await life.clock.advance(100_000);
    expect(main(pod(life))).toMatchObject({ restartCount: 0, started: true, ready: false });
    expect(told(life, "Unhealthy")).toContain("Liveness probe errored and resulted in unknown state: broken");
  });
});
