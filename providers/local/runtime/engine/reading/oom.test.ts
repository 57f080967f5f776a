import { expect, test } from "vitest";
import { oomVictims } from "./oom.ts";

test("the kernel's log names the control groups of what was killed for want of memory, and no others", () => {
  const id = "5e3e4a1c";
  const line =
    "6,1234,5678,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=libpod-x,mems_allowed=0," +
    `oom_memcg=/libpod_parent/libpod-${id},task_memcg=/libpod_parent/libpod-${id},task=dd,pid=42,uid=0\n`;
  const others = [
    `6,1,2,-;Memory cgroup stats for /libpod_parent/libpod-other:\n`,
    `6,1,2,-;Memory cgroup out of memory: Killed process 42 (dd)\n`,
    `4,1,2,-;somebody says task_memcg=/libpod_parent/libpod-other, and no more\n`,
  ];
  expect(oomVictims([...others, line])).toEqual([`/libpod_parent/libpod-${id}`]);
  expect(oomVictims(others)).toEqual([]);
});
