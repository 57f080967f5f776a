import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { expect, it } from "vitest";
import type { ProcessStream } from "../../../../../src/provider.ts";
import { eventually } from "../../../../../test/support/eventually.ts";
import { describeWith } from "../../../../../test/support/requirements.ts";
import type { ContainerSpec, TaskSpec } from "../../runtime.ts";
import { isRunning, isStopped, logText, shell, useWorld } from "../testing.ts";
import { execIn, mainOf, said, sh, startIdle } from "./testing.ts";

const security = {
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
} as const;

describeWith(["root", "namespaces", "busybox"], "the standard streams in the process runtime", () => {
  const world = useWorld();
  const who = [
    ["root", {}],
    ["another user", { security }],
  ] as const satisfies readonly (readonly [string, Partial<ContainerSpec>])[];

  async function log(name: string, line: string, change: Partial<ContainerSpec> = {}): Promise<string> {
    const task = world().task(name, [shell(line, change)]);
    await world().runtime.start(task);
    await world().until(task, isStopped);
    return logText(world().runtime, task);
  }

  async function attach(task: TaskSpec): Promise<ProcessStream> {
    const { runtime, until } = world();
    await until(task, isRunning("main"));
    const stream = await runtime.attach?.(mainOf(task), { stdin: true }, new AbortController().signal);
    if (stream === undefined) throw new Error("this runtime attaches nothing");
    return stream;
  }

  it.for(who)(
    "a container of %s opens its outputs again by name, and its log keeps their order",
    async ([, change]) => {
      const line = "echo 1; echo 2 >/dev/stdout; (echo 3 >>/proc/self/fd/1); echo 4; exec >/dev/stdout; echo 5";
      expect(await log("out", line, change)).toBe("1\n2\n3\n4\n5\n");
      expect(await log("err", "echo 1 >&2; echo 2 >/dev/stderr; exec 2>/dev/stderr; echo 3 >&2", change)).toBe(
        "1\n2\n3\n",
      );
    },
  );

  it.for(who)(
    "a container of %s opens its input again by name, before and after that has ended",
    async ([, change]) => {
      const line = "head -n 1 /dev/stdin; echo; while [ ! -e /tmp/go ]; do sleep 0.05; done; cat /dev/stdin; echo end";
      const task = world().task("in", [shell(line, { ...change, stdin: true, stdinOnce: true })]);
      await world().runtime.start(task);
      const stream = await attach(task);
      stream.stdin.write("one\n");
      await eventually("the first line", async () => (await logText(world().runtime, task)).includes("one\n\n"));
      stream.stdin.end("two\n");
      // Whoever opens a named pipe by now waits for ever.
      await sh(world(), task, "sleep 0.3; touch /tmp/go");
      await world().until(task, isStopped);
      expect(await logText(world().runtime, task)).toBe("one\n\ntwo\nend\n");
    },
  );

  it("a container and a command without an input read from an empty one, by name too", async () => {
    expect(await log("empty", "cat; cat /dev/stdin; echo end")).toBe("end\n");
    const task = await startIdle(world(), "none");
    expect((await sh(world(), task, "cat; cat /dev/stdin; echo end")).stdout.toString()).toBe("end\n");
  });

  it.for(who)("a command in a container of %s opens all three again by name", async ([, change]) => {
    const task = await startIdle(world(), "exec", change);
    const line = "echo out; cat /dev/stdin >/dev/stdout; echo err >/dev/stderr; exec >/dev/stdout; echo last";
    const stream = await execIn(world(), task, { argv: ["sh", "-c", `sleep 0.3; ${line}`], stdin: true });
    stream.stdin.end("typed\n");
    const { code, stdout, stderr } = await said(stream);
    expect({ code, stdout: stdout.toString(), stderr }).toEqual({
      code: 0,
      stdout: "out\ntyped\nlast\n",
      stderr: "err\n",
    });
  });

  it("nothing of a last long word is lost, through either way, in a container and in a command", async () => {
    const lines = (text: string): number => text.trimEnd().split("\n").length;
    expect(lines(await log("long", "seq 1 50000; seq 50001 100000 >/dev/stdout"))).toBe(100_000);
    const task = await startIdle(world(), "long-exec");
    const { stdout } = await sh(world(), task, "seq 1 100000; seq 100001 200000 >/dev/stdout");
    expect(stdout.toString().trimEnd().split("\n").at(-1)).toBe("200000");
    expect(lines(stdout.toString())).toBe(200_000);
  });

  it("an output ends when the last who holds it ends, and an input when who types does", async () => {
    const task = await startIdle(world(), "last");
    const { stdout } = await sh(world(), task, "(sleep 0.5; echo late >/dev/stdout) & echo first");
    expect(stdout.toString()).toBe("first\nlate\n");
    const reader = await execIn(world(), task, { argv: ["sh", "-c", "wc -c </dev/stdin"], stdin: true });
    for (const piece of ["abc", "def"]) reader.stdin.write(piece);
    reader.stdin.end();
    expect((await said(reader)).stdout.toString()).toBe("6\n");
  });

  it("a program has its three streams and no file of others, and they wait for it", async () => {
    const given = inherited();
    const task = await startIdle(world(), "files");
    const beside = [
      await execIn(world(), task, { argv: ["sleep", "1000"], stdin: true }),
      await execIn(world(), task, { argv: ["sleep", "1000"], stdin: true, tty: true }),
    ];
    const look = `grep -h flags /proc/self/fdinfo/0 /proc/self/fdinfo/1 /proc/self/fdinfo/2
      for f in /proc/$$/fd/*; do case $f in */[012]) ;; *) readlink $f;; esac; done`;
    const own = "flags:\t0100000\nflags:\t0100001\nflags:\t0100001\n";
    const files = (text: string): readonly string[] => {
      expect(text.slice(0, own.length)).toBe(own);
      const others = text.slice(own.length).split("\n").filter(Boolean);
      return others.filter((file) => /^(pipe|socket|.*pt[sm])/.test(file) && !given.includes(file));
    };
    const command = await execIn(world(), task, { argv: ["sh", "-c", look], stdin: true });
    command.stdin.end();
    expect(files((await said(command)).stdout.toString())).toEqual([]);
    expect(files(await log("own-files", look, { stdin: true }))).toEqual([]);
    for (const stream of beside) stream.stdin.destroy();
    await Promise.all(beside.map(async ({ exit }) => exit));
  });
});

/** What whoever started us has left open for us, and so for everybody that we start. */
function inherited(): readonly string[] {
  const closedByExec = 0o2000000;
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const flags = /flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1] ?? "0";
      return (parseInt(flags, 8) & closedByExec) === 0 ? [readlinkSync(`/proc/self/fd/${fd}`)] : [];
    } catch {
      return [];
    }
  });
}
