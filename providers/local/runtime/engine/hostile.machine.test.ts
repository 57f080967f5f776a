/** Tasks that try to write on the machine of a real podman, outside of what they were given. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { systemClock } from "../../../../src/telemetry/clock.ts";
import type { TaskState } from "../../../../src/provider.ts";
import { busyboxImage, startEngine, type TestEngine } from "../../../../test/support/engine.ts";
import {
  type Hostile,
  hostileImageTasks,
  hostileTasks,
  makeOutside,
  type Outside,
} from "../../../../test/support/tasks/hostile-tasks.ts";
import { eventually } from "../../../../test/support/eventually.ts";
import { describeWith } from "../../../../test/support/requirements.ts";
import { silentLog } from "../../../../test/support/silent-log.ts";
import type { Runtime, TaskSpec } from "../runtime.ts";
import { createEngineRuntime } from "./engine-runtime.ts";
import { shell, taskOf, testCluster, until } from "./testing.ts";

const titles = hostileTasks("/nowhere", busyboxImage).map(({ what }, index) => [what, index] as const);

/** Ended, or told why it does not start. */
const isOver = ({ containers, phase, reason }: TaskState): boolean =>
  phase === "stopped" ||
  reason !== undefined ||
  containers.some(({ state }) => state.is === "waiting" && state.message !== undefined);

describeWith(
  ["engine", "root", "namespaces", "busybox"],
  "nothing is written outside of a task's volumes, when",
  () => {
    let engine: TestEngine;
    let folder: string;
    let runtime: Runtime;
    beforeAll(async () => {
      engine = await startEngine();
      folder = mkdtempSync(join(tmpdir(), "burstlet-hostile-"));
      const known = { clock: systemClock, log: silentLog, clusterUid: testCluster, nodeName: "edge" };
      runtime = await createEngineRuntime({ ...known, host: engine.host, stateDir: folder });
    });
    afterAll(async () => {
      await runtime?.close();
      await engine?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    it.concurrent.for(titles)("%s", async ([, index]) => {
      using outside = makeOutside();
      await tryToWrite(outside, `hostile-${index}`, hostileTasks(outside.path, busyboxImage)[index]);
    });

    it("an image has links, which podman follows to make an empty folder where the pod wants to work", async () => {
      using outside = makeOutside();
      const image = "localhost/linked:1";
      engine.podman("run", "--name", "linked", busyboxImage, "ln", "-s", outside.path, "/way");
      engine.podman("commit", "linked", image);
      for (const [index, task] of hostileImageTasks(image).entries())
        await tryToWrite(outside, `linked-${index}`, task);
      // Its own doing, before the container is there, and no part of its API could keep it from that.
      const working = shell("a", "pwd > mine; true", { image, workingDir: "/way/made" });
      const spec = taskOf("linked-work", [working]);
      await runtime.start(spec);
      await until(runtime, spec.identity, isOver);
      expect(outside.changes()).toEqual(["made was made"]);
      expect(readdirSync(join(outside.path, "made"))).toEqual([]);
      await discard(spec);
    });

    async function discard({ identity }: TaskSpec): Promise<void> {
      const stop = () => runtime.stop({ identity }, { graceSeconds: 0, discard: true });
      await eventually("nothing is left", async () => (await stop()) === "gone");
    }

    async function tryToWrite(outside: Outside, name: string, hostile: Hostile | undefined): Promise<void> {
      const { what = "", volumes = [], containers = [] } = hostile ?? {};
      const spec = taskOf(name, containers, { volumes });
      await runtime.start(spec);
      await until(runtime, spec.identity, isOver);
      expect(outside.changes(), what).toEqual([]);
      await discard(spec);
      expect(outside.changes(), what).toEqual([]);
    }
  },
);
