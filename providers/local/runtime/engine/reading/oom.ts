/**
 * Did the kernel kill something of this container for want of memory? Engines learn it from a notification that not
 * every kernel and version sends (podman with control groups of version 1, for one), and a container's control group,
 * with its counter, is gone when the container has ended. What stays is the kernel's own log, which names the control
 * group, and that the container.
 */
import { closeSync, constants, openSync, readSync } from "node:fs";

/** One record of /dev/kmsg is at most this long (kernel/printk: CONSOLE_EXT_LOG_MAX). */
const recordBytes = 8192;

/** False also where the engine is on another machine, or the kernel's log is not ours to read. */
export function killedByKernel(containerId: string): boolean {
  try {
    return oomVictims(kernelLog()).some((group) => group.includes(containerId));
  } catch {
    return false;
  }
}

/** Pure. Control groups of the processes that the kernel has killed for want of memory (mm/oom_kill.c, dump_oom_summary). */
export function oomVictims(records: readonly string[]): readonly string[] {
  return records.flatMap((record) => {
    if (!record.includes("oom-kill:constraint=")) return [];
    const group = /,task_memcg=([^,\n]*),/.exec(record)?.[1];
    return group === undefined ? [] : [group];
  });
}

/** All that the kernel still remembers; each read is one record. */
function kernelLog(): string[] {
  const file = openSync("/dev/kmsg", constants.O_RDONLY | constants.O_NONBLOCK);
  const buffer = Buffer.alloc(recordBytes);
  const records: string[] = [];
  try {
    for (;;) {
      try {
        records.push(buffer.toString("utf8", 0, readSync(file, buffer)));
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // Overwritten while we read: the next read goes on behind the gap.
        if (code === "EPIPE") continue;
        if (code === "EAGAIN") return records;
        throw error;
      }
    }
  } finally {
    closeSync(file);
  }
}
