/** Tasks as real processes. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { createProcessRuntime, shutdownSupervisor } from "../providers/local/runtime/process/process-runtime.ts";
import { ownNetwork } from "../providers/local/runtime/process/testing.ts";
import { systemClock } from "../src/telemetry/clock.ts";
import { describeWith } from "../test/support/requirements.ts";
import { silentLog } from "../test/support/silent-log.ts";
import { realTaskTests } from "./ecs/testing.ts";
import { openWorld, type World } from "./testing.ts";

describeWith(["namespaces", "busybox"], "on the process runtime a task", () => {
  let world: World;
  const network = ownNetwork();
  const stateDir = mkdtempSync(join(tmpdir(), "burstlet-standin-"));

  beforeAll(async () => {
    world = await openWorld(
      {},
      {
        metadataHost: network.subnet.replace("0/24", "1"),
        runtime: () => createProcessRuntime({ stateDir, clock: systemClock, log: silentLog, ...network }),
      },
    );
  });

  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    await shutdownSupervisor(stateDir, systemClock);
    rmSync(stateDir, { recursive: true, force: true });
  });

  realTaskTests(() => world, "public.ecr.aws/docker/library/busybox:1.37");
});
