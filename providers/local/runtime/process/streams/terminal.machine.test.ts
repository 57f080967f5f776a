import { readdirSync, readlinkSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../../../../../test/support/eventually.ts";
import { describeWith } from "../../../../../test/support/requirements.ts";
import { openWorld, type World } from "../testing.ts";
import type { TerminalKind } from "../terminal/terminals.ts";
import { execIn, listenTo, nap, said, sleeps, startIdle } from "./testing.ts";

const kinds: readonly TerminalKind[] = ["node-pty", "script"];

for (const terminals of kinds) {
  describeWith(["root", "namespaces", "busybox"], `exec on a terminal by ${terminals}`, () => {
    let world: World;
    beforeAll(async () => {
      world = await openWorld({ terminals });
    });
    afterAll(() => world.close());
    const tty = { tty: true, stdin: true };

    it("is a terminal on all three streams, 80 by 24, with TERM, and the controlling one", async () => {
      const task = await startIdle(world, "is");
      const look = "test -t 0 && test -t 1 && test -t 2 && stty size && echo $TERM && echo hello >/dev/tty; exit 5";
      const stream = await execIn(world, task, { argv: ["sh", "-c", look], ...tty });
      expect(stream.stderr).toBeUndefined();
      const { code, stdout } = await said(stream);
      expect({ code, text: stdout.toString() }).toEqual({ code: 5, text: "24 80\r\nxterm\r\nhello\r\n" });
    });

    it("has the size that the client told first, at the command's first look", async () => {
      const task = await startIdle(world, "sized");
      const size = { columns: 101, rows: 31 };
      const stream = await execIn(world, task, { argv: ["stty", "size"], ...tty, size });
      expect((await said(stream)).stdout.toString()).toBe("31 101\r\n");
    });

    it("runs a shell in which Control-C ends the command in front and not the shell", async () => {
      const task = await startIdle(world, "jobs");
      const stream = await execIn(world, task, { argv: ["sh", "-i"], ...tty });
      const heard = listenTo(stream.stdout);
      const long = nap();
      // What is typed while the shell prepares its terminal may be lost.
      await eventually("a prompt", () => heard.text() !== "");
      stream.stdin.write(`sleep ${long}\n`);
      await eventually("it sleeps", () => sleeps(long));
      stream.stdin.write("\x03");
      await eventually("it sleeps no more", () => !sleeps(long));
      stream.stdin.write("echo $((6*7)); exit 9\n");
      expect(await stream.exit).toEqual({ code: 9 });
      expect(heard.text()).toContain("\r\n42\r\n");
      expect(heard.text()).not.toMatch(/job control|can't access tty/);
    });

    it("tells the command of each new size", async () => {
      const task = await startIdle(world, "size");
      const line = "trap 'stty size' WINCH; echo ready; while :; do sleep 0.1; done";
      const abort = new AbortController();
      const stream = await execIn(world, task, { argv: ["sh", "-c", line], ...tty }, abort.signal);
      const heard = listenTo(stream.stdout);
      await eventually("it is ready", () => heard.text().includes("ready"));
      stream.resize(132, 43);
      await eventually("the size is told", () => heard.text().includes("43 132"));
      for (let columns = 90; columns <= 140; columns += 1) stream.resize(columns, 50);
      await eventually("the last of many sizes is told", () => heard.text().includes("50 140"));
      stream.resize(0, -1);
      abort.abort();
      expect(await stream.exit).toEqual({ code: 137 });
      stream.resize(80, 24);
    });

    it("loses no byte of a long output that is read late", async () => {
      const task = await startIdle(world, "long");
      const stream = await execIn(world, task, { argv: ["seq", "1", "200000"], ...tty });
      await eventually("it is held up", () => stream.stdout.readableLength > 0);
      const { code, stdout } = await said(stream);
      expect(code).toBe(0);
      const lines = stdout.toString().trimEnd().split("\r\n");
      expect(lines.every((line, n) => line === String(n + 1))).toBe(true);
      expect(lines).toHaveLength(200_000);
    });

    it("gives a command that ended at once its last words", async () => {
      const task = await startIdle(world, "words");
      for (let n = 0; n < 10; n += 1) {
        const { stdout } = await said(await execIn(world, task, { argv: ["echo", `word ${n}`], ...tty }));
        expect(stdout.toString()).toBe(`word ${n}\r\n`);
      }
    });

    it("ends input by Control-D, and passes on more input than a terminal holds", async () => {
      const task = await startIdle(world, "input");
      const stream = await execIn(world, task, { argv: ["sh", "-c", "stty -echo; echo go; wc -c"], ...tty });
      const heard = listenTo(stream.stdout);
      await eventually("it reads", () => heard.text().includes("go"));
      stream.stdin.end(`${"x".repeat(99)}\n`.repeat(1000));
      expect(await stream.exit).toEqual({ code: 0 });
      expect(heard.text().trim().split(/\s+/).at(-1)).toBe("100000");
    });

    it("stands still for nobody while a command does not read what is typed", async () => {
      const task = await startIdle(world, "deaf");
      const abort = new AbortController();
      const long = nap();
      const deaf = { argv: ["sh", "-c", `stty raw -echo; sleep ${long}`], ...tty };
      const stream = await execIn(world, task, deaf, abort.signal);
      await eventually("it sleeps", () => sleeps(long));
      stream.stdin.write(Buffer.alloc(1024 * 1024, "y"));
      const { stdout } = await said(await execIn(world, task, { argv: ["echo", "meanwhile"] }));
      expect(stdout.toString()).toBe("meanwhile\n");
      abort.abort();
      expect(await stream.exit).toEqual({ code: 137 });
    });

    it("kills the command and all that it started when it is aborted", async () => {
      const task = await startIdle(world, "abort");
      const abort = new AbortController();
      const naps = [nap(), nap(), nap()];
      const line = `sleep ${naps[0]} & setsid sleep ${naps[1]} & sleep ${naps[2]}`;
      const stream = await execIn(world, task, { argv: ["sh", "-c", line], ...tty }, abort.signal);
      await eventually("all sleep", () => naps.every(sleeps));
      abort.abort();
      expect(await stream.exit).toEqual({ code: 137 });
      expect(naps.filter(sleeps)).toEqual([]);
    });

    it("leaves nothing of a command that is aborted while it starts", async () => {
      const task = await startIdle(world, "early");
      const naps = Array.from({ length: 8 }, nap);
      const running = naps.map(async (long) => {
        const abort = new AbortController();
        const stream = await execIn(world, task, { argv: ["sleep", long], ...tty }, abort.signal);
        await setTimeout(naps.indexOf(long) * 3);
        abort.abort();
        await stream.exit;
      });
      await Promise.all(running);
      expect(naps.filter(sleeps)).toEqual([]);
      await eventually("none of the tools is left, not even to be waited for", async () => {
        const { stdout } = await said(await execIn(world, task, { argv: ["ps"] }));
        return !/script|nsenter|burstlet-join/.test(stdout.toString());
      });
    });

    it("opens no terminal of one command to another, and keeps none of them", async () => {
      const task = await startIdle(world, "sealed");
      const long = nap();
      const abort = new AbortController();
      const first = await execIn(world, task, { argv: ["sleep", long], ...tty }, abort.signal);
      await eventually("it sleeps", () => sleeps(long));
      const files = { argv: ["sh", "-c", "for f in /proc/self/fd/*; do readlink $f; done; :"] };
      for (const how of [{}, tty]) {
        const { stdout } = await said(await execIn(world, task, { ...files, ...how }));
        expect(stdout.toString()).not.toContain("ptmx");
      }
      abort.abort();
      await first.exit;
      await eventually("no terminal is open here", () => openMasters().length === 0);
    });
  });
}

/** Masters of terminals that this process has open. */
function openMasters(): readonly string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)].filter((path) => path.endsWith("ptmx"));
    } catch {
      return [];
    }
  });
}
