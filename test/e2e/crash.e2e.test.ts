import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Pod } from "../../src/model/kube.ts";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import { containerCommands, processesOf, supervisorOf } from "./processes.ts";
import { exitCode, hasPhase, isReady, podManifest, startWorld, type World } from "./worlds/world.ts";

const PODS = 50;
const labels = { app: "many" };

/** For a container that ends when the test wants it to. */
const untilTold = "until [ -e /tmp/go ]; do sleep 0.2; done";

describeWith(["go", "namespaces", "root", "busybox"], "a burstlet that is killed", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world?.stop());

  const ids = (pods: readonly Pod[]) =>
    pods
      .map((pod) => [
        pod.metadata?.name,
        pod.status?.containerStatuses?.[0]?.containerID,
        pod.status?.containerStatuses?.[0]?.restartCount,
      ])
      .toSorted();

  it("finds 50 running pods again: no restart, no second process, and true exit codes of those that ended", async () => {
    const forever = Array.from({ length: PODS - 5 }, (_, n) =>
      podManifest(`stays-${n}`, { labels, command: ["sleep", "3600"] }),
    );
    const ending = Array.from({ length: 5 }, (_, n) =>
      podManifest(`ends-${n}`, { labels, restartPolicy: "Never", command: ["sh", "-c", `${untilTold}; exit ${n}`] }),
    );
    await world.cluster.apply([...forever, ...ending]);
    const before = await eventually(
      "all run",
      async () => {
        const pods = await world.pods("app=many");
        return pods.length === PODS && pods.every(isReady) && pods;
      },
      110_000,
    );
    const processes = await processesOf(world.stateDir);
    const waiting = (await containerCommands(world.stateDir)).filter(({ line }) =>
      line.startsWith(`sh -c ${untilTold}`),
    );
    expect(waiting).toHaveLength(5);
    await world.burstlet.kill();
    // While nobody looks, five containers end with codes 0 to 4.
    for (const { id } of waiting) writeFileSync(`/proc/${id}/root/tmp/go`, "");
    await eventually("the five have ended", async () => {
      const running = await processesOf(world.stateDir);
      return waiting.every(({ id }) => !running.includes(id));
    });
    world.startAgain();
    for (const n of [0, 1, 2, 3, 4]) {
      const pod = await world.until(
        `ends-${n}`,
        "has ended",
        (one) => hasPhase("Failed")(one) || hasPhase("Succeeded")(one),
      );
      expect(exitCode(pod)).toBe(n);
    }
    const after = (await world.pods("app=many")).filter((pod) => pod.metadata?.name?.startsWith("stays-"));
    expect(ids(after)).toEqual(ids(before.filter((pod) => pod.metadata?.name?.startsWith("stays-"))));
    expect(after.every(isReady)).toBe(true);
    const left = await processesOf(world.stateDir);
    expect(left.filter((id) => !processes.includes(id))).toEqual([]);
  }, 240_000);

  it("stops cleanly without stopping a task", async () => {
    const before = await processesOf(world.stateDir);
    expect(await world.burstlet.stop()).toBe(0);
    expect(await processesOf(world.stateDir)).toEqual(before);
    world.startAgain();
    await eventually("its node is Ready", async () => {
      const node = await world.node();
      return node.status?.conditions?.some((one) => one.type === "Ready" && one.status === "True");
    });
    const pods = (await world.pods("app=many")).filter((pod) => pod.metadata?.name?.startsWith("stays-"));
    expect(pods.every(isReady)).toBe(true);
  });

  it("says ContainerStatusUnknown, never 0, of containers whose supervisor died with them", async () => {
    await world.cluster.apply(podManifest("lost", { restartPolicy: "Never" }));
    await world.until("lost", "is ready", isReady);
    process.kill(await supervisorOf(world.stateDir), "SIGKILL");
    const pod = await world.until("lost", "has failed", hasPhase("Failed"));
    expect(pod.status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({
      exitCode: 137,
      reason: "ContainerStatusUnknown",
    });
  });
});
