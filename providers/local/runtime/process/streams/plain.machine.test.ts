import { afterAll, beforeAll, expect, it } from "vitest";
import { systemClock as clock } from "../../../../../src/telemetry/clock.ts";
import { eventually } from "../../../../../test/support/eventually.ts";
import { describeWith } from "../../../../../test/support/requirements.ts";
import { specEnv } from "../../../../../test/support/tasks/task-specs.ts";
import { openPipes } from "../host/pipes.ts";
import { markOf } from "../host/processes.ts";
import type { Place } from "../protocol.ts";
import { hasEnded, isRunning, openWorld, shell, type World } from "../testing.ts";
import { execIn as execAt } from "./exec.ts";
import { execIn, listenTo, mainOf, nap, said, sh, sleeps, startIdle } from "./testing.ts";

for (const terminals of ["node-pty", "script"] as const) {
  describeWith(["busybox"], `where the host permits no namespaces, with terminals by ${terminals},`, () => {
    let world: World;
    beforeAll(async () => {
      world = await openWorld({ isolation: false, terminals });
    });
    afterAll(() => world.close());

    it("exec runs in the container's directory and environment, and tells exit codes", async () => {
      const task = await startIdle(world, "place", { env: specEnv({ COLOUR: "red" }) });
      const { code, stdout } = await sh(world, task, "echo $COLOUR; pwd; echo $BURSTLET_ROOT; exit 3");
      const [colour, here, root] = stdout.toString().split("\n");
      expect({ code, colour }).toEqual({ code: 3, colour: "red" });
      expect(here).toBe(root);
      expect((await sh(world, task, "kill -9 $$")).code).toBe(137);
    });

    it("exec on a terminal has one that controls it, and leaves nothing when it is aborted", async () => {
      const task = await startIdle(world, "tty");
      const naps = [nap(), nap()];
      const abort = new AbortController();
      const line = `stty size; echo hello >/dev/tty; setsid sleep ${naps[0]} & sleep ${naps[1]}`;
      const command = { argv: ["sh", "-c", line], tty: true, stdin: true };
      const stream = await execIn(world, task, command, abort.signal);
      const heard = listenTo(stream.stdout);
      await eventually("it is a terminal", () => heard.text() === "24 80\r\nhello\r\n");
      await eventually("both sleep", () => naps.every(sleeps));
      abort.abort();
      expect(await stream.exit).toEqual({ code: 137 });
      expect(naps.filter(sleeps)).toEqual([]);
    });

    it("attach types into a container's terminal, and SIGTERM reaches what runs there", async () => {
      const line = "trap 'exit 4' TERM; while read -r a || true; do echo got $a; done";
      const task = world.task("attach", [shell(line, { stdin: true, tty: true })]);
      await world.runtime.start(task);
      await world.until(task, isRunning("main"));
      const stream = await world.runtime.attach?.(mainOf(task), { stdin: true }, new AbortController().signal);
      if (stream === undefined) throw new Error("this runtime attaches nothing");
      const heard = listenTo(stream.stdout);
      await eventually("it answers", () => {
        stream.stdin.write("word\n");
        return heard.text().includes("got word\r\n");
      });
      await world.runtime.stop(task, { graceSeconds: 20, discard: false });
      expect(await stream.exit).toEqual({ code: 4 });
      await world.until(task, hasEnded("main"));
    });
  });
}

const pipes = openPipes();
afterAll(() => pipes.close());

it("a command without control groups is found by its mark when it is aborted, also what left its session", async () => {
  const mark = markOf(process.pid);
  if (mark === undefined) throw new Error("we do not run");
  const entrance = { holder: undefined, view: "/", network: false };
  const place: Place = { mark, entrance, env: { PATH: "/usr/bin:/bin" }, cwd: "/", groups: [] };
  const [left, stayed] = [nap(), nap()];
  const abort = new AbortController();
  const line = `(setsid sleep ${left} &); sleep ${stayed}`;
  const command = { argv: ["sh", "-c", line], tty: false, stdin: false };
  const stream = await execAt(place, command, { clock, pipes }, abort.signal);
  await eventually("both sleep", () => [left, stayed].every(sleeps));
  abort.abort();
  expect(await stream.exit).toEqual({ code: 137 });
  expect([left, stayed].filter(sleeps)).toEqual([]);
  expect(
    (
      await said(
        await execAt(place, { ...command, argv: ["echo", "x"] }, { clock, pipes }, new AbortController().signal),
      )
    ).code,
  ).toBe(0);
});

it("a place whose process is not the one that was meant is not entered", async () => {
  const entrance = { holder: process.pid, view: "/", network: false };
  const place: Place = { mark: { pid: process.pid, startTime: "1" }, entrance, env: {}, cwd: "/", groups: [] };
  const command = { argv: ["true"], tty: false, stdin: false };
  await expect(execAt(place, command, { clock, pipes }, new AbortController().signal)).rejects.toThrow("just ended");
});
