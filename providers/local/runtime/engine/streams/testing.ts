/** Streams of containers in a real podman, over its unix socket and over TCP with TLS. */
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Server } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect } from "vitest";
import type { ContainerRef, ProcessStream } from "../../../../../src/provider.ts";
import { systemClock } from "../../../../../src/telemetry/clock.ts";
import { startEngine, type TestEngine } from "../../../../../test/support/engine.ts";
import { describeWith } from "../../../../../test/support/requirements.ts";
import { silentLog } from "../../../../../test/support/silent-log.ts";
import { certificates, tlsInFrontOf } from "../../../../../test/support/remote/tls-front.ts";
import type { ContainerSpec, Runtime } from "../../runtime.ts";
import { createEngineClient, type EngineClient } from "../api/client.ts";
import { engineEndpoint } from "../api/endpoint.ts";
import { createTransport } from "../api/transport.ts";
import { createEngineRuntime } from "../engine-runtime.ts";
import { discard, isRunning, shell, taskOf, testCluster, until } from "../testing.ts";

interface StreamBench {
  readonly engine: TestEngine;
  readonly runtime: Required<Runtime>;
  /** The same way to the same engine. */
  readonly client: EngineClient;
  /** A task whose one container runs this script. */
  running(script: string, more?: Partial<ContainerSpec>): Promise<ContainerRef>;
  /** Executes a line of shell. */
  run(
    target: ContainerRef,
    script: string,
    how?: { readonly tty?: boolean; readonly stdin?: boolean; readonly signal?: AbortSignal },
  ): Promise<ProcessStream>;
}

/** Defines the same tests for both ways. Nothing may be left in the engine after them. */
export function nearAndFar(title: string, tests: (bench: StreamBench) => void): void {
  describeWith(["engine", "root", "namespaces", "busybox", "openssl"], title, () => {
    let engine: TestEngine;
    let folder: string;
    let front: Server;
    let far: { readonly host: string; readonly tls: ReturnType<typeof certificates>["client"] };

    beforeAll(async () => {
      engine = await startEngine();
      folder = mkdtempSync(join(tmpdir(), "burstlet-streams-"));
      const made = certificates(folder);
      front = await tlsInFrontOf(engine.host, made);
      far = { host: `tcp://127.0.0.1:${(front.address() as AddressInfo).port}`, tls: made.client };
    });
    afterAll(async () => {
      front?.close();
      await engine?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    describe.for(["socket", "TLS"])("over %s", (way) => {
      let runtime: Required<Runtime>;
      let client: EngineClient;

      beforeAll(async () => {
        const place = way === "TLS" ? far : { host: engine.host };
        client = createEngineClient(
          createTransport(engineEndpoint(place.host, "tls" in place ? place.tls : undefined)),
        );
        const known = { clock: systemClock, log: silentLog, clusterUid: testCluster, nodeName: way };
        runtime = (await createEngineRuntime({ ...place, ...known, stateDir: join(folder, way) })) as typeof runtime;
      });
      afterEach(async () => {
        for (const state of await runtime.list()) await discard(runtime, state.identity);
      });
      afterAll(async () => {
        await client?.close();
        await runtime?.close();
        expect(engine.podman("ps", "--all", "--quiet"), "containers are left").toBe("");
      });

      tests({
        get engine() {
          return engine;
        },
        get runtime() {
          return runtime;
        },
        get client() {
          return client;
        },
        async running(script, more = {}) {
          const spec = taskOf("streams", [shell("a", script, more)], { nodeName: way });
          await runtime.start(spec);
          await until(runtime, spec.identity, isRunning("a"));
          return { task: { identity: spec.identity }, container: "a", instance: 0 };
        },
        run(target, script, { tty = false, stdin = false, signal = new AbortController().signal } = {}) {
          return runtime.exec(target, { argv: ["sh", "-c", script], tty, stdin }, signal);
        },
      });
    });
  });
}

export async function everything(stream: ProcessStream): Promise<{ stdout: string; stderr: string; code: number }> {
  const stderr = stream.stderr === undefined ? "" : text(stream.stderr);
  const [out, err, { code }] = await Promise.all([text(stream.stdout), stderr, stream.exit]);
  return { stdout: out, stderr: err, code };
}
