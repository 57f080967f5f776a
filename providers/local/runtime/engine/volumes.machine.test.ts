/** Volumes in a real podman: what a container finds at its mount paths. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { Late, SecretText } from "../../../../src/provider.ts";
import { systemClock } from "../../../../src/telemetry/clock.ts";
import { busyboxImage, startEngine, type TestEngine } from "../../../../test/support/engine.ts";
import { describeWith } from "../../../../test/support/requirements.ts";
import { silentLog } from "../../../../test/support/silent-log.ts";
import type { Runtime } from "../runtime.ts";
import { createEngineRuntime } from "./engine-runtime.ts";
import { discard, hasEnded, linesOf, shell, taskOf, testCluster, until } from "./testing.ts";

describeWith(["engine", "root", "namespaces", "busybox"], "volumes on an engine", () => {
  let engine: TestEngine;
  let stateDir: string;
  let local: Runtime;
  beforeAll(async () => {
    engine = await startEngine();
    stateDir = mkdtempSync(join(tmpdir(), "burstlet-volumes-"));
    const known = {
      hostIP: "192.0.2.1",
      clock: systemClock,
      log: silentLog,
      clusterUid: testCluster,
      nodeName: "edge",
    };
    local = await createEngineRuntime({ ...known, host: engine.host, stateDir });
  });
  afterEach(async () => {
    for (const { identity } of await local.list()) await discard(local, identity);
    expect(engine.podman("volume", "ls", "--quiet"), "volumes are left").toBe("");
  });
  afterAll(async () => {
    await local?.close();
    await engine?.close();
    rmSync(stateDir, { recursive: true, force: true });
  });

  it("fills volumes: files with modes and late values, empty folders that stay empty, memory, sub paths", async () => {
    const files = [
      { path: "plain", mode: 0o644, content: "text", encoding: "utf8" },
      { path: "deep/down/secret", mode: 0o400, content: new SecretText("c2VjcmV0"), encoding: "base64" },
      { path: "address", mode: 0o644, content: new Late([{ late: "podIP" }]), encoding: "utf8" },
    ] as const;
    const look =
      "stat -L -c '%a %n' /f/plain /f/deep/down/secret /data /m; cat /f/address /f/deep/down/secret /one; echo; ls -A /data; grep ' /m ' /proc/mounts; cat /data/part/x /m/kept; touch /f/no 2>&1";
    const spec = taskOf(
      "volumes",
      [
        shell("fill", "echo from init >/p/x; echo memory >/m/kept", {
          kind: "init",
          mounts: [mount("empty", "/p", "part"), mount("memory", "/m")],
        }),
        shell("look", look, {
          mounts: [
            mount("files", "/f"),
            mount("empty", "/data"),
            mount("memory", "/m"),
            mount("files", "/one", "plain"),
          ],
        }),
      ],
      {
        volumes: [
          { name: "files", kind: "files", files },
          { name: "empty", kind: "emptyDir", medium: "disk" },
          { name: "memory", kind: "emptyDir", medium: "memory", sizeLimit: 1024 * 1024 },
        ],
      },
    );
    await local.start(spec);
    const { podIPs } = await until(local, spec.identity, hasEnded("look"));
    expect(await linesOf(local, spec.identity, "look")).toEqual([
      "644 /f/plain",
      "400 /f/deep/down/secret",
      "777 /data",
      "777 /m",
      `${podIPs[0]}secrettext`,
      // Not what the image has at /data; the sub path of another container is there.
      "part",
      expect.stringContaining("size=1024k"),
      "from init",
      "memory",
      expect.stringContaining("Read-only file system"),
    ]);
    const record = join(stateDir, "tasks", readdirSync(join(stateDir, "tasks"))[0] ?? "");
    expect(readFileSync(record, "utf8")).toContain("c2VjcmV0");
    expect(statSync(record).mode & 0o777).toBe(0o600);
  });

  it("mounts an image as a volume that nobody can write to", async () => {
    const script = "cat /i/data/of-the-image; touch /i/x 2>&1";
    const mounts = [mount("image", "/i")];
    const imageVolumes = [{ name: "image", image: busyboxImage, imagePullPolicy: "IfNotPresent" }] as const;
    const spec = taskOf("image-volume", [shell("a", script, { mounts })], { imageVolumes });
    await local.start(spec);
    await until(local, spec.identity, hasEnded("a"));
    expect(await linesOf(local, spec.identity, "a")).toEqual([
      "from the image",
      expect.stringContaining("Read-only file system"),
    ]);
  });

  it("shows a task files and the network of the engine's machine where it may have them", async () => {
    const host = mkdtempSync(join(tmpdir(), "burstlet-host-"));
    writeFileSync(join(host, "file"), "of the host\n");
    const script = "cat /h/file; echo from inside >/made/x; cat /proc/net/dev | grep -c eth0; hostname; cat /etc/hosts";
    const spec = taskOf("host", [shell("a", script, { mounts: [mount("there", "/h"), mount("made", "/made")] })], {
      hostNetwork: true,
      hostPaths: [
        { name: "there", path: host, create: false },
        { name: "made", path: join(host, "new/folder"), create: true },
      ],
    });
    try {
      await local.start(spec);
      const state = await until(local, spec.identity, hasEnded("a"));
      expect(state.podIPs).toEqual(["192.0.2.1"]);
      const [file, interfaces, name, ...hosts] = await linesOf(local, spec.identity, "a");
      // The test's engine has a network of its own with nothing but loopback and its bridge.
      expect([file, interfaces, name]).toEqual(["of the host", "0", hostname()]);
      expect(hosts.join("\n")).not.toContain("Kubernetes-managed");
      expect(readFileSync(join(host, "new/folder/x"), "utf8")).toBe("from inside\n");
    } finally {
      rmSync(host, { recursive: true });
    }
  });
});

function mount(volume: string, path: string, subPath?: string) {
  return { volume, path, readOnly: false, subPath };
}
