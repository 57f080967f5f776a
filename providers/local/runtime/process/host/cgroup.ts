/**
 * Control groups: limits, the out-of-memory verdict and usage of one container. Version 1 with its one directory per
 * controller below our own group, so that whatever limits us limits them; version 2 below the root of the hierarchy,
 * because there a group with processes (ours) may have no children with controllers (cgroups(7)).
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { treeOf } from "./processes.ts";

export interface Cgroups {
  create(name: string, limits: { cpu: number | undefined; memory: number | undefined }): Cgroup;
  /** Removes the groups that an earlier supervisor left, as far as they are empty. */
  sweep(): void;
  /** As `sweep`, and their common parent too when none is left. */
  remove(): void;
}

export interface Cgroup {
  /** Moves a process and everything below it into the group. */
  attach(pid: number): Promise<void>;
  oomKilled(): boolean;
  /** Where a process joins it, and where groups below it are made. */
  readonly directories: readonly string[];
  /** `undefined` when it is gone. */
  usage(): GroupUsage | undefined;
  /** `false` while processes are still in it. */
  remove(): boolean;
}

export interface GroupUsage {
  readonly cpuSeconds: number;
  /** The working set: all memory but what the kernel can take back at once (cadvisor's definition). */
  readonly memoryBytes: number;
  /** Anonymous memory. */
  readonly rssBytes: number;
}

/** Period of CPU bandwidth control, microseconds; the kubelet's default. */
const cpuPeriod = 100_000;

/** `undefined` with the reason when this host lets us make none. */
export function openCgroups(parent: string): Cgroups | { readonly missing: string } {
  try {
    const own = readFileSync("/proc/self/cgroup", "utf8");
    const mounts = readFileSync("/proc/self/mounts", "utf8")
      .split("\n")
      .map((line) => line.split(" "));
    const v1 = (controller: string): string | undefined => {
      const mount = mounts.find(
        (fields) => fields[2] === "cgroup" && fields[3]?.split(",").includes(controller) === true,
      )?.[1];
      const path = new RegExp(`^\\d+:(?:[^:]*,)?${controller}(?:,[^:]*)?:(.*)$`, "m").exec(own)?.[1];
      return mount === undefined || path === undefined ? undefined : join(mount, path, parent);
    };
    const [memory, cpuacct, cpu] = [v1("memory"), v1("cpuacct"), v1("cpu")];
    if (memory !== undefined && cpuacct !== undefined && cpu !== undefined) return openV1({ memory, cpuacct, cpu });
    const unified = mounts.find((fields) => fields[2] === "cgroup2")?.[1];
    if (unified === undefined) return { missing: "no control groups are mounted" };
    return openV2(unified, parent);
  } catch (error) {
    return { missing: `control groups cannot be used: ${(error as Error).message}` };
  }
}

function openV1(base: { memory: string; cpuacct: string; cpu: string }): Cgroups {
  const bases = [...new Set(Object.values(base))];
  for (const path of bases) mkdirSync(path, { recursive: true });
  return {
    create(name, limits) {
      // Each controller costs at every start: cpu is joined only where it has something to do.
      const used = bases.filter((path) => path !== base.cpu || path === base.cpuacct || limits.cpu !== undefined);
      const directories = used.map((path) => join(path, name));
      for (const path of directories) mkdirSync(path, { recursive: true });
      const memory = join(base.memory, name);
      const cpuacct = join(base.cpuacct, name);
      if (limits.memory !== undefined) writeFileSync(join(memory, "memory.limit_in_bytes"), String(limits.memory));
      if (limits.cpu !== undefined) {
        writeFileSync(join(base.cpu, name, "cpu.cfs_period_us"), String(cpuPeriod));
        writeFileSync(join(base.cpu, name, "cpu.cfs_quota_us"), String(quota(limits.cpu)));
      }
      return {
        attach: (pid) => attachTree(pid, directories),
        oomKilled: () => field(join(memory, "memory.oom_control"), "oom_kill") > 0,
        directories,
        usage: unlessRemoved(() => ({
          cpuSeconds: number(join(cpuacct, "cpuacct.usage")) / 1e9,
          memoryBytes:
            number(join(memory, "memory.usage_in_bytes")) - field(join(memory, "memory.stat"), "total_inactive_file"),
          rssBytes: field(join(memory, "memory.stat"), "total_rss"),
        })),
        remove: () => directories.map(removeGroup).every(Boolean),
      };
    },
    sweep: () => bases.forEach(sweepGroups),
    remove: () => bases.forEach(removeParent),
  };
}

