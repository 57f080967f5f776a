/** Who holds a node's lease: one process of one host, so that a second one on the same host waits like any other. */
import { readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** Pids mean something only within one PID namespace of one host. */
function place(): string {
  try {
    return `${hostname()}/${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return hostname();
  }
}

/** This process, as `host/namespace/pid`. */
export function ownHolder(): string {
  return `${place()}/${process.pid}`;
}

/** Has this holder surely ended? Known only of processes beside this one: a burstlet that was killed need not be waited for. */
export function hasEnded(holder: string): boolean {
  const prefix = `${place()}/`;
  const pid = Number(holder.slice(prefix.length));
  if (!holder.startsWith(prefix) || !Number.isInteger(pid) || pid < 1) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
