import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { buffer, text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { eventually } from "../../../../../test/support/eventually.ts";
import { systemClock } from "../../../../../src/telemetry/clock.ts";
import { createDoors } from "../../network/doors.ts";
import { hasEnded, joined, linesOf, logsOf, until } from "../testing.ts";
import { engineForward } from "./forward.ts";
import { everything, nearAndFar } from "./testing.ts";

nearAndFar("attach, forward and stats of the engine runtime", (bench) => {
  it("attaches to a container from now on, types into it and tells how it ended", async () => {
    const target = await bench.running("echo before; while read x; do echo got $x; [ $x = end ] && exit 7; done", {
      stdin: true,
      stdinOnce: true,
    });
    await expect.poll(() => linesOf(bench.runtime, target.task.identity, "a")).toEqual(["before"]);
    const stream = await bench.runtime.attach(target, { stdin: true }, new AbortController().signal);
    stream.stdin.write("one\nend\n");
    expect(await everything(stream)).toEqual({ stdout: "got one\ngot end\n", stderr: "", code: 7 });
    await until(bench.runtime, target.task.identity, hasEnded("a"));
    await expect(bench.runtime.attach(target, { stdin: true }, new AbortController().signal)).rejects.toMatchObject({
      kind: "conflict",
      reason: "ContainerNotRunning",
    });
  });

  it("detaches without an end of the container, and attaches again", async () => {
    const target = await bench.running("while sleep 0.1; do echo tick; done");
    for (let time = 0; time < 2; time += 1) {
      const leave = new AbortController();
      const stream = await bench.runtime.attach(target, { stdin: false }, leave.signal);
      await once(stream.stdout, "readable");
      expect(String(stream.stdout.read())).toContain("tick\n");
      leave.abort();
      await expect(stream.exit).rejects.toMatchObject({ reason: "StreamAbandoned" });
    }
    expect((await bench.runtime.list())[0]?.phase).toBe("running");
  });

  it("attaches to a terminal, resizes it, and reads its log, which has no frames", async () => {
    const target = await bench.running("echo before; read x; stty size; echo err >&2; exit 3", {
      tty: true,
      stdin: true,
    });
    // A whole line: a terminal may write its end apart from it, and who attaches between the two would get that.
    const written = () => linesOf(bench.runtime, target.task.identity, "a");
    await eventually("its line is in the log", async () => (await written()).length > 0);
    const stream = await bench.runtime.attach(target, { stdin: true }, new AbortController().signal);
    stream.resize(132, 43);
    const stty = () => bench.run(target, "stty size </proc/1/fd/0");
    await expect.poll(async () => (await everything(await stty())).stdout).toBe("43 132\n");
    stream.stdin.write("go\n");
    const { stdout, code } = await everything(stream);
    expect(stdout.replaceAll("\r\n", "\n")).toBe("go\n43 132\nerr\n");
    expect(code).toBe(3);
    await until(bench.runtime, target.task.identity, hasEnded("a"));
    const records = await logsOf(bench.runtime, target.task.identity, "a");
    expect(records.every(({ stream: from }) => from === "stdout")).toBe(true);
    expect(joined(records).map((line) => line.replace("\r", ""))).toEqual(["before", "go", "43 132", "err"]);
  });

  it("forwards connections to a task and ends one side of each before the other", async () => {
    const target = await bench.running("nc -ll -p 8080 -e cat");
    const forward = (port: number) => bench.runtime.forward(target.task, port, new AbortController().signal);
    await eventually("the server listens", async () => (await forward(8080)).destroy());
    const idle = await forward(8080);
    for (const words of ["one", "two", "three"]) {
      const connection = await forward(8080);
      connection.end(words);
      expect(await text(connection)).toBe(words);
    }
    idle.destroy();
    await expect(forward(8081)).rejects.toMatchObject({
      kind: "notFound",
      reason: "ConnectionRefused",
      message: expect.stringContaining("port 8081 of the pod"),
    });
    const nobody = { identity: { ...target.task.identity, attempt: 9 } };
    const missing = bench.runtime.forward(nobody, 8080, new AbortController().signal);
    await expect(missing).rejects.toMatchObject({ kind: "notFound" });
  });

  it("forwards through the sandbox where it cannot enter the task's network", async () => {
    const target = await bench.running("nc -ll -p 8080 -e cat");
    const killed: string[] = [];
    const killer = { kill: (exec: string) => killed.push(exec), idle: async () => undefined };
    const parts = { client: bench.client, clock: systemClock, killer, doors: createDoors(systemClock) };
    const forward = (port: number) =>
      engineForward({ ...parts, processOf: async () => undefined }, target.task, port, new AbortController().signal);
    const idle = await eventually("the server listens", async () => forward(8080));
    const sent = Buffer.from(Array.from({ length: 5000 }, (_, index) => index.toString(36).padStart(1000)).join(""));
    const connection = await forward(8080);
    connection.end(sent);
    expect((await buffer(connection)).equals(sent)).toBe(true);
    await expect(forward(8081)).rejects.toMatchObject({
      kind: "notFound",
      reason: "ConnectionRefused",
      message: expect.stringContaining("port 8081 of the pod"),
    });
    expect(killed).toEqual([]);
    idle.destroy();
    await expect.poll(() => killed).toEqual([expect.any(String)]);
  });

  it("forwards to who listens on the task's loopback alone", async () => {
    const target = await bench.running("httpd -f -p 127.0.0.1:8080 -h /data");
    const connection = await eventually("the server listens", async () =>
      bench.runtime.forward(target.task, 8080, new AbortController().signal),
    );
    connection.end("GET /of-the-image HTTP/1.0\r\n\r\n");
    expect(await text(connection)).toMatch(/200 OK.*from the image/s);
  });

  it("tells what a container uses and which way the task's traffic went", async () => {
    const server = "while true; do nc -l -p 80 -e head -c 3000000 /dev/zero; done";
    const target = await bench.running(server);
    const [before] = await bench.runtime.stats();
    expect(before?.containers).toEqual([
      {
        name: "a",
        startedAt: expect.any(Number),
        time: expect.any(Number),
        cpuSeconds: expect.any(Number),
        memoryBytes: expect.any(Number),
      },
    ]);
    const [address] = (await bench.runtime.list())[0]?.podIPs ?? [];
    const download = [
      "--net",
      "--target",
      String(bench.engine.pid),
      "sh",
      "-c",
      `busybox nc ${address} 80 </dev/null | wc -c`,
    ];
    await expect.poll(() => spawnSync("nsenter", download, { encoding: "utf8" }).stdout).toBe("3000000\n");
    expect(
      await everything(await bench.run(target, "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done")),
    ).toMatchObject({
      code: 0,
    });
    const [after] = await bench.runtime.stats();
    expect(after?.network?.txBytes).toBeGreaterThan(3_000_000);
    expect(after?.network?.rxBytes).toBeLessThan(1_000_000);
    expect(after?.containers[0]?.cpuSeconds).toBeGreaterThan(before?.containers[0]?.cpuSeconds ?? Infinity);
    expect(after?.containers[0]?.startedAt).toBe(before?.containers[0]?.startedAt);
  });
});
