import { readdir, readFile } from "node:fs/promises";

/**
 * The process of a container, by its id, when the engine runs on this machine, in whatever namespaces: only then has a
 * process here a control group by that name. An engine's own pid would be another process's elsewhere.
 */
export async function localProcess(containerId: string): Promise<number | undefined> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const groups = await readFile(`/proc/${pid}/cgroup`, "utf8").catch(() => "");
      return isIn(groups, containerId) ? [Number(pid)] : [];
    }),
  );
  return found.flat()[0];
}

/**
 * Pure. A group is named after its container: bare below Docker's (cgroupfs), `docker-<id>.scope` (systemd),
 * `libpod-<id>` with or without `.scope`. That of podman's monitor, outside, is `libpod-conmon-<id>`.
 */
export function isIn(groups: string, containerId: string): boolean {
  return groups
    .split(/[/\n]/)
    .some((name) => name.replace(/^(docker|libpod)-/, "").replace(/\.scope$/, "") === containerId);
}
