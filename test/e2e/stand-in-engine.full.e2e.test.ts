/** The stand-in for AWS over a container engine; over processes it is tried beside its sources. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { realTaskTests } from "../../localstack/ecs/testing.ts";
import { openRuntimeOf } from "../../localstack/runtimes.ts";
import { openWorld, type World } from "../../localstack/testing.ts";
import { systemClock } from "../../src/telemetry/clock.ts";
import { startEngine, type TestEngine } from "../support/engine.ts";
import { namespaceAddress } from "../support/namespace.ts";
import { describeWith } from "../support/requirements.ts";
import { silentLog } from "../support/silent-log.ts";

describeWith(["namespaces", "root", "busybox", "engine"], "on a container engine a task of the stand-in", () => {
  let engine: TestEngine;
  let world: World;
  const stateDir = mkdtempSync(join(tmpdir(), "burstlet-stand-in-"));

  beforeAll(async () => {
    engine = await startEngine({ network: "shared" });
    const parts = { clock: systemClock, log: silentLog, stateDir, engine: engine.host };
    world = await openWorld({}, { metadataHost: namespaceAddress(), runtime: await openRuntimeOf("engine", parts) });
  });

  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    await engine.close();
    rmSync(stateDir, { recursive: true, force: true });
  });

  // An engine has its own such files, which all containers of a task share.
  realTaskTests(() => world, "public.ecr.aws/docker/library/busybox:latest", ["shared"]);
});
