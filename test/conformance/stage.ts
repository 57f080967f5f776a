/** A cluster whose one node is burstlet on a container engine, with the images of the suites in a registry beside it. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startWorld, type World } from "../e2e/worlds/world.ts";
import { startEngine, type TestEngine } from "../support/engine.ts";
import { mirroredRegistries, serveImages } from "./images/serve.ts";
import { goModule, type SuitePrograms } from "./programs.ts";

export interface Stage {
  readonly world: World;
  readonly engine: TestEngine;
  /** For reports and logs of a suite; gone with the stage. */
  readonly folder: string;
  close(): Promise<void>;
}

export async function openStage(programs: SuitePrograms): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), "burstlet-conformance-"));
  const sources = {
    program: (name: "agnhost" | "nonewprivs") => programs[name],
    folder: join(goModule("../controlplane", "k8s.io/kubernetes").Dir, "test/images"),
  };
  const registry = await serveImages(imagesOf(programs.e2e), sources);
  const engine = await startEngine({ network: "shared", mirrored: mirroredRegistries });
  const host = { host: engine.host, allowPrivileged: true };
  const local = { runtime: "engine", stateDir: join(folder, "state"), engine: host };
  // The suites' pods tolerate no taint; some of them are asked over the network.
  const world = await startWorld({ local, node: { taints: [], network: "routed" } });
  return {
    world,
    engine,
    folder,
    async close() {
      await world.stop();
      await engine.close();
      registry.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Every image that Kubernetes' suite may name, with its tag. */
function imagesOf(e2e: string): readonly string[] {
  const { status, stdout, stderr } = spawnSync(e2e, ["--list-images"], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${e2e} --list-images: ${stderr}`);
  return stdout.trim().split("\n");
}
