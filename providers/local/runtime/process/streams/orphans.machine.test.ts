import { spawn } from "node:child_process";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../../../../../test/support/eventually.ts";
import { describeWith } from "../../../../../test/support/requirements.ts";
import type { TaskSpec } from "../../runtime.ts";
import { openWorld, type World } from "../testing.ts";
import { nap, sh, sleeps, startIdle } from "./testing.ts";

for (const isolation of [true, false]) {
  describeWith(["root", "namespaces", "busybox"], `commands, ${isolation ? "with" : "without"} isolation,`, () => {
    let world: World;
    beforeAll(async () => {
      world = await openWorld({ isolation });
    });
    afterAll(() => world.close());

    it("end with all they started when burstlet is killed, and what an earlier one had left behind does not", async () => {
      const task = await startIdle(world, "orphan");
      const [own, child, strayed, left, others] = [nap(), nap(), nap(), nap(), nap()];
      await sh(world, task, `sleep ${others} & exit`);
      const line = `sleep ${child} & setsid sleep ${strayed} & sleep ${own}`;
      const client = spawn(
        process.execPath,
        ["--input-type=module", "--eval", clientProgram(world, task, [`sleep ${left} & exit`, line])],
        { stdio: ["ignore", "ignore", "inherit"] },
      );
      const ended = new Promise((resolve) => client.once("close", resolve));
      await eventually("all sleep", () => [own, child, strayed, left, others].every(sleeps));
      client.kill("SIGKILL");
      await ended;
      await eventually("its command is gone", () => ![own, child, strayed].some(sleeps));
      expect([left, others].filter(sleeps)).toEqual([left, others]);
      expect((await sh(world, task, "echo alive")).stdout.toString()).toBe("alive\n");
      await world.discard(task);
    });
  });
}

/** Runs one command after the other, and stays. */
function clientProgram(world: World, task: TaskSpec, lines: readonly string[]): string {
  const { stateDir, bridge, subnet, isolation } = world.options;
  const url = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  return `
    import { createProcessRuntime } from ${url("../process-runtime.ts")};
    import { systemClock as clock } from ${url("../../../../../src/telemetry/clock.ts")};
    import { silentLog as log } from ${url("../../../../../test/support/silent-log.ts")};
    const options = ${JSON.stringify({ stateDir, bridge, subnet, isolation })};
    const runtime = await createProcessRuntime({ ...options, clock, log });
    const target = { task: ${JSON.stringify(task)}, container: "main", instance: 0 };
    for (const line of ${JSON.stringify(lines)}) {
      const command = { argv: ["sh", "-c", line], tty: false, stdin: false };
      const stream = await runtime.exec(target, command, new AbortController().signal);
      stream.stdout.resume();
      stream.stderr.resume();
      await stream.exit;
    }`;
}
