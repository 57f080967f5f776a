import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually, soon } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import { processesOf } from "./processes.ts";
import { isReady, nodeName, startWorld, type World } from "./worlds/world.ts";

const document = readFileSync(join(import.meta.dirname, "../../deploy/rbac-static-pods.yaml"), "utf8");
const mirror = `web-${nodeName}`;
const mirrorAnnotation = "kubernetes.io/config.mirror";

const manifest = (words: string): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web" },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [{ name: "main", image: "busybox", command: ["sh", "-c", `echo ${words}; exec sleep 3600`] }],
    },
  });

describeWith(["go", "namespaces", "root", "busybox"], "static pods", () => {
  let folder: string;
  let world: World;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "burstlet-manifests-"));
    mkdirSync(join(folder, "not-a-manifest"));
    writeFileSync(join(folder, "web.yaml"), manifest("hello"));
    world = await startWorld({ node: { staticPodPath: folder } });
  });
  afterAll(async () => {
    rmSync(join(folder, "web.yaml"), { force: true });
    await world?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const linesWith = (words: string) =>
    world.burstlet
      .log()
      .split("\n")
      .filter((line) => line.includes(words));
  const hashOf = async () => (await world.pod(mirror)).metadata?.annotations?.[mirrorAnnotation];
  // It runs, and so is ready, before it has printed anything.
  const printed = () => eventually("its output", async () => world.cluster.kubectl("logs", mirror));
  const running = () => processesOf(world.stateDir);

  it("need a right of their own, whose absence is told with the document that grants it", async () => {
    const [line = ""] = await eventually("the missing right", () => {
      const lines = linesWith("permission missing");
      return lines.length > 0 && lines;
    });
    expect(line).toMatch(/verb=create .*resource=pods .*fix="kubectl apply -f deploy\/rbac-static-pods\.yaml/);
    await world.cluster.apply(document);
  });

  it("run, and a mirror pod of the node shows it", async () => {
    const pod = await world.until(mirror, "is ready", isReady);
    expect(pod.metadata?.ownerReferences).toMatchObject([{ kind: "Node", name: nodeName, controller: true }]);
    expect(pod.spec?.nodeName).toBe(nodeName);
    expect(await printed()).toBe("hello\n");
    await soon(async () =>
      expect(await world.cluster.kubectl("describe", "pod", mirror)).toContain("Container started"),
    );
  });

  it("do not end with their mirror: it comes back, and the same process runs on", async () => {
    const before = await world.pod(mirror);
    const processes = await running();
    await world.cluster.kubectl("delete", "pod", mirror, "--wait=false");
    const after = await world
      .until(mirror, "is back and ready", (pod) => pod.metadata?.uid !== before.metadata?.uid && isReady(pod))
      .catch(async (error: unknown) => {
        throw new Error(linesWith("static").join("\n"), { cause: error });
      });
    expect(after.status?.containerStatuses?.[0]?.state).toEqual(before.status?.containerStatuses?.[0]?.state);
    expect(await running()).toEqual(processes);
  });

  it("survive a killed burstlet, also when the mirror was deleted meanwhile", async () => {
    const before = await world.pod(mirror);
    const processes = await running();
    await world.burstlet.kill();
    await world.cluster.kubectl("delete", "pod", mirror, "--grace-period=0", "--force");
    world.startAgain();
    const after = await world.until(mirror, "is back and ready", isReady);
    expect(after.metadata?.uid).not.toBe(before.metadata?.uid);
    expect(after.status?.containerStatuses?.[0]?.state).toEqual(before.status?.containerStatuses?.[0]?.state);
    expect(await running()).toEqual(processes);
  });

  it("are replaced when their manifest changes; a file that is no manifest is told and changes nothing", async () => {
    const [before, processes] = [await hashOf(), await running()];
    writeFileSync(join(folder, "broken.yaml"), "kind: Nothing");
    await eventually("the broken file is told", () => linesWith("manifest is no static pod").length > 0);
    expect(await running()).toEqual(processes);
    // As a whole: a file that is still being written is no manifest either.
    writeFileSync(join(folder, "not-a-manifest", "web.yaml"), manifest("again"));
    renameSync(join(folder, "not-a-manifest", "web.yaml"), join(folder, "web.yaml"));
    await eventually("the new one is ready", async () => {
      const pod = await world.pod(mirror).catch(() => undefined);
      return pod !== undefined && pod.metadata?.annotations?.[mirrorAnnotation] !== before && isReady(pod);
    });
    expect(await printed()).toBe("again\n");
    await eventually("the old process has ended", async () => processes.every((id) => !alive(id)));
    expect(linesWith("manifest is no static pod")).toHaveLength(1);
  });

  it("go with their manifest, and so do their mirrors", async () => {
    rmSync(join(folder, "web.yaml"));
    await eventually("the mirror has gone", async () => {
      const { items } = await world.cluster.get<{ items: unknown[] }>("pods");
      return items.length === 0;
    });
    await eventually("the process has ended", async () => (await running()).length === 0);
  });
});

function alive(id: number): boolean {
  try {
    return process.kill(id, 0);
  } catch {
    return false;
  }
}
