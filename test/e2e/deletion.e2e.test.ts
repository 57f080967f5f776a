import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import { processesOf } from "./processes.ts";
import { lasting, letGo } from "./worlds/lasting.ts";
import { exitCode, isReady, podManifest, startWorld, type World } from "./worlds/world.ts";

/** Takes its time when SIGTERM arrives, and says when it is ready for that. */
const lingering = (seconds: number) => [
  "sh",
  "-c",
  `trap 'sleep ${seconds}; exit 6' TERM; echo lingers; while :; do sleep 0.1; done`,
];

describeWith(["go", "namespaces", "root", "busybox"], "deleting a pod", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world?.stop());

  const gone = (name: string, withinMs = 30_000) =>
    eventually(
      `pod ${name} is gone`,
      async () => (await world.cluster.kubectl("get", "pod", name, "--ignore-not-found")).trim() === "",
      withinMs,
    );

  it("ends a pod that waits, before anything was launched", async () => {
    const env = [{ name: "X", valueFrom: { configMapKeyRef: { name: "never", key: "x" } } }];
    await world.cluster.apply(podManifest("waiting", { container: { env } }));
    await world.until(
      "waiting",
      "waits",
      (pod) => pod.status?.containerStatuses?.[0]?.state?.waiting?.reason === "CreateContainerConfigError",
    );
    await world.cluster.kubectl("delete", "pod", "waiting", "--wait=false");
    await gone("waiting");
  });

  it("gives a running pod its grace and records how it ended", async () => {
    await world.cluster.apply(lasting("graceful", { command: lingering(1), graceSeconds: 60 }));
    await world.until("graceful", "is ready", isReady);
    await eventually("it heeds SIGTERM", async () => world.cluster.kubectl("logs", "graceful"));
    await world.cluster.kubectl("delete", "pod", "graceful", "--wait=false");
    const pod = await world.until("graceful", "has ended", (one) => exitCode(one) !== undefined);
    expect([exitCode(pod), pod.status?.phase]).toEqual([6, "Failed"]);
    await letGo(world, "graceful");
    await gone("graceful");
    expect(await processesOf(world.stateDir)).toEqual([]);
  });

  it("kills what ignores SIGTERM when its grace ends", async () => {
    await world.cluster.apply(
      podManifest("stubborn", { command: ["sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"], graceSeconds: 2 }),
    );
    await world.until("stubborn", "is ready", isReady);
    await world.cluster.kubectl("delete", "pod", "stubborn", "--timeout=40s");
    await eventually("no process is left", async () => (await processesOf(world.stateDir)).length === 0);
  });

  it("stops the task of a pod that was deleted by force", async () => {
    await world.cluster.apply(podManifest("forced", { command: lingering(60), graceSeconds: 60 }));
    await world.until("forced", "is ready", isReady);
    expect(await processesOf(world.stateDir)).not.toEqual([]);
    await world.cluster.kubectl("delete", "pod", "forced", "--grace-period=0", "--force");
    await gone("forced");
    await eventually("no process is left", async () => (await processesOf(world.stateDir)).length === 0);
  });

  it("ends a pod that was deleted while burstlet was down", async () => {
    await world.cluster.apply([podManifest("orphan-soft"), podManifest("orphan-hard")]);
    await world.until("orphan-soft", "is ready", isReady);
    await world.until("orphan-hard", "is ready", isReady);
    await world.burstlet.stop();
    await world.cluster.kubectl("delete", "pod", "orphan-soft", "--wait=false");
    await world.cluster.kubectl("delete", "pod", "orphan-hard", "--grace-period=0", "--force");
    expect(await processesOf(world.stateDir)).not.toEqual([]);
    world.startAgain();
    await gone("orphan-soft");
    await eventually("no process is left", async () => (await processesOf(world.stateDir)).length === 0);
  });
});
