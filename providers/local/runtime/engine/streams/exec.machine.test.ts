import { createHash } from "node:crypto";
import { once } from "node:events";
import { buffer, text } from "node:stream/consumers";
import { expect, it } from "vitest";
import type { ContainerRef } from "../../../../../src/provider.ts";
import { eventually } from "../../../../../test/support/eventually.ts";
import { everything, nearAndFar } from "./testing.ts";

nearAndFar("exec of the engine runtime", (bench) => {
  it("tells outputs apart and the exit code, 0 to 255", async () => {
    const target = await bench.running("sleep 1000");
    for (const code of [0, 3, 255]) {
      const stream = await bench.run(target, `echo out; echo err >&2; exit ${code}`);
      expect(await everything(stream)).toEqual({ stdout: "out\n", stderr: "err\n", code });
    }
  });

  it("ends the command's stdin when ours ends, and gives none where none was asked for", async () => {
    const target = await bench.running("sleep 1000");
    const typed = await bench.run(target, "cat; echo end", { stdin: true });
    typed.stdin.write("one\n");
    typed.stdin.end("two\n");
    expect(await everything(typed)).toMatchObject({ stdout: "one\ntwo\nend\n", code: 0 });
    const untyped = await bench.run(target, "cat; echo end");
    untyped.stdin.write("lost");
    expect(await everything(untyped)).toMatchObject({ stdout: "end\n", code: 0 });
  });

  it("carries 20 MB in and out again, byte for byte", async () => {
    const target = await bench.running("sleep 1000");
    const sent = Buffer.from(Array.from({ length: 20_000 }, (_, index) => index.toString(36).padStart(1000)).join(""));
    const stream = await bench.run(target, "cat", { stdin: true });
    stream.stdin.end(sent);
    const back = await buffer(stream.stdout);
    expect(back.length).toBe(sent.length);
    expect(hash(back)).toBe(hash(sent));
    expect(await stream.exit).toEqual({ code: 0 });
  });

  it("tells the exit code of a command that ends without reading its input", async () => {
    const target = await bench.running("sleep 1000");
    for (let round = 0; round < 5; round += 1) {
      const stream = await bench.run(target, "exit 3", { stdin: true });
      stream.stdin.end(Buffer.alloc(5_000_000, "x"));
      expect(await everything(stream)).toEqual({ stdout: "", stderr: "", code: 3 });
    }
  });

  it("holds a command up whose output nobody reads, until somebody does", async () => {
    const target = await bench.running("sleep 1000");
    const script = "i=0; while [ $i -lt 400 ]; do head -c 100000 /dev/zero; i=$((i+1)); echo $i >/tmp/n; done";
    const stream = await bench.run(target, script);
    stream.stderr?.resume();
    const written = async (): Promise<number> =>
      Number((await everything(await bench.run(target, "cat /tmp/n"))).stdout);
    let last = -1;
    await eventually("it stands still", async () => {
      const before = last;
      last = await written();
      return last === before;
    });
    expect(last).toBeLessThan(100);
    expect((await buffer(stream.stdout)).length).toBe(40_000_000);
    expect(await stream.exit).toEqual({ code: 0 });
  });

  it("passes single bytes on that would detach, had they their usual meaning", async () => {
    const target = await bench.running("sleep 1000");
    const stream = await bench.run(target, "cat", { stdin: true });
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
    const target = await bench.running("sleep 1000");
    const stream = await bench.run(target, "read x; stty size; tty; echo $TERM; echo err >&2", {
      tty: true,
      stdin: true,
    });
    expect(stream.stderr).toBeUndefined();
    for (let rows = 1; rows <= 50; rows += 1) stream.resize(100 + rows, rows);
    await expect
      .poll(async () => (await everything(await bench.run(target, "stty size </dev/pts/0"))).stdout)
      .toBe("50 150\n");
    stream.stdin.write("go\n");
    const { stdout, code } = await everything(stream);
    expect(stdout.replaceAll("\r\n", "\n")).toBe("go\n50 150\n/dev/pts/0\nxterm\nerr\n");
    expect(code).toBe(0);
  });

  it("kills the command and what it has started when the signal aborts, and nothing else", async () => {
    const target = await bench.running("sleep 1003 & sleep 1000");
    const gone = new AbortController();
    const stream = await bench.run(target, "sleep 1001 & sleep 1001", { signal: gone.signal });
    const other = await bench.run(target, "read x; echo $x", { stdin: true });
    await expect.poll(() => sleeping(target)).toEqual(["1000", "1001", "1001", "1003"]);
    gone.abort();
    await expect(stream.exit).rejects.toMatchObject({ kind: "unknown", reason: "StreamAbandoned" });
    await expect.poll(() => sleeping(target)).toEqual(["1000", "1003"]);
    other.stdin.end("lives\n");
    expect(await everything(other)).toMatchObject({ stdout: "lives\n", code: 0 });
  });

  it("kills a shell with its jobs when the terminal's stdin is destroyed", async () => {
    const target = await bench.running("sleep 1000");
    const stream = await bench.run(target, "exec sh -i", { tty: true, stdin: true });
    // What is typed while the shell prepares its terminal may be lost: its prompt comes first.
    await once(stream.stdout, "readable");
    stream.stdout.resume();
    stream.stdin.write("set -m; sleep 1002 & sleep 1002 &\nsleep 1002\n");
    await expect.poll(() => sleeping(target)).toEqual(["1000", "1002", "1002", "1002"]);
    stream.stdin.destroy();
    await expect.poll(() => sleeping(target)).toEqual(["1000"]);
  });

  const sleeping = async (target: ContainerRef): Promise<string[]> => {
    const script = "cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -o 'sleep 10[0-9]*' || true";
    const { stdout } = await everything(
      await bench.runtime.exec(
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

  it.for([
    { argv: ["/no/such"], tty: false, why: 'exec: "/no/such": stat /no/such: no such file or directory' },
    { argv: ["nosuch", "-v"], tty: true, why: 'exec: "nosuch": executable file not found in $PATH' },
    { argv: ["/etc"], tty: false, why: 'exec: "/etc": permission denied' },
  ])("says why $argv cannot be started, and nothing else, terminal: $tty", async ({ argv, tty, why }) => {
    const target = await bench.running("sleep 1000");
    const stream = await bench.runtime.exec(target, { argv, tty, stdin: false }, new AbortController().signal);
    const outputs = Promise.all([text(stream.stdout), stream.stderr === undefined ? "" : text(stream.stderr)]);
    await expect(stream.exit).rejects.toMatchObject({ kind: "invalid", reason: "StartError", message: why });
    expect(await outputs).toEqual(["", ""]);
  });

  it("takes no command that ran for one that was not started, whatever it writes", async () => {
    const target = await bench.running("sleep 1000");
    const words = "Error: runc: something\n";
    const stream = await bench.run(target, "echo Error: runc: something; exit 127");
    expect(await everything(stream)).toEqual({ stdout: words, stderr: "", code: 127 });
    const other = await bench.run(target, "echo Error: runc: something; sleep 0.2; echo more >&2; exit 3");
    expect(await everything(other)).toEqual({ stdout: words, stderr: "more\n", code: 3 });
  });

  it("gives a terminal its size without being told again, or 80 by 24", async () => {
    const target = await bench.running("sleep 1000");
    const { signal } = new AbortController();
    // podman sets it while the command begins: on a busy machine its first look may still be too early.
    const waits = 'until [ "$(stty size 2>&1)" != "stty: standard input" ]; do sleep 0.1; done; stty size';
    for (const size of [{ columns: 101, rows: 31 }, undefined]) {
      const argv = ["sh", "-c", waits];
      const stream = await bench.runtime.exec(target, { argv, tty: true, stdin: false, size }, signal);
      const { rows, columns } = size ?? { rows: 24, columns: 80 };
      expect((await everything(stream)).stdout).toBe(`${rows} ${columns}\r\n`);
    }
  });

  it("runs nothing in a run that is not there", async () => {
    const target = await bench.running("sleep 1000");
    const ended = { ...target, instance: 7 };
    await expect(bench.run(ended, "true")).rejects.toMatchObject({ kind: "notFound" });
  });
});

function hash(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
