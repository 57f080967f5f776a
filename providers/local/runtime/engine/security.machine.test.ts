/** Security settings in a real podman: what a process in the container sees of them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { systemClock } from "../../../../src/telemetry/clock.ts";
import { startEngine, type TestEngine } from "../../../../test/support/engine.ts";
import { describeWith } from "../../../../test/support/requirements.ts";
import { silentLog } from "../../../../test/support/silent-log.ts";
import type { Runtime, SecuritySpec, TaskSpec } from "../runtime.ts";
import { createEngineRuntime } from "./engine-runtime.ts";
import { containerOf, discard, hasEnded, isRunning, linesOf, shell, taskOf, testCluster, until } from "./testing.ts";

const nothing: SecuritySpec = {
  user: undefined,
  group: undefined,
  nonRoot: false,
  groups: [],
  readOnlyRoot: false,
  addCapabilities: [],
  dropCapabilities: [],
  privileged: false,
  noNewPrivileges: false,
  unconfined: false,
};

describeWith(["engine", "root", "namespaces", "busybox"], "security settings on an engine", () => {
  let engine: TestEngine;
  let folder: string;
  let runtime: Runtime;
  let count = 0;
  beforeAll(async () => {
    engine = await startEngine();
    folder = mkdtempSync(join(tmpdir(), "burstlet-security-"));
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

  /** What the script of a container with these settings writes. */
  async function said(
    security: Partial<SecuritySpec>,
    script: string,
    more: Partial<TaskSpec> = {},
  ): Promise<string[]> {
    const mounts = (more.volumes ?? []).map(({ name }) => ({ volume: name, path: `/mnt/${name}`, readOnly: false }));
    const container = shell("a", script, { security: { ...nothing, ...security }, mounts });
    const spec = taskOf(`secured-${(count += 1)}`, [container], more);
    await runtime.start(spec);
    await until(runtime, spec.identity, hasEnded("a"));
    return linesOf(runtime, spec.identity, "a");
  }

  const status = (field: string): string => `sed -n 's/^${field}:[[:space:]]*//p' /proc/self/status`;

  it("runs as the user and groups that were asked for", async () => {
    const lines = await said({ user: 1000, group: 3000, groups: [4000, 5000] }, "id -u; id -g; id -G");
    expect(lines).toEqual(["1000", "3000", "3000 4000 5000"]);
  });

  it("a group without a user goes with the image's user", async () => {
    expect(await said({ group: 3000 }, "id -u; id -g")).toEqual(["0", "3000"]);
  });

  it("refuses to start as root where that is forbidden, in the kubelet's words, and says so until it is deleted", async () => {
    const spec = taskOf("root", [shell("a", "id -u", { security: { ...nothing, nonRoot: true } })]);
    await runtime.start(spec);
    const state = await until(runtime, spec.identity, (one) => {
      const run = containerOf(one, "a").state;
      return run.is === "waiting" && run.reason === "CreateContainerConfigError";
    });
    expect(containerOf(state, "a").state).toMatchObject({
      message: 'container has runAsNonRoot and image will run as root (pod: "root_default(pod-root)", container: a)',
    });
  });

  it("starts where root is forbidden and another user is named", async () => {
    expect(await said({ nonRoot: true, user: 7 }, "id -u")).toEqual(["7"]);
  });

  it("keeps a container from writing to its image, but for volumes and its termination message", async () => {
    const script =
      "for f in /a /etc/a /data/of-the-image; do touch $f 2>/dev/null && echo $f; done; touch /mnt/v/a && echo volume; echo x > /dev/termination-log && echo message";
    const more: Partial<TaskSpec> = { volumes: [{ name: "v", kind: "emptyDir", medium: "disk" }] };
    expect(await said({ readOnlyRoot: true }, script, more)).toEqual(["volume", "message"]);
  });

  it("drops and adds capabilities", async () => {
    const none = "0000000000000000";
    expect(await said({ dropCapabilities: ["ALL"] }, status("CapBnd"))).toEqual([none]);
    // CAP_CHOWN is bit 0.
    expect(await said({ dropCapabilities: ["ALL"], addCapabilities: ["CHOWN"] }, status("CapBnd"))).toEqual([
      "0000000000000001",
    ]);
    // CAP_SYS_PTRACE is bit 19.
    const [added = "0"] = await said({ addCapabilities: ["SYS_PTRACE"] }, status("CapBnd"));
    expect((BigInt(`0x${added}`) >> 19n) & 1n).toBe(1n);
  });

  it("keeps programs from gaining rights only when asked to", async () => {
    expect(await said({ noNewPrivileges: true }, status("NoNewPrivs"))).toEqual(["1"]);
    expect(await said({}, status("NoNewPrivs"))).toEqual(["0"]);
  });

  it("filters no system calls when it is asked for no filter", async () => {
    expect(await said({ unconfined: true }, status("Seccomp"))).toEqual(["0"]);
  });

  it("a privileged container has every capability", async () => {
    const [own = ""] = await said({ privileged: true }, status("CapEff"));
    expect((BigInt(`0x${own}`) >> 21n) & 1n).toBe(1n);
  });

  it("gives volumes the task's group: folders to write for emptyDirs, files to read for others", async () => {
    const script =
      "stat -L -c '%a %g' /mnt/v /mnt/f /mnt/f/deep /mnt/f/deep/secret; touch /mnt/v/new && stat -c %g /mnt/v/new; cat /mnt/f/deep/secret";
    const more: Partial<TaskSpec> = {
      fsGroup: 3_000_000,
      volumes: [
        { name: "v", kind: "emptyDir", medium: "memory" },
        {
          name: "f",
          kind: "files",
          files: [{ path: "deep/secret", mode: 0o400, content: "seen\n", encoding: "utf8" }],
        },
      ],
    };
    const groups = [3_000_000];
    expect(await said({ user: 1000, groups }, script, more)).toEqual([
      "2777 3000000",
      "2755 3000000",
      "2755 3000000",
      "440 3000000",
      "3000000",
      "seen",
    ]);
  });

  it("sets kernel parameters of the task's own namespaces", async () => {
    const sysctls = [
      { name: "net.ipv4.ip_local_port_range", value: "10001 10100" },
      { name: "kernel.shm_rmid_forced", value: "1" },
    ];
    const script = "cat /proc/sys/net/ipv4/ip_local_port_range /proc/sys/kernel/shm_rmid_forced";
    expect(await said({}, script, { sysctls })).toEqual(["10001\t10100", "1"]);
  });

  it("shows containers each other's processes where they share them, and leaves no zombies", async () => {
    const spec = taskOf(
      "shared",
      [
        // The inner shell ends before its sleep, which then belongs to process 1.
        shell("a", "sh -c 'sleep 0.1 &'; exec sleep 3600"),
        shell("b", "until ps | grep -q '[s]leep 3600'; do sleep 0.1; done; sleep 0.5; ps; exec sleep 3601"),
      ],
      { sharesProcesses: true },
    );
    await runtime.start(spec);
    await until(runtime, spec.identity, isRunning("b"));
    await expect
      .poll(async () => linesOf(runtime, spec.identity, "b"))
      .toEqual(expect.arrayContaining([expect.stringContaining("/pause")]));
    const processes = (await linesOf(runtime, spec.identity, "b")).join("\n");
    expect(processes).toMatch(/^ +1 .*\/pause$/m);
    expect(processes).toContain("sleep 3600");
    expect(processes).not.toContain("[sleep]");
  });

  it("executes commands as the container's user", async () => {
    const spec = taskOf("exec", [shell("a", "exec sleep 3600", { security: { ...nothing, user: 1000, group: 3000 } })]);
    await runtime.start(spec);
    await until(runtime, spec.identity, isRunning("a"));
    const target = { task: { identity: spec.identity }, container: "a", instance: 0 };
    const command = { argv: ["id"], tty: false, stdin: false };
    const stream = await runtime.exec?.(target, command, new AbortController().signal);
    const parts: Buffer[] = [];
    for await (const part of stream?.stdout ?? []) parts.push(part as Buffer);
    expect(Buffer.concat(parts).toString()).toMatch(/^uid=1000 gid=3000/);
  });
});
