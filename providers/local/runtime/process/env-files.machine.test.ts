import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { TaskState } from "../../../../src/provider.ts";
import {
  envFileContainers,
  envFileVolumes as volumes,
  fromFile,
} from "../../../../test/support/tasks/env-file-tasks.ts";
import { makeOutside } from "../../../../test/support/tasks/hostile-tasks.ts";
import { describeWith } from "../../../../test/support/requirements.ts";
import { endOf, isStopped, logText, stateOf, useWorld } from "./testing.ts";

const waits = (state: TaskState): boolean => {
  const run = stateOf(state).state;
  return run.is === "waiting" && run.reason === "CreateContainerConfigError";
};
const messageOf = (state: TaskState): unknown => stateOf(state).state;

describeWith(
  ["root", "namespaces", "busybox"],
  "a container of the process runtime with variables out of files",
  () => {
    const world = useWorld();

    it("gets what an earlier container has written, on disk, in memory and below a subPath", async () => {
      const write = `echo "A='on disk'" > /disk/env; echo "B='in memory'" > /memory/env; echo "C='deep'" > /sub/env`;
      const containers = envFileContainers("busybox", write, {
        A: fromFile("disk", "env", "A"),
        B: fromFile("memory", "env", "B"),
        C: fromFile("disk", "in/deep/env", "C"),
        D: fromFile("disk", "env", "D", { optional: true }),
      });
      const task = world().task("env-files", containers, { volumes });
      await world().runtime.start(task);
      expect(endOf(await world().until(task, isStopped))).toMatchObject({ exitCode: 0 });
      expect(await logText(world().runtime, task)).toBe("A=on disk\nB=in memory\nC=deep\nD=unset\n");
    });

    it("waits for a file that is not there, and starts once it is", async () => {
      const env = { A: fromFile("disk", "env", "A") };
      const task = world().task("env-file-late", envFileContainers("busybox", "true", env), { volumes });
      await world().runtime.start(task);
      const state = await world().until(task, waits);
      expect(messageOf(state)).toHaveProperty("message", expect.stringContaining('"A" not found in file env'));
      const file = join(world().options.stateDir, "tasks", state.id, "volumes/disk/env");
      writeFileSync(file, "A='at last'");
      await world().until(task, isStopped);
      expect(await logText(world().runtime, task)).toBe("A=at last\n");
      rmSync(file);
    });

    it("never gets what lies behind a link out of the volume", async () => {
      using outside = makeOutside();
      writeFileSync(join(outside.path, "env"), "A='of the host'");
      const write = `ln -s ${outside.path}/env /disk/env; ln -s ${outside.path} /disk/way; ln -s ../../../../../..${outside.path} /memory/way`;
      const containers = envFileContainers("busybox", write, {
        A: fromFile("disk", "env", "A", { optional: true }),
        B: fromFile("disk", "way/env", "A", { optional: true }),
        C: fromFile("memory", "way/env", "A", { optional: true }),
      });
      const task = world().task("env-file-link", containers, { volumes });
      await world().runtime.start(task);
      await world().until(task, isStopped);
      expect(await logText(world().runtime, task)).toBe("A=unset\nB=unset\nC=unset\n");
    });

    it.for([
      ["is too long", "head -c 1048577 /dev/zero > /disk/env", "longer than 1048576 bytes"],
      ["is a folder", "mkdir /disk/env", "it is no regular file"],
      ["is a pipe", "mkfifo /disk/env", "it is no regular file"],
      ["is no env file", "echo A=1 > /disk/env", "line 1 has no value in single quotes"],
    ] as const)("waits when the file %s", async ([what, write, words]) => {
      const containers = envFileContainers("busybox", write, { A: fromFile("disk", "env", "A", { optional: true }) });
      const task = world().task(`env-${what.replaceAll(" ", "-")}`, containers, { volumes });
      await world().runtime.start(task);
      expect(messageOf(await world().until(task, waits))).toHaveProperty("message", expect.stringContaining(words));
    });
  },
);
