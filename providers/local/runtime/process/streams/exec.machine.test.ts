import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { eventually } from "../../../../../test/support/eventually.ts";
import { describeWith } from "../../../../../test/support/requirements.ts";
import { specEnv } from "../../../../../test/support/tasks/task-specs.ts";
import { hasEnded, useWorld, type World } from "../testing.ts";
import { collect, execIn, mainOf, nap, said, sh, sleeps, startIdle } from "./testing.ts";

describeWith(["root", "namespaces", "busybox"], "exec in a container of the process runtime", () => {
  const world = useWorld();

  it("has the container's environment, working directory, root, network, host name and processes, and nothing of ours", async () => {
    process.env["BURSTLET_TEST_LEAK"] = "leak";
    const env = specEnv({ "a.b": "dots", LD_PRELOAD: "", PWD: "/odd", UID: "7", COLOUR: "red" });
    const task = await startIdle(world(), "place", { env, workingDir: "/tmp" });
    const { code, stdout } = await said(await execIn(world(), task, { argv: ["env"] }));
    expect(code).toBe(0);
    expect(stdout.toString().trim().split("\n").toSorted()).toEqual([
      "COLOUR=red",
      "HOME=/root",
      `HOSTNAME=${task.hostname}`,
      "LD_PRELOAD=",
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "PWD=/odd",
      "UID=7",
      "a.b=dots",
    ]);
    const look = "pwd -P; hostname; ls / | grep -c work; ip -o link | grep -c eth0; ps | grep -c 'trap'; id -u";
    const lines = (await sh(world(), task, look)).stdout.toString().trim().split("\n");
    expect(lines).toEqual(["/tmp", task.hostname, "0", "1", expect.stringMatching(/^[1-9]/), "0"]);
  });

  it("tells exit codes as they are, and 128 + n for a command that signal n killed", async () => {
    const task = await startIdle(world(), "codes");
    for (const code of [0, 3, 255]) expect((await sh(world(), task, `exit ${code}`)).code).toBe(code);
    expect((await sh(world(), task, "kill -9 $$")).code).toBe(137);
    expect((await sh(world(), task, "kill -TERM $$")).code).toBe(143);
  });

  it("says of a command that is not there what the container runtimes say", async () => {
    const task = await startIdle(world(), "missing");
    const attempt = async (file: string): Promise<unknown> => execIn(world(), task, { argv: [file] });
    await expect(attempt("nonesuch")).rejects.toMatchObject({
      kind: "invalid",
      reason: "StartError",
      message: 'exec: "nonesuch": executable file not found in $PATH',
    });
    await expect(attempt("/etc/passwd")).rejects.toThrow("permission denied");
    await expect(attempt("/tmp")).rejects.toThrow("is a directory");
    await expect(attempt("true\0")).rejects.toMatchObject({ kind: "invalid" });
  });

  it("refuses a container that does not run, and a run that is over", async () => {
    const task = await startIdle(world(), "over");
    const at = { ...mainOf(task), instance: 1 };
    const command = { argv: ["true"], tty: false, stdin: false };
    const { exec } = world().runtime;
    await expect(exec?.(at, command, new AbortController().signal)).rejects.toThrow("does not run (run 1)");
    await world().runtime.stop(task, { graceSeconds: 0, discard: false });
    await world().until(task, hasEnded("main"));
    await expect(execIn(world(), task, {})).rejects.toMatchObject({ name: "ProviderError", kind: "conflict" });
  });

  it("brings 4 MB there and back byte for byte, and ends stdin when its writer does", async () => {
    const task = await startIdle(world(), "echo");
    const stream = await execIn(world(), task, { argv: ["cat"], stdin: true });
    const bytes = randomBytes(4 * 1024 * 1024);
    stream.stdin.end(bytes);
    const { code, stdout } = await said(stream);
    expect(code).toBe(0);
    expect(stdout.equals(bytes)).toBe(true);
  });

  it("loses nothing of what a command wrote that has ended before anybody read", async () => {
    const task = await startIdle(world(), "late");
    const last = nap();
    const stream = await execIn(world(), task, {
      argv: ["sh", "-c", `seq 1 8000; echo end >&2; sleep ${last} & exit`],
    });
    await eventually("the command has said all", () => sleeps(last));
    const { stdout, stderr } = await said(stream);
    expect(stdout.toString().trimEnd().split("\n")).toHaveLength(8000);
    expect(stderr).toBe("end\n");
  });

  it("holds up a command whose output nobody reads, and one that is written to faster than it reads", async () => {
    const task = await startIdle(world(), "slow");
    const abort = new AbortController();
    const writer = await execIn(world(), task, { argv: ["sh", "-c", "yes | tee /dev/null"] }, abort.signal);
    const written = (): number => writer.stdout.readableLength;
    await eventually("something was read", () => written() > 0);
    const reader = await execIn(world(), task, { argv: ["sleep", "1000"], stdin: true }, abort.signal);
    let taken = 0;
    const chunk = Buffer.alloc(64 * 1024);
    while (taken < 1000 && reader.stdin.write(chunk)) taken += 1;
    expect(taken).toBeLessThan(1000);
    expect(written()).toBeLessThan(1024 * 1024);
    abort.abort();
    expect(await writer.exit).toEqual({ code: 137 });
    expect(await reader.exit).toEqual({ code: 137 });
  });

  it("kills the command and all that it started when it is aborted, wherever that went", async () => {
    const task = await startIdle(world(), "abort");
    const abort = new AbortController();
    const naps = [nap(), nap(), nap(), nap()];
    const [a, b, c, d] = naps;
    const line = `sleep ${a} & setsid sleep ${b} & (setsid sh -c 'env -i sleep ${c} & exit' &) ; sleep ${d}`;
    const stream = await execIn(world(), task, { argv: ["sh", "-c", line] }, abort.signal);
    await eventually("all four sleep", () => naps.every(sleeps));
    abort.abort();
    expect(await stream.exit).toEqual({ code: 137 });
    expect(naps.filter(sleeps)).toEqual([]);
    expect((await sh(world(), task, "echo alive")).stdout.toString()).toBe("alive\n");
    expect(groupsOf(world())).toEqual([]);
  });

  it("brings the last of many small pieces too, when stdin ends right behind them", async () => {
    const task = await startIdle(world(), "pieces");
    const stream = await execIn(world(), task, { argv: ["sh", "-c", "sleep 0.2; wc -c"], stdin: true });
    for (let piece = 0; piece < 300; piece++) {
      if (!stream.stdin.write(Buffer.alloc(1000))) await new Promise((resolve) => stream.stdin.once("drain", resolve));
    }
    stream.stdin.end();
    expect((await said(stream)).stdout.toString().trim()).toBe("300000");
  });

  it("ends a command whose stdin is destroyed, and not one whose stdin has ended", async () => {
    const task = await startIdle(world(), "stdin");
    const gone = await execIn(world(), task, { argv: ["sleep", nap()], stdin: true });
    gone.stdin.destroy();
    expect(await gone.exit).toEqual({ code: 137 });
    const ended = await execIn(world(), task, { argv: ["sh", "-c", "cat; sleep 0.2; exit 4"], stdin: true });
    ended.stdin.end("x");
    ended.stdout.resume();
    ended.stderr?.resume();
    expect(await ended.exit).toEqual({ code: 4 });
  });

  it("leaves running what a command left behind that ended by itself, and does not wait for it", async () => {
    const task = await startIdle(world(), "behind");
    const long = nap();
    const { code, stdout } = await sh(world(), task, `sleep ${long} & echo started`);
    expect({ code, text: stdout.toString() }).toEqual({ code: 0, text: "started\n" });
    expect(sleeps(long)).toBe(true);
    await world().discard(task);
    expect(sleeps(long)).toBe(false);
    await eventually("its control group is gone", () => groupsOf(world()).length === 0);
  });

  it("counts for the container's limits and its usage", async () => {
    const task = await startIdle(world(), "limits", { memoryLimit: 32 * 1024 * 1024 });
    const { code } = await sh(world(), task, "x=$(yes | head -c 100000000 | tr -d '\\n'); echo ${#x}");
    expect(code).toBe(137);
  });

  it("ends with the container", async () => {
    const task = await startIdle(world(), "ends");
    const long = nap();
    const stream = await execIn(world(), task, { argv: ["sleep", long] });
    await eventually("it sleeps", () => sleeps(long));
    const output = collect(stream.stdout);
    stream.stderr?.resume();
    await world().runtime.stop(task, { graceSeconds: 0, discard: false });
    expect((await stream.exit).code).toBe(137);
    expect((await output).length).toBe(0);
  });
});

/** Control groups of this world's commands; others on this host have theirs. */
function groupsOf({ options }: World): readonly string[] {
  const own = /^\d+:[^:]*memory[^:]*:(.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1] ?? "";
  const ours = `burstlet-${createHash("sha256").update(options.stateDir).digest("hex").slice(0, 12)}`;
  return readdirSync(join("/sys/fs/cgroup/memory", own, ours), { recursive: true, encoding: "utf8" }).filter((path) =>
    path.split("/").at(-1)?.startsWith("exec-"),
  );
}
