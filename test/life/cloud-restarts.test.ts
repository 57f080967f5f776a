import { describe, expect, it } from "vitest";
import { createLife, type Life, podOf } from "./model.ts";

const status = (life: Life) => life.api.find("default", "p")?.status;
const container = (life: Life) => status(life)?.containerStatuses?.[0];
const launched = (life: Life) => life.requests.filter((entry) => entry.request === "start").length;

describe("a pod whose containers the cloud restarts by itself", () => {
  it("shows each restart and its count, and burstlet launches and restarts nothing", async () => {
    const life = createLife("cloud");
    life.start();
    life.api.create(podOf("p", "u1", { restartPolicy: "Always", containers: [{ SCRIPT_RUN: "1", SCRIPT_EXIT: "3" }] }));
    await life.clock.advance(7_000);
    expect(status(life)?.phase).toBe("Running");
    expect(container(life)).toMatchObject({ restartCount: 2, lastState: { terminated: { exitCode: 3 } } });
    expect(life.requests.map((entry) => entry.request)).toEqual(["start"]);
  });

  it("goes on counting what happened while burstlet was down", async () => {
    const life = createLife("cloud");
    life.start();
    life.api.create(podOf("p", "u1", { restartPolicy: "Always", containers: [{ SCRIPT_RUN: "1", SCRIPT_EXIT: "3" }] }));
    await life.clock.advance(2_000);
    life.kill();
    await life.clock.advance(60_000);
    life.start();
    await life.clock.advance(1_000);
    expect(container(life)?.restartCount).toBeGreaterThanOrEqual(5);
    expect(launched(life)).toBe(1);
    expect(life.api.refusedWrites).toEqual([]);
  });

  it("ends as Succeeded with the first success under OnFailure, and is then cleared away", async () => {
    const life = createLife("cloud");
    life.start();
    life.api.create(podOf("p", "u1", { restartPolicy: "OnFailure", containers: [{ SCRIPT_RUN: "1" }] }));
    await life.clock.advance(60_000);
    expect(status(life)?.phase).toBe("Succeeded");
    expect(container(life)).toMatchObject({ restartCount: 0, state: { terminated: { exitCode: 0 } } });
    expect(launched(life)).toBe(1);
  });
});