function openV2(mount: string, parent: string): Cgroups | { missing: string } {
  const controllers = readFileSync(join(mount, "cgroup.controllers"), "utf8").trim().split(" ");
  if (!["memory", "cpu"].every((name) => controllers.includes(name)))
    return { missing: "the memory and cpu controllers are not in control group version 2 here" };
  const base = join(mount, parent);
  writeFileSync(join(mount, "cgroup.subtree_control"), "+memory +cpu");
  mkdirSync(base, { recursive: true });
  writeFileSync(join(base, "cgroup.subtree_control"), "+memory +cpu");
  return {
    create(name, limits) {
      const group = join(base, name);
      mkdirSync(group, { recursive: true });
      if (limits.memory !== undefined) writeFileSync(join(group, "memory.max"), String(limits.memory));
      if (limits.cpu !== undefined) writeFileSync(join(group, "cpu.max"), `${quota(limits.cpu)} ${cpuPeriod}`);
      return {
        attach: (pid) => attachTree(pid, [group]),
        oomKilled: () => field(join(group, "memory.events"), "oom_kill") > 0,
        directories: [group],
        usage: unlessRemoved(() => ({
          cpuSeconds: field(join(group, "cpu.stat"), "usage_usec") / 1e6,
          memoryBytes: number(join(group, "memory.current")) - field(join(group, "memory.stat"), "inactive_file"),
          rssBytes: field(join(group, "memory.stat"), "anon"),
        })),
        remove: () => removeGroup(group),
      };
    },
    sweep: () => void sweepGroups(base),
    remove: () => removeParent(base),
  };
}

/**
 * The process may fork while we move it: go round until a look finds nothing new. Asynchronous, because the kernel
 * waits for a grace period of RCU at each move (measured: 2 ms).
 */
async function attachTree(pid: number, directories: readonly string[]): Promise<void> {
  const moved = new Set<number>();
  for (;;) {
    const fresh = treeOf(pid).filter((each) => !moved.has(each));
    if (fresh.length === 0) return;
    for (const each of fresh) moved.add(each);
    const moves = directories.flatMap((directory) =>
      fresh.map((each) => ({ path: join(directory, "cgroup.procs"), each })),
    );
    await Promise.all(moves.map(async ({ path, each }) => writeFile(path, String(each)).catch(unlessGone)));
  }
}

/** It ended before it was moved, or the whole run did and its group was removed. */
function unlessGone(error: NodeJS.ErrnoException): void {
  if (error.code !== "ESRCH" && error.code !== "ENOENT" && error.code !== "ENODEV") throw error;
}

function quota(cpu: number): number {
  // The kernel refuses less than 1 ms.
  return Math.max(1000, Math.round(cpu * cpuPeriod));
}

function unlessRemoved(read: () => GroupUsage): () => GroupUsage | undefined {
  return () => {
    try {
      return read();
    } catch {
      return undefined;
    }
  };
}

function number(path: string): number {
  return Number(readFileSync(path, "utf8"));
}

function field(path: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(readFileSync(path, "utf8"))?.[1] ?? 0);
}

/** `true` when none is left. */
function sweepGroups(path: string): boolean {
  const groups = existsSync(path)
    ? readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    : [];
  return groups.map((group) => removeGroup(join(path, group.name))).every(Boolean);
}

function removeParent(path: string): void {
  if (sweepGroups(path)) removeDirectory(path);
}

/** With the groups of commands that were executed in it. */
function removeGroup(path: string): boolean {
  return sweepGroups(path) && removeDirectory(path);
}

function removeDirectory(path: string): boolean {
  if (!existsSync(path)) return true;
  try {
    rmdirSync(path);
    return true;
  } catch {
    return false;
  }
}
