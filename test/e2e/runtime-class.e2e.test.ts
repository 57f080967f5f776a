import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { busyboxImage, startEngine, type TestEngine } from "../support/engine.ts";
import { describeWith } from "../support/requirements.ts";
import { hasPhase, podManifest, startWorld, type World } from "./worlds/world.ts";

const classOf = (name: string): object => ({
  apiVersion: "node.k8s.io/v1",
  kind: "RuntimeClass",
  metadata: { name },
  handler: name,
  overhead: { podFixed: { cpu: "250m", memory: "64Mi" } },
});
const ofClass = (name: string): object =>
  podManifest(name, {
    restartPolicy: "Never",
    command: ["true"],
    container: { image: busyboxImage, imagePullPolicy: "IfNotPresent" },
    spec: { runtimeClassName: name },
  });

describeWith(["go", "namespaces", "root", "busybox", "engine"], "a pod of a RuntimeClass", () => {
  let engine: TestEngine;
  let stateDir: string;
  let world: World;
  beforeAll(async () => {
    engine = await startEngine({ network: "shared" });
    stateDir = mkdtempSync(join(tmpdir(), "burstlet-classes-"));
    const options = { host: engine.host, runtimeClasses: ["standard"] };
    world = await startWorld({ local: { runtime: "engine", stateDir, engine: options } });
    await world.cluster.apply([classOf("standard"), classOf("other")]);
  });
  afterAll(async () => {
    await world?.stop();
    await engine?.close();
    rmSync(stateDir, { recursive: true, force: true });
  });

  it("runs where the configuration names the class, with its overhead", async () => {
    await world.cluster.apply(ofClass("standard"));
    const pod = await world.until("standard", "has succeeded", hasPhase("Succeeded"));
    expect(pod.spec?.overhead).toEqual({ cpu: "250m", memory: "64Mi" });
  });

  it("is refused where it does not", async () => {
    await world.cluster.apply(ofClass("other"));
    const pod = await world.until("other", "has failed", hasPhase("Failed"));
    expect(pod.status?.message).toMatch(/^spec\.runtimeClassName: .*local\.engine\.runtimeClasses/);
  });
});
