import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Server } from "node:tls";
import { afterAll, beforeAll, expect, it } from "vitest";
import { SecretText } from "../../../../src/provider.ts";
import { systemClock } from "../../../../src/telemetry/clock.ts";
import { containerOf, discard, hasEnded, joined, logsOf, shell, taskOf, testCluster, until } from "./testing.ts";
import { busyboxImage, startEngine, type TestEngine } from "../../../../test/support/engine.ts";
import { describeWith } from "../../../../test/support/requirements.ts";
import { certificates, tlsInFrontOf } from "../../../../test/support/remote/tls-front.ts";
import type { EngineTls } from "./api/endpoint.ts";
import { createEngineRuntime } from "./engine-runtime.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };

describeWith(["engine", "root", "namespaces", "busybox", "openssl"], "the engine runtime far away", () => {
  let engine: TestEngine;
  let folder: string;
  let server: Server;
  let registry: ChildProcess;
  let ours: EngineTls;

  beforeAll(async () => {
    engine = await startEngine();
    folder = mkdtempSync(join(tmpdir(), "burstlet-remote-"));
    const made = certificates(folder);
    ours = made.client;
    server = await tlsInFrontOf(engine.host, made);
    registry = await startRegistry(engine);
  });
  afterAll(async () => {
    registry?.kill();
    server?.close();
    await engine?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const remote = (tls: EngineTls, stateDir = "state") => {
    const host = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const options = { clock: systemClock, log: silent, clusterUid: testCluster, nodeName: "edge" };
    return createEngineRuntime({ host, tls, stateDir: join(folder, stateDir), ...options });
  };

  it("runs a task with volumes over TCP with TLS, as over the socket", async () => {
    const files = [{ path: "a", mode: 0o644, content: "from afar", encoding: "utf8" }] as const;
    const mounts = [
      { volume: "files", path: "/one", subPath: "a", readOnly: true },
      { volume: "empty", path: "/e", readOnly: false },
    ];
    const spec = taskOf("far", [shell("a", "cat /one; touch /e/x; echo bye >/dev/termination-log", { mounts })], {
      volumes: [
        { name: "files", kind: "files", files },
        { name: "empty", kind: "emptyDir", medium: "disk" },
      ],
    });
    const runtime = await remote(ours);
    try {
      await runtime.start(spec);
      const state = await until(runtime, spec.identity, hasEnded("a"));
      expect(containerOf(state, "a").state).toMatchObject({ exitCode: 0, message: "bye\n" });
      expect((await logsOf(runtime, spec.identity, "a")).map(({ bytes }) => bytes.toString()).join("")).toBe(
        "from afar",
      );
      await discard(runtime, spec.identity);
    } finally {
      await runtime.close();
    }
  });

  it("is denied, with the fix, when the engine's certificate is not by the named authority", async () => {
    const other = certificates(mkdtempSync(join(folder, "other-"))).client;
    const runtime = await remote({ ...ours, ca: other.ca }, "denied");
    try {
      await expect(runtime.list()).rejects.toMatchObject({
        kind: "denied",
        reason: "EngineTlsFailed",
        message: expect.stringContaining("ca.pem"),
      });
    } finally {
      await runtime.close();
    }
  });

  it("pulls from a registry that wants a password, and only with the right one", async () => {
    engine.podman("push", "--creds", "me:right", busyboxImage, "127.0.0.1:5000/private/busybox:1");
    const runtime = await remote(ours, "pull");
    const withPassword = (name: string, password: string) =>
      taskOf(
        name,
        [shell("a", "echo pulled", { image: "127.0.0.1:5000/private/busybox:1", imagePullPolicy: "Always" })],
        {
          pullCredentials: [{ registry: "127.0.0.1:5000", username: "me", password: new SecretText(password) }],
        },
      );
    try {
      const wrong = withPassword("wrong", "wrong");
      await runtime.start(wrong);
      const waiting = await until(runtime, wrong.identity, (state) =>
        JSON.stringify(containerOf(state, "a").state).includes("ErrImagePull"),
      );
      expect(containerOf(waiting, "a").state).toMatchObject({
        message: expect.stringMatching(/unauthorized|authentication required/i),
      });
      const right = withPassword("right", "right");
      await runtime.start(right);
      const ended = await until(runtime, right.identity, hasEnded("a"));
      expect(joined(await logsOf(runtime, right.identity, "a"))).toEqual(["pulled"]);
      const { pull } = containerOf(ended, "a");
      expect([pull?.finishedAt, pull?.bytes]).toEqual([expect.any(Number), expect.any(Number)]);
      expect(containerOf(waiting, "a").pull).toEqual({ startedAt: expect.any(Number) });
      for (const { identity } of [wrong, right]) await discard(runtime, identity);
    } finally {
      await runtime.close();
    }
  });
});

/** On the loopback of the engine's own network namespace, where nobody else can reach it. */
async function startRegistry(engine: TestEngine): Promise<ChildProcess> {
  const script = new URL("../../../../test/support/remote/registry.ts", import.meta.url).pathname;
  const words = ["--net", "--target", String(engine.pid), process.execPath, script, "5000", "me:right"];
  const child = spawn("nsenter", words, { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return child;
}
