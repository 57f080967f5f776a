import { existsSync, readFileSync, statSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { Late, SecretText, type TaskState } from "../../../../src/provider.ts";
import { eventually } from "../../../../test/support/eventually.ts";
import { describeWith } from "../../../../test/support/requirements.ts";
import { containerSpec, specEnv } from "../../../../test/support/tasks/task-specs.ts";
import type { SecuritySpec } from "../runtime.ts";
import { endOf, isRunning, isStopped, logText, shell, stateOf, useWorld } from "./testing.ts";

describeWith(["root", "namespaces", "busybox"], "a container of the process runtime with isolation", () => {
  const world = useWorld();

  it("gives a container its environment and nothing of ours", async () => {
    process.env["BURSTLET_TEST_LEAK"] = "leak";
    const env = [...specEnv({ "a.b": "dots", LD_PRELOAD: "" }), { name: "SECRET", value: new SecretText("hush") }];
    const task = world().task("env", [containerSpec({ command: ["env"], env, workingDir: "/new/place" })]);
    await world().runtime.start(task);
    await world().until(task, isStopped);
    expect((await logText(world().runtime, task)).trim().split("\n").toSorted()).toEqual([
      `HOME=/root`,
      `HOSTNAME=${task.hostname}`,
      "LD_PRELOAD=",
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "SECRET=hush",
      "a.b=dots",
    ]);
    const record = join(world().options.stateDir, "tasks", (await world().state(task))?.id ?? "", "spec.json");
    expect(statSync(record).mode & 0o777).toBe(0o600);
    expect(statSync(world().options.stateDir).mode & 0o777).toBe(0o700);
    expect(statSync(join(world().options.stateDir, "supervisor.sock")).mode & 0o777).toBe(0o600);
  });

  it("hides the host: own processes, root, host name and network; nothing of ours is mounted outside", async () => {
    const task = world().task("hidden", [
      shell(
        "ps | wc -l; hostname; ls /work /var/lib /usr/bin/env; ip -o link | wc -l; touch /bin/x || echo read-only; id -u",
      ),
    ]);
    await world().runtime.start(task);
    const lines = (await world().until(task, isStopped), await logText(world().runtime, task)).split("\n");
    // The title, process 1, its sleep, the shell, ps and wc.
    expect(Number(lines.find((line) => /^\d+$/.test(line)))).toBeLessThanOrEqual(6);
    expect(lines).toContain(task.hostname);
    expect(lines).toContain("2");
    expect(lines).toContain("read-only");
    expect(lines.filter((line) => line.includes("No such file")).length).toBe(2);
    expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain(world().id);
  });

  it("fills in what only the running task knows", async () => {
    const ip = new Late([{ late: "podIP" }, "@", { late: "hostIP" }]);
    const volumes = [
      { name: "v", kind: "files", files: [{ path: "ip", mode: 0o400, content: ip, encoding: "utf8" }] },
    ] as const;
    const mounts = [{ volume: "v", path: "/v", readOnly: true }];
    const task = world().task("late", [shell("echo $IP; cat /v/ip", { env: [{ name: "IP", value: ip }], mounts })], {
      volumes,
    });
    await world().runtime.start(task);
    const [address] = (await world().until(task, isStopped)).podIPs;
    expect(address).toMatch(/^10\./);
    expect(await logText(world().runtime, task)).toBe(`${address}@192.0.2.1\n${address}@192.0.2.1`.concat("\n"));
  });

  it("mounts volumes where the pod wants them", async () => {
    const files = [
      { path: "sub/text", mode: 0o640, content: "text", encoding: "utf8" },
      { path: "bytes", mode: 0o444, content: "AP8=", encoding: "base64" },
    ] as const;
    const volumes = [
      { name: "disk", kind: "emptyDir", medium: "disk" },
      { name: "mem", kind: "emptyDir", medium: "memory", sizeLimit: 1024 * 1024 },
      { name: "files", kind: "files", files },
    ] as const;
    const mount = (volume: string, path: string, more: object = {}) => ({ volume, path, readOnly: false, ...more });
    const writer = shell("echo disk >/d/part/x; echo mem >/m/x", {
      name: "writer",
      kind: "init",
      mounts: [mount("disk", "/d"), mount("disk", "/d/part", { subPath: "part" }), mount("mem", "/m")],
    });
    const reader = shell(
      `cat /data/x /m/x; cat /f/sub/text; echo; stat -c %a /f/sub/text; od -An -tx1 /f/bytes; cat /etc/one; echo
       echo n >/f/new || echo files are read-only; echo n >/data/n || echo data is read-only
       dd if=/dev/zero of=/m/big bs=1M count=3 2>/dev/null || echo memory is full; ls /var/run/secrets/s`,
      {
        mounts: [
          mount("disk", "/data", { subPath: "part", readOnly: true }),
          mount("mem", "/m"),
          mount("files", "/f"),
          mount("files", "/var/run/secrets/s"),
          mount("files", "/etc/one", { subPath: "sub/text" }),
        ],
      },
    );
    const task = world().task("volumes", [writer, reader], { volumes });
    await world().runtime.start(task);
    await world().until(task, isStopped);
    const lines = (await logText(world().runtime, task)).split("\n").filter((line) => !line.startsWith("sh:"));
    const expected = ["disk", "mem", "text", "640", " 00 ff", "text", "files are read-only", "data is read-only"];
    expect(lines).toEqual([...expected, "memory is full", "bytes", "sub", ""]);
  });

  it("does not follow a link out of a volume", async () => {
    const volumes = [{ name: "v", kind: "emptyDir", medium: "disk" }] as const;
    const mounts = [{ volume: "v", path: "/v", readOnly: false }];
    const inner = [{ volume: "v", path: "/in", readOnly: false, subPath: "way/out" }];
    const task = world().task(
      "link",
      [
        shell("ln -s /etc /v/way", { name: "plant", kind: "init", mounts }),
        shell("ls /in; echo got in >/in/f", { mounts: inner }),
      ],
      { volumes },
    );
    await world().runtime.start(task);
    await world().until(task, isStopped);
    expect(existsSync("/etc/out")).toBe(false);
  });

  it("serves HTTP on the task's own address, which the node can reach", async () => {
    const env = specEnv({ POD_NAME: "echo-1", PORT: "8080" });
    const task = world().task("http", [containerSpec({ image: "burstlet.dev/http-echo:1", env })]);
    await world().runtime.start(task);
    const [address] = (await world().until(task, isRunning("main"))).podIPs;
    const body = await eventually("an answer", () => fetchText(`http://${address}:8080/hello`));
    expect(body).toBe("echo-1 GET /hello\n");
    await world().runtime.stop(task, { graceSeconds: 10, discard: false });
    expect(endOf(await world().until(task, isStopped))).toMatchObject({ exitCode: 0 });
  });

  const security: SecuritySpec = {
    user: 1000,
    group: 3000,
    nonRoot: true,
    groups: [],
    readOnlyRoot: false,
    addCapabilities: [],
    dropCapabilities: [],
    privileged: false,
    noNewPrivileges: true,
    unconfined: false,
  };

  it("runs a container, and commands in it, as the user and group that were asked for, with no way to more", async () => {
    const script =
      "id -u; id -G; sed -n 's/^NoNewPrivs:.//p; s/^CapEff:.//p' /proc/self/status; echo last > /dev/termination-log";
    const task = world().task("user", [shell(`${script}; exec sleep 3600`, { security })]);
    await world().runtime.start(task);
    await world().until(task, isRunning("main"));
    const said = ["1000", "3000", "0000000000000000", "1", ""].join("\n");
    await eventually("it has said so", async () => (await logText(world().runtime, task)) === said);
    const target = { task, container: "main", instance: 0 };
    const command = { argv: ["id"], tty: false, stdin: false };
    const stream = await world().runtime.exec?.(target, command, new AbortController().signal);
    expect(stream && (await text(stream.stdout))).toMatch(/^uid=1000 gid=3000( groups=3000)?\n$/);
    await world().runtime.stop(task, { graceSeconds: 0, discard: false });
    expect(endOf(await world().until(task, isStopped)).message).toBe("last\n");
  });

  it("starts nobody as root who must not be, and says so in the kubelet's words", async () => {
    const task = world().task("root", [shell("id", { security: { ...security, user: undefined } })]);
    await world().runtime.start(task);
    const isHeld = (state: TaskState): boolean => {
      const run = stateOf(state).state;
      return run.is === "waiting" && run.reason === "CreateContainerConfigError";
    };
    const state = await world().until(task, isHeld);
    expect(stateOf(state).state).toHaveProperty("message", expect.stringContaining("image will run as root (pod: "));
  });

  it("ends a container that outgrows its memory as OOMKilled, and not its neighbour", async () => {
    const hog = "x=$(head -c 200000000 /dev/zero | tr '\\0' x); echo not reached";
    const task = world().task("oom", [
      shell(hog, { memoryLimit: 32 * 1024 * 1024 }),
      shell("sleep 0.5; exit 0", { name: "neighbour" }),
    ]);
    await world().runtime.start(task);
    const state = await world().until(task, isStopped);
    expect(endOf(state)).toMatchObject({ exitCode: 137, reason: "OOMKilled" });
    expect(endOf(state, "neighbour")).toMatchObject({ exitCode: 0 });
  });

  it("gives a container no more CPU time than its limit", async () => {
    const task = world().task("cpu", [shell("while :; do :; done", { cpuLimit: 0.1 })]);
    await world().runtime.start(task);
    const share = await eventually("a second and a half of running", async () => {
      const stats = (await world().runtime.stats()).find(({ identity }) => identity.podUid === task.identity.podUid);
      const container = stats?.containers[0];
      const seconds = container === undefined ? 0 : (container.time - container.startedAt) / 1000;
      return seconds > 1.5 && (container?.cpuSeconds ?? 0) / seconds;
    });
    expect(share).toBeGreaterThan(0.02);
    expect(share).toBeLessThan(0.2);
  });

  it("leaves no process behind a container that ended, also where it left some", async () => {
    const env = specEnv({ MARK: `${world().id}-strays` });
    const task = world().task("strays", [shell("setsid sleep 1000 & setsid sleep 1001 & exit 0", { env })]);
    await world().runtime.start(task);
    await world().until(task, isStopped);
    const strays = world()
      .leftovers()
      .filter((line) => line.includes("strays") && line.includes("sleep 100"));
    expect(strays).toEqual([]);
  });
});

function fetchText(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      let body = "";
      response
        .setEncoding("utf8")
        .on("data", (part: string) => (body += part))
        .on("end", () => resolve(body));
    }).on("error", reject);
  });
}
