import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { ProcessStream } from "../../../../../src/provider.ts";
import { eventually } from "../../../../../test/support/eventually.ts";
import { describeWith } from "../../../../../test/support/requirements.ts";
import type { ContainerSpec, TaskSpec } from "../../runtime.ts";
import { createProcessRuntime } from "../process-runtime.ts";
import { endOf, hasEnded, isRunning, logText, openWorld, shell, type World } from "../testing.ts";
import { collect, listenTo, mainOf } from "./testing.ts";

describeWith(["root", "namespaces", "busybox"], "attach to a container of the process runtime", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterEach(async () => {
    for (const state of await world.runtime.list()) await world.discard(state);
  });
  afterAll(() => world.close());

  const start = async (name: string, line: string, change: Partial<ContainerSpec> = {}): Promise<TaskSpec> => {
    const task = world.task(name, [shell(line, change)]);
    await world.runtime.start(task);
    await world.until(task, isRunning("main"));
    return task;
  };
  const attach = async (
    task: TaskSpec,
    { stdin = true, signal = new AbortController().signal, runtime = world.runtime } = {},
  ): Promise<ProcessStream> => {
    if (runtime.attach === undefined) throw new Error("this runtime attaches nothing");
    return runtime.attach(mainOf(task), { stdin }, signal);
  };

  it("hears both outputs from now on, types into stdin, and learns how the run ends", async () => {
    const task = await start("talk", "read a; echo out $a; echo err $a >&2; read b; exit 6", { stdin: true });
    const stream = await attach(task);
    const out = listenTo(stream.stdout);
    const err = collect(stream.stderr ?? stream.stdout);
    stream.stdin.write("one\n");
    await eventually("it answers", () => out.text().includes("out one"));
    stream.stdin.write("two\n");
    expect(await stream.exit).toEqual({ code: 6 });
    expect((await err).toString()).toBe("err one\n");
    expect(await logText(world.runtime, task)).toContain("out one\n");
  });

  it("keeps stdin open when who is attached goes, and several may be attached at once", async () => {
    const task = await start("many", "while read line; do echo got $line; done; exit 2", { stdin: true });
    const first = await attach(task);
    const firstHears = listenTo(first.stdout);
    const only = new AbortController();
    const second = await attach(task, { stdin: false, signal: only.signal });
    const secondHears = listenTo(second.stdout);
    first.stdin.end("a\n");
    await eventually("both hear", () => firstHears.text() === "got a\n" && secondHears.text() === "got a\n");
    only.abort();
    await expect(second.exit).rejects.toMatchObject({ name: "ProviderError" });
    const third = await attach(task);
    third.stdin.write("b\n");
    await eventually("the first hears the third", () => firstHears.text() === "got a\ngot b\n");
    expect(secondHears.text()).toBe("got a\n");
    third.stdin.destroy();
    const state = await world.state(task);
    expect(state && isRunning("main")(state)).toBe(true);
  });

  it.for(["ends its input", "goes away"])("closes a stdin for once when the first who attached %s", async (how) => {
    const task = await start(`once-${how.length}`, "cat; exit 3", { stdin: true, stdinOnce: true });
    const abort = new AbortController();
    const stream = await attach(task, { signal: abort.signal });
    stream.stdin.write("first\n");
    const heard = listenTo(stream.stdout);
    await eventually("it hears", () => heard.text() === "first\n");
    if (how === "goes away") abort.abort();
    else stream.stdin.end();
    expect(endOf(await world.until(task, hasEnded("main"))).exitCode).toBe(3);
  });

  it("gives a container without stdin an empty one, and who attaches hears it all the same", async () => {
    const task = await start("none", "cat; echo empty; while :; do echo beat; sleep 0.1; done");
    const stream = await attach(task);
    const heard = listenTo(stream.stdout);
    stream.stdin.write("nobody reads this\n");
    await eventually("it hears", () => heard.text().includes("beat"));
    expect(await logText(world.runtime, task)).toMatch(/^empty\n/);
    expect(heard.text()).not.toContain("nobody");
  });

  it.for([undefined, "script"] as const)("gives a container its terminal and resizes it (%s)", async (terminals) => {
    const own = await openWorld({ terminals });
    try {
      const line = "trap 'stty size' WINCH; stty size; while read -r a || true; do echo got $a; done";
      const task = own.task("tty", [shell(line, { stdin: true, tty: true })]);
      await own.runtime.start(task);
      await own.until(task, isRunning("main"));
      await eventually("it has its first size", async () => (await logText(own.runtime, task)).startsWith("24 80"));
      const stream = await attach(task, { runtime: own.runtime });
      const heard = listenTo(stream.stdout);
      expect(stream.stderr).toBeUndefined();
      await eventually("the shell answers", async () => {
        stream.resize(100 + Math.floor(heard.text().length % 7), 31);
        return heard.text().includes("31 10");
      });
      stream.stdin.write("word\n");
      await eventually("it is echoed and read", () => heard.text().includes("word\r\n"));
      await own.runtime.stop(task, { graceSeconds: 1, discard: false });
      await stream.exit.catch(() => undefined);
      await own.until(task, hasEnded("main"));
    } finally {
      await own.close();
    }
  });

  it("works again from a burstlet that was started again", async () => {
    const task = await start("again", "while read line; do echo got $line; done", { stdin: true });
    const runtime = await createProcessRuntime(world.options);
    const before = await attach(task, { runtime });
    before.stdin.write("x\n");
    await eventually("it is heard", async () => (await logText(world.runtime, task)) === "got x\n");
    await runtime.close();
    before.stdin.destroy();
    const next = await createProcessRuntime(world.options);
    const after = await attach(task, { runtime: next });
    const heard = listenTo(after.stdout);
    after.stdin.write("y\n");
    await eventually("it is heard again", () => heard.text() === "got y\n");
    after.stdin.destroy();
    await next.close();
  });

  it("holds up a container whose output is not read by who attached, and no longer than that", async () => {
    const task = await start("slow", 'read go; yes "$(printf %999s)" | head -c 4000000; echo; echo all; read end', {
      stdin: true,
    });
    const deaf = new AbortController();
    const stream = await attach(task, { signal: deaf.signal });
    stream.stdin.write("go\n");
    await eventually("it is held up", () => stream.stdout.readableLength > 0);
    const logs: (number | undefined)[] = [];
    await eventually("its log grows no more", async () => {
      logs.unshift((await world.runtime.stats())[0]?.containers[0]?.logBytes);
      return logs.length > 5 && new Set(logs.slice(0, 5)).size === 1;
    });
    expect(await logText(world.runtime, task, { tailLines: 1 })).not.toBe("all\n");
    deaf.abort();
    await eventually("it goes on", async () => (await logText(world.runtime, task, { tailLines: 1 })) === "all\n");
  });

  it("carries 4 MB through a container's stdin and out again", async () => {
    const task = await start("bulk", "cat", { stdin: true, stdinOnce: true });
    const stream = await attach(task);
    const bytes = Buffer.from(`${"x".repeat(1023)}\n`.repeat(4096));
    stream.stdin.end(bytes);
    const out = await collect(stream.stdout);
    expect(out.equals(bytes)).toBe(true);
    stream.stderr?.resume();
    expect(await stream.exit).toEqual({ code: 0 });
  });

  it("refuses a container that does not run", async () => {
    const task = world.task("over", [shell("exit 0 & sleep 0.1")]);
    await world.runtime.start(task);
    await world.until(task, hasEnded("main"));
    await expect(attach(task)).rejects.toMatchObject({ name: "ProviderError", kind: "conflict" });
  });
});
