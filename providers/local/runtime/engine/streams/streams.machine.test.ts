import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { buffer, text } from "node:stream/consumers";
import type { Server } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { ContainerRef, ProcessStream } from "../../../../../src/provider.ts";
import { systemClock } from "../../../../../src/telemetry/clock.ts";
import { startEngine, type TestEngine } from "../../../../../test/support/engine.ts";
import { describeWith } from "../../../../../test/support/requirements.ts";
import { silentLog } from "../../../../../test/support/silent-log.ts";
import { certificates, tlsInFrontOf } from "../../../../../test/support/tls-front.ts";
import type { ContainerSpec, Runtime } from "../../runtime.ts";
import { createEngineRuntime } from "../engine-runtime.ts";
import {
  discard,
  hasEnded,
  isRunning,
  joined,
  linesOf,
  logsOf,
  shell,
  taskOf,
  testCluster,
  until,
} from "../testing.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

type StreamRuntime = Required<Runtime>;

describeWith(["engine", "root", "namespaces", "busybox", "openssl"], "streams of the engine runtime", () => {
  let engine: TestEngine;
  let folder: string;
  let front: Server;
  let certificate: ReturnType<typeof certificates>;

  beforeAll(async () => {
    engine = await startEngine();
    folder = mkdtempSync(join(tmpdir(), "burstlet-streams-"));
    certificate = certificates(folder);
    front = await tlsInFrontOf(engine.host, certificate);
  });
  afterAll(async () => {
    front?.close();
    await engine?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  describe.for(["socket", "TLS"])("over %s", (way) => {
    let runtime: StreamRuntime;

    beforeAll(async () => {
      const far = { host: `tcp://127.0.0.1:${(front.address() as AddressInfo).port}`, tls: certificate.client };
      runtime = (await createEngineRuntime({
        ...(way === "TLS" ? far : { host: engine.host }),
        stateDir: join(folder, way),
        clock: systemClock,
        log: silentLog,
        clusterUid: testCluster,
        nodeName: way,
      })) as StreamRuntime;
    });
    afterAll(async () => {
      await runtime?.close();
      expect(engine.podman("ps", "--all", "--quiet"), "containers are left").toBe("");
    });
    afterEach(async () => {
      for (const state of await runtime.list()) await discard(runtime, state.identity);
    });

    async function running(script: string, more: Partial<ContainerSpec> = {}): Promise<ContainerRef> {
      const spec = { ...taskOf(way.toLowerCase(), [shell("a", script, more)]), nodeName: way };
      await runtime.start(spec);
      await until(runtime, spec.identity, isRunning("a"));
      return { task: { identity: spec.identity }, container: "a", instance: 0 };
    }
    const run = (
      target: ContainerRef,
      script: string,
      how: { tty?: boolean; stdin?: boolean; signal?: AbortSignal } = {},
    ) => {
      const { tty = false, stdin = false, signal = new AbortController().signal } = how;
      return runtime.exec(target, { argv: ["sh", "-c", script], tty, stdin }, signal);
    };

    it("tells outputs apart and the exit code, 0 to 255", async () => {
      const target = await running("sleep 1000");
      for (const code of [0, 3, 255]) {
        const stream = await run(target, `echo out; echo err >&2; exit ${code}`);
        expect(await everything(stream)).toEqual({ stdout: "out\n", stderr: "err\n", code });
      }
    });

    it("ends the command's stdin when ours ends, and gives none where none was asked for", async () => {
      const target = await running("sleep 1000");
      const typed = await run(target, "cat; echo end", { stdin: true });
      typed.stdin.write("one\n");
      typed.stdin.end("two\n");
      expect(await everything(typed)).toMatchObject({ stdout: "one\ntwo\nend\n", code: 0 });
      const untyped = await run(target, "cat; echo end");
      untyped.stdin.write("lost");
      expect(await everything(untyped)).toMatchObject({ stdout: "end\n", code: 0 });
    });

    it("carries 20 MB in and out again, byte for byte", async () => {
      const target = await running("sleep 1000");
      const sent = Buffer.from(
        Array.from({ length: 20_000 }, (_, index) => index.toString(36).padStart(1000)).join(""),
      );
      const stream = await run(target, "cat", { stdin: true });
      stream.stdin.end(sent);
      const back = await buffer(stream.stdout);
      expect(back.length).toBe(sent.length);
      expect(hash(back)).toBe(hash(sent));
      expect(await stream.exit).toEqual({ code: 0 });
    });

    it("holds a command up whose output nobody reads", async () => {
      const target = await running("sleep 1000");
      const stream = await run(target, "yes | head -c 20000000; echo done >/tmp/done");
      stream.stderr?.resume();
      await once(stream.stdout, "readable");
      expect(await everything(await run(target, "cat /tmp/done"))).toMatchObject({ code: 1 });
      expect((await buffer(stream.stdout)).length).toBe(20_000_000);
      expect(await stream.exit).toEqual({ code: 0 });
    });

    it("passes single bytes on that would detach, had they their usual meaning", async () => {
      const target = await running("sleep 1000");
      const stream = await run(target, "cat", { stdin: true });
      for (const byte of ["\u0010", "\u0011"]) {
        stream.stdin.write(byte);
        await once(stream.stdout, "readable");
        expect(String(stream.stdout.read())).toBe(byte);
      }
      // Our own row begins with this one: it comes late, but it comes.
      stream.stdin.end("\u001e");
      expect(await everything(stream)).toMatchObject({ stdout: "\u001e", code: 0 });
    });

    it("gives a terminal with the newest of many sizes", async () => {
      const target = await running("sleep 1000");
      const stream = await run(target, "read x; stty size; tty; echo $TERM; echo err >&2", { tty: true, stdin: true });
      expect(stream.stderr).toBeUndefined();
      for (let rows = 1; rows <= 50; rows += 1) stream.resize(100 + rows, rows);
      await expect
        .poll(async () => (await everything(await run(target, "stty size </dev/pts/0"))).stdout, { timeout: 10_000 })
        .toBe("50 150\n");
      stream.stdin.write("go\n");
      const { stdout, code } = await everything(stream);
      expect(stdout.replaceAll("\r\n", "\n")).toBe("go\n50 150\n/dev/pts/0\nxterm\nerr\n");
      expect(code).toBe(0);
    });

    it("kills the command and what it has started when the signal aborts, and nothing else", async () => {
      const target = await running("sleep 1003 & sleep 1000");
      const gone = new AbortController();
      const stream = await run(target, "sleep 1001 & sleep 1001", { signal: gone.signal });
      const other = await run(target, "read x; echo $x", { stdin: true });
      await expect.poll(() => sleeping(target), { timeout: 20_000 }).toEqual(["1000", "1001", "1001", "1003"]);
      gone.abort();
      await expect(stream.exit).rejects.toMatchObject({ kind: "unknown", reason: "StreamAbandoned" });
      await expect.poll(() => sleeping(target), { timeout: 20_000 }).toEqual(["1000", "1003"]);
      other.stdin.end("lives\n");
      expect(await everything(other)).toMatchObject({ stdout: "lives\n", code: 0 });
    });

    it("kills a shell with its jobs when the terminal's stdin is destroyed", async () => {
      const target = await running("sleep 1000");
      const stream = await run(target, "exec sh -i", { tty: true, stdin: true });
      stream.stdout.resume();
      stream.stdin.write("set -m; sleep 1002 & sleep 1002 &\nsleep 1002\n");
      await expect.poll(() => sleeping(target), { timeout: 20_000 }).toEqual(["1000", "1002", "1002", "1002"]);
      stream.stdin.destroy();
      await expect.poll(() => sleeping(target), { timeout: 20_000 }).toEqual(["1000"]);
    });

    const sleeping = async (target: ContainerRef): Promise<string[]> => {
      const script = "cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -o 'sleep 10[0-9]*' || true";
      const { stdout } = await everything(
        await runtime.exec(
          target,
          { argv: ["sh", "-c", script.replaceAll("sleep", "slee[p]")], tty: false, stdin: false },
          new AbortController().signal,
        ),
      );
      return stdout
        .split("\n")
        .slice(0, -1)
        .map((line) => line.slice(6))
        .toSorted();
    };

    it("says why a command cannot be started", async () => {
      const target = await running("sleep 1000");
      const stream = await runtime.exec(
        target,
        { argv: ["/no/such"], tty: false, stdin: false },
        new AbortController().signal,
      );
      expect(await everything(stream)).toMatchObject({ stderr: expect.stringContaining("no such file"), code: 127 });
      const ended = { ...target, instance: 7 };
      await expect(run(ended, "true")).rejects.toMatchObject({ kind: "notFound" });
    });

    it("attaches to a container from now on, types into it and tells how it ended", async () => {
      const target = await running("echo before; while read x; do echo got $x; [ $x = end ] && exit 7; done", {
        stdin: true,
        stdinOnce: true,
      });
      await expect.poll(() => linesOf(runtime, target.task.identity, "a"), { timeout: 20_000 }).toEqual(["before"]);
      const stream = await runtime.attach(target, { stdin: true }, new AbortController().signal);
      stream.stdin.write("one\nend\n");
      expect(await everything(stream)).toEqual({ stdout: "got one\ngot end\n", stderr: "", code: 7 });
      await until(runtime, target.task.identity, hasEnded("a"));
      await expect(runtime.attach(target, { stdin: true }, new AbortController().signal)).rejects.toMatchObject({
        kind: "conflict",
        reason: "ContainerNotRunning",
      });
    });

    it("detaches without an end of the container, and attaches again", async () => {
      const target = await running("while sleep 0.1; do echo tick; done");
      for (let time = 0; time < 2; time += 1) {
        const leave = new AbortController();
        const stream = await runtime.attach(target, { stdin: false }, leave.signal);
        await once(stream.stdout, "readable");
        expect(String(stream.stdout.read())).toContain("tick\n");
        leave.abort();
        await expect(stream.exit).rejects.toMatchObject({ reason: "StreamAbandoned" });
      }
      expect((await runtime.list())[0]?.phase).toBe("running");
    });

    it("attaches to a terminal, resizes it, and reads its log, which has no frames", async () => {
      const target = await running("echo before; read x; stty size; echo err >&2; exit 3", { tty: true, stdin: true });
      const stream = await runtime.attach(target, { stdin: true }, new AbortController().signal);
      stream.resize(132, 43);
      const stty = () => run(target, "stty size </proc/1/fd/0");
      await expect.poll(async () => (await everything(await stty())).stdout, { timeout: 10_000 }).toBe("43 132\n");
      stream.stdin.write("go\n");
      const { stdout, code } = await everything(stream);
      expect(stdout.replaceAll("\r\n", "\n")).toBe("go\n43 132\nerr\n");
      expect(code).toBe(3);
      await until(runtime, target.task.identity, hasEnded("a"));
      const records = await logsOf(runtime, target.task.identity, "a");
      expect(records.every(({ stream: from }) => from === "stdout")).toBe(true);
      expect(joined(records).map((line) => line.replace("\r", ""))).toEqual(["before", "go", "43 132", "err"]);
    });
  });
});

async function everything(stream: ProcessStream): Promise<{ stdout: string; stderr: string; code: number }> {
  const [stdout, stderr, { code }] = await Promise.all([
    text(stream.stdout),
    stream.stderr === undefined ? "" : text(stream.stderr),
    stream.exit,
  ]);
  return { stdout, stderr, code };
}

function hash(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
