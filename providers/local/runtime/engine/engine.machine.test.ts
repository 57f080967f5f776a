import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { Late, SecretText } from "../../../../src/provider.ts";
import { systemClock } from "../../../../src/telemetry/clock.ts";
import {
  containerOf,
  discard,
  hasEnded,
  inside,
  isRunning,
  joined,
  linesOf,
  logsOf,
  shell,
  taskOf,
  testCluster,
  until,
} from "./testing.ts";
import { startEngine, type TestEngine } from "../../../../test/support/engine.ts";
import { describeWith } from "../../../../test/support/requirements.ts";
import type { Runtime } from "../runtime.ts";
import { createEngineRuntime } from "./engine-runtime.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };

describeWith(["engine", "root", "namespaces", "busybox"], "the engine runtime on a real podman", () => {
  let engine: TestEngine;
  let stateDir: string;
  let local: Runtime;

  beforeAll(async () => {
    engine = await startEngine();
    stateDir = mkdtempSync(join(tmpdir(), "burstlet-state-"));
    const options = { clock: systemClock, log: silent, clusterUid: testCluster, nodeName: "edge", hostIP: "192.0.2.1" };
    local = await createEngineRuntime({ host: engine.host, stateDir, ...options });
  });
  afterAll(async () => {
    await local?.close();
    await engine?.close();
    rmSync(stateDir, { recursive: true, force: true });
  });
  afterEach(async () => {
    for (const state of await local.list()) await discard(local, state.identity);
    expect(engine.podman("ps", "--all", "--quiet"), "containers are left").toBe("");
    expect(engine.podman("volume", "ls", "--quiet"), "volumes are left").toBe("");
    expect(readdirSync(join(stateDir, "tasks")), "records are left").toEqual([]);
  });

  it("runs a container to its end and tells the true exit code, its last words and its output", async () => {
    const script = "echo out; echo err >&2; echo last words >/dev/termination-log; exit 3";
    const spec = taskOf("exit", [shell("a", script)]);
    expect(await local.start(spec)).toMatchObject({ phase: "starting", identity: spec.identity, nodeName: "edge" });
    const state = await until(local, spec.identity, (seen) => seen.phase === "stopped");
    const ended = { is: "terminated", exitCode: 3, reason: "Error", message: "last words\n" };
    expect(containerOf(state, "a")).toMatchObject({
      instance: 0,
      state: ended,
      imageID: expect.stringMatching(/^sha256:/),
    });
    expect(state.podIPs).toEqual([expect.stringMatching(/^10\.88\./)]);
    const records = await logsOf(local, spec.identity, "a");
    expect(records.map(({ stream, bytes }) => `${stream} ${bytes.toString()}`).toSorted()).toEqual([
      "stderr err",
      "stdout out",
    ]);
    expect(records[0]?.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
  });

  it("gives containers their environment, with secrets and the task's own addresses, one hostname and one network", async () => {
    const env = [
      { name: "PLAIN", value: "a b" },
      { name: "HIDDEN", value: new SecretText("s3cret") },
      { name: "URL", value: new Late(["http://", { late: "podIP" }, ":80 on ", { late: "hostIP" }]) },
    ];
    const spec = taskOf(
      "env",
      [
        shell("server", "echo pong | nc -l -p 8080"),
        shell(
          "client",
          'until nc 127.0.0.1 8080; do :; done; echo "$PLAIN|$HIDDEN|$URL"; hostname; pwd; grep alias /etc/hosts; cat /etc/resolv.conf',
          { env, workingDir: "/tmp" },
        ),
      ],
      {
        hostAliases: [{ ip: "192.0.2.7", hostnames: ["alias-one", "alias-two"] }],
        dns: { nameservers: ["192.0.2.53"], searches: ["default.svc.cluster.local"], options: ["ndots:5"] },
      },
    );
    await local.start(spec);
    const { podIPs } = await until(local, spec.identity, hasEnded("client"));
    const lines = await linesOf(local, spec.identity, "client");
    expect(lines).toEqual(
      expect.arrayContaining([
        "pong",
        `a b|s3cret|http://${podIPs[0]}:80 on 192.0.2.1`,
        "env",
        "/tmp",
        "192.0.2.7\talias-one\talias-two",
        "search default.svc.cluster.local",
        "nameserver 192.0.2.53",
        "options ndots:5",
      ]),
    );
  });

  it("starts the row in order: init containers one by one, a sidecar before what follows, then the mains", async () => {
    const stamp = (name: string, rest = ""): string => `echo ${name} >>/log/order${rest}`;
    const mounts = [mount("log", "/log")];
    const spec = taskOf(
      "row",
      [
        shell("one", stamp("one", "; sleep 0.3; echo one-end >>/log/order"), { kind: "init", mounts }),
        shell("side", stamp("side", "; trap 'exit 0' TERM; sleep 60 & wait"), { kind: "sidecar", mounts }),
        shell("two", `while ! grep -q side /log/order; do :; done; ${stamp("two")}`, { kind: "init", mounts }),
        shell("main", `${stamp("main")}; cat /log/order`, { mounts }),
      ],
      { volumes: [{ name: "log", kind: "emptyDir", medium: "disk" }] },
    );
    const first = await local.start(spec);
    expect(containerOf(first, "main").state).toMatchObject({ is: "waiting", reason: "PodInitializing" });
    const state = await until(local, spec.identity, hasEnded("main"));
    expect(await linesOf(local, spec.identity, "main")).toEqual(["one", "one-end", "side", "two", "main"]);
    expect(state.phase, "the sidecar still runs").toBe("running");
    expect(containerOf(state, "two").state).toMatchObject({ exitCode: 0, reason: "Completed" });
  });

  it("waits after a failed init container, and its restart goes on with the row", async () => {
    const volumes = [{ name: "log", kind: "emptyDir", medium: "disk" }] as const;
    const mounts = [mount("log", "/log")];
    const spec = taskOf(
      "retry",
      [shell("init", "test -e /log/x || { touch /log/x; exit 1; }", { kind: "init", mounts }), shell("main", "true")],
      { volumes },
    );
    await local.start(spec);
    const failed = await until(local, spec.identity, hasEnded("init"));
    expect(failed).toMatchObject({ phase: "starting" });
    expect(containerOf(failed, "main").state).toMatchObject({ is: "waiting", reason: "PodInitializing" });
    await local.restart({ identity: spec.identity }, "init", 1);
    const done = await until(local, spec.identity, (state) => state.phase === "stopped");
    expect(containerOf(done, "init")).toMatchObject({ instance: 1, state: { exitCode: 0 }, last: { exitCode: 1 } });
  });

  it("keeps the last and the present run of a restarted container, and no older one", async () => {
    const spec = taskOf("again", [shell("a", "echo run; exit 7")]);
    await local.start(spec);
    for (const instance of [1, 2]) {
      await until(local, spec.identity, hasEnded("a", instance - 1));
      await local.restart({ identity: spec.identity }, "a", instance);
      await local.restart({ identity: spec.identity }, "a", instance);
    }
    const state = await until(local, spec.identity, hasEnded("a", 2));
    expect(containerOf(state, "a")).toMatchObject({ instance: 2, last: { exitCode: 7 } });
    expect(await linesOf(local, spec.identity, "a", 1)).toEqual(["run"]);
    await expect
      .poll(() => linesOf(local, spec.identity, "a", 0).catch((error: unknown) => error))
      .toMatchObject({ kind: "notFound" });
  });

  it("says StartError with the engine's words when a program cannot be started, and 128 as containerd does", async () => {
    const spec = taskOf("noprogram", [shell("a", "", { command: ["/no/such/program"], args: undefined })]);
    await local.start(spec);
    const state = await until(local, spec.identity, hasEnded("a"));
    expect(containerOf(state, "a").state).toMatchObject({
      exitCode: 128,
      reason: "StartError",
      message: expect.stringContaining("/no/such/program"),
    });
  });

  it.for([
    ["Never", "docker.io/library/absent:1", ["ErrImageNeverPull"], /not present with pull policy of Never/],
    ["IfNotPresent", "Not A Name", ["InvalidImageName"], /Not A Name/],
    ["IfNotPresent", "127.0.0.1:1/absent:1", ["ErrImagePull", "ImagePullBackOff"], /connection refused/],
  ] as const)(
    "waits with the kubelet's reason: policy %s, image %s",
    async ([imagePullPolicy, image, reasons, words]) => {
      const spec = taskOf("noimage", [shell("a", "true", { image, imagePullPolicy })]);
      await local.start(spec);
      for (const reason of reasons) {
        const state = await until(
          local,
          spec.identity,
          (seen) =>
            containerOf(seen, "a").state.is === "waiting" &&
            (containerOf(seen, "a").state as { reason: string }).reason === reason,
        );
        expect(containerOf(state, "a").state).toMatchObject({ message: expect.stringMatching(words) });
      }
    },
  );

  it("follows a log to the end of the container, and cuts the last lines even where lines are long", async () => {
    const long = 20_000;
    const script = `echo first; head -c ${long} /dev/zero | tr '\\0' x; echo; until [ -e /go ]; do sleep 0.1; done; echo last`;
    const spec = taskOf("log", [shell("a", script)]);
    await local.start(spec);
    await until(local, spec.identity, isRunning("a"));
    const followed = logsOf(local, spec.identity, "a", { follow: true });
    inside(engine, spec.identity, { container: "a" }, "touch", "/go");
    expect(joined(await followed)).toEqual(["first", "x".repeat(long), "last"]);
    expect(joined(await logsOf(local, spec.identity, "a", { tailLines: 2 }))).toEqual(["x".repeat(long), "last"]);
    expect(await logsOf(local, spec.identity, "a", { tailLines: 0 })).toEqual([]);
  });

  it("reads processor time and memory of running containers", async () => {
    const spec = taskOf("stats", [
      shell("a", "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; sleep 60", {
        cpuLimit: 0.5,
        memoryLimit: 64 * 1024 * 1024,
      }),
    ]);
    await local.start(spec);
    await until(local, spec.identity, isRunning("a"));
    const stats = (await local.stats()).find(({ identity }) => identity.podUid === spec.identity.podUid);
    expect(stats?.containers).toEqual([expect.objectContaining({ name: "a" })]);
    expect(stats?.containers[0]?.cpuSeconds).toBeGreaterThan(0);
    expect(stats?.containers[0]?.memoryBytes).toBeGreaterThan(0);
  });

  it("tells the engine's facts", async () => {
    expect(await local.facts()).toMatchObject({
      cpu: expect.any(Number),
      architecture: expect.stringMatching(/^a/),
      containerRuntime: expect.stringMatching(/^docker:\/\/\d/),
      taskAddresses: true,
    });
  });
});

function mount(volume: string, path: string) {
  return { volume, path, readOnly: false };
}
