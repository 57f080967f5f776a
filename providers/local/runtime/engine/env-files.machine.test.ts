/** Variables out of files in volumes of a real podman. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { TaskState } from "../../../../src/provider.ts";
import { systemClock } from "../../../../src/telemetry/clock.ts";
import { busyboxImage, startEngine, type TestEngine } from "../../../../test/support/engine.ts";
import {
  envFileContainers,
  envFileVolumes as volumes,
  fromFile,
} from "../../../../test/support/tasks/env-file-tasks.ts";
import { makeOutside } from "../../../../test/support/tasks/hostile-tasks.ts";
import { describeWith } from "../../../../test/support/requirements.ts";
import { silentLog } from "../../../../test/support/silent-log.ts";
import type { Runtime } from "../runtime.ts";
import { createEngineRuntime } from "./engine-runtime.ts";
import { containerOf, discard, hasEnded, inside, linesOf, shell, taskOf, testCluster, until } from "./testing.ts";

describeWith(["engine", "root", "namespaces", "busybox"], "variables out of files on an engine", () => {
  let engine: TestEngine;
  let folder: string;
  let runtime: Runtime;
  beforeAll(async () => {
    engine = await startEngine();
    folder = mkdtempSync(join(tmpdir(), "burstlet-env-"));
    const known = { clock: systemClock, log: silentLog, clusterUid: testCluster, nodeName: "edge" };
    runtime = await createEngineRuntime({ ...known, host: engine.host, stateDir: folder });
  });
  afterEach(async () => {
    for (const { identity } of await runtime.list()) await discard(runtime, identity);
  });
  afterAll(async () => {
    await runtime?.close();
    await engine?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("are what an earlier container has written, and nothing behind a link to the engine's machine", async () => {
    using outside = makeOutside();
    writeFileSync(join(outside.path, "env"), "A='of the host'");
    const write = [
      `echo "A='on disk'" > /disk/env`,
      `echo "B='in memory'" > /memory/env`,
      `echo "C='deep'" > /sub/env`,
      `ln -s ${outside.path} /disk/way`,
    ].join("; ");
    const containers = envFileContainers(busyboxImage, write, {
      A: fromFile("disk", "env", "A"),
      B: fromFile("memory", "env", "B"),
      C: fromFile("disk", "in/deep/env", "C"),
      D: fromFile("disk", "none", "D", { optional: true }),
      E: fromFile("disk", "way/env", "A", { optional: true }),
    });
    const spec = taskOf("env-files", containers, { volumes });
    await runtime.start(spec);
    await until(runtime, spec.identity, hasEnded("main"));
    const said = ["A=on disk", "B=in memory", "C=deep", "D=unset", "E=unset"];
    expect(await linesOf(runtime, spec.identity, "main")).toEqual(said);
  });

  it("hold up their container while the file is not there or too long, until it is right", async () => {
    const waits = (words: string) => (state: TaskState) => {
      const run = containerOf(state, "main").state;
      return (
        run.is === "waiting" && run.reason === "CreateContainerConfigError" && run.message?.includes(words) === true
      );
    };
    const mounts = [{ volume: "disk", path: "/disk", readOnly: false }];
    const beside = shell("beside", "exec sleep 3600", { kind: "sidecar", mounts });
    const [, main] = envFileContainers(busyboxImage, "true", { A: fromFile("disk", "env", "A") });
    const spec = taskOf("env-late", [beside, ...(main === undefined ? [] : [main])], { volumes });
    await runtime.start(spec);
    const write = (line: string) =>
      inside(engine, spec.identity, { container: "beside" }, "sh", "-c", `${line} > /disk/env`);
    await until(runtime, spec.identity, waits('"A" not found'));
    write("head -c 1200000 /dev/zero");
    await until(runtime, spec.identity, waits("longer than"));
    write(`echo "A='1'"`);
    await until(runtime, spec.identity, hasEnded("main"));
    expect(await linesOf(runtime, spec.identity, "main")).toEqual(["A=1"]);
  });
});
