import { describe, expect, it } from "vitest";
import type { Pod } from "../../src/model/kube.ts";
import { forgotten } from "./forgetting.ts";
import { createLife, type Life, podOf } from "./model.ts";

const pod = (life: Life): Pod | undefined => life.api.find("default", "p");
const end = (life: Life) => pod(life)?.status?.containerStatuses?.[0]?.state?.terminated;

/** Attempts that the cloud was asked to start, as often as it was asked. */
const asked = (life: Life): number[] =>
  life.requests.flatMap((entry) => (entry.request === "start" ? [entry.identity.attempt] : []));

/** Fails twice with code 3, after a second each; its third run would succeed, if anybody gets there. */
const failing = () =>
  podOf("p", "u1", { restartPolicy: "OnFailure", containers: [{ SCRIPT_RUN: "1", SCRIPT_EXIT: "3" }] });

describe("a pod with restartPolicy OnFailure in a cloud that remembers nothing", () => {
  it("runs again after a failure that is known, with the kubelet's pauses", async () => {
    const life = createLife("task", { forgets: true });
    life.start();
    life.api.create(failing());
    await life.clock.advance(16_000);
    expect(asked(life)).toEqual([1, 2, 3]);
    expect(pod(life)?.status?.phase).toBe("Running");
    expect(life.api.refusedWrites).toEqual([]);
  });

  it("ends for good when burstlet was killed while it ran: nobody knows whether it has", async () => {
    const life = createLife("task", { forgets: true });
    life.start();
    life.api.create(podOf("p", "u1", { restartPolicy: "OnFailure", containers: [{ SCRIPT_RUN: "30" }] }));
    await life.clock.advance(5_000);
    life.kill();
    await life.clock.advance(1_000);
    life.start();
    await life.clock.advance(600_000);
    expect(pod(life)?.status?.phase).toBe("Failed");
    expect(end(life)).toMatchObject(forgotten);
    expect(asked(life)).toEqual([1]);
  });

  it("runs again when burstlet was killed between two runs: the end of the first is in the status", async () => {
    const life = createLife("task", { forgets: true });
    life.start();
    life.api.create(failing());
    // The second run has failed too, and the pause before the third is ten seconds.
    await life.clock.advance(4_000);
    expect(asked(life)).toEqual([1, 2]);
    life.kill();
    life.start();
    await life.clock.advance(12_000);
    expect(asked(life)).toEqual([1, 2, 3]);
    expect(pod(life)?.status?.containerStatuses?.[0]).toMatchObject({ restartCount: 2 });
  });

  it("runs once its turn has come, also when burstlet was killed meanwhile: what was not sent is no unknown end", async () => {
    const life = createLife("task", { forgets: true, waits: 10_000 });
    life.start();
    life.api.create(podOf("p", "u1", { restartPolicy: "Never", containers: [{ SCRIPT_RUN: "1" }] }));
    await life.clock.advance(5_000);
    expect(pod(life)?.status?.containerStatuses?.[0]?.state?.waiting?.reason).toBe("Queued");
    life.kill();
    await life.clock.advance(60_000);
    life.start();
    await life.clock.advance(5_000);
    expect(asked(life)).toEqual([]);
    await life.clock.advance(10_000);
    expect(asked(life)).toEqual([1]);
    expect(pod(life)?.status?.phase).toBe("Succeeded");
    expect(life.api.refusedWrites).toEqual([]);
  });

  it.for(
    [1, 2, 3, 4, 5, 6, 7, 8].flatMap((nth) => [
      { nth, when: "before" as const },
      { nth, when: "after" as const },
    ]),
  )("that waits for its turn is never sent twice, killed $when request $nth", async ({ nth, when }) => {
    const life = createLife("task", { forgets: true, waits: 3_000 });
    life.start();
    life.killAround(nth, when);
    life.api.create(podOf("p", "u1", { restartPolicy: "OnFailure", containers: [{ SCRIPT_RUN: "1" }] }));
    await life.clock.advance(10_000);
    if (!life.isRunning) life.start();
    await life.clock.advance(60_000);
    expect(asked(life).length).toBeLessThanOrEqual(1);
    if (pod(life)?.status?.phase === "Failed") expect(end(life)).toMatchObject(forgotten);
    else expect([pod(life)?.status?.phase, asked(life)]).toEqual(["Succeeded", [1]]);
    expect(life.api.refusedWrites).toEqual([]);
    life.kill();
  });

  it.for(
    [1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((nth) => [
      { nth, when: "before" as const },
      { nth, when: "after" as const },
    ]),
  )("starts no attempt twice, killed $when request $nth", async ({ nth, when }) => {
    const life = createLife("task", { forgets: true });
    life.start();
    life.killAround(nth, when);
    life.api.create(failing());
    await life.clock.advance(6_000);
    if (!life.isRunning) life.start();
    await life.clock.advance(60_000);
    const attempts = asked(life);
    expect(attempts).toEqual([...new Set(attempts)]);
    // Either the next run comes by the rules, or it is over and says why.
    if (pod(life)?.status?.phase === "Failed") expect(end(life)).toMatchObject(forgotten);
    else expect(pod(life)?.status).toMatchObject({ phase: "Running" });
    expect(life.api.refusedWrites).toEqual([]);
    life.kill();
  });
});
