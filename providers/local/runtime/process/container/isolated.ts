/** An enclosure of namespaces: own processes, own root, in the task's network, host name and IPC. */
import { spawn, type ChildProcess } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { childrenOf, handlesSignal, isAlive, markOf, sendSignal, treeOf, type ProcessMark } from "../host/processes.ts";
import type { Enclosure, Ground, RunWant } from "./enclosure.ts";
import { etcFiles } from "./files/etc-files.ts";
import { spawnHolder, waitForGo } from "./holder.ts";
import { makeMountPoint, resolveInRoot } from "./files/in-root.ts";
import { bind, fstab } from "./files/mounts.ts";
import type { Program } from "./program.ts";
import { planRoot } from "./files/root-fs.ts";
import { planVolumeMounts } from "./files/volumes.ts";
import { writeRoot } from "./files/write-root.ts";

/**
 * Process 1 of the container. Its shell reaps orphans while it waits for a subshell that reads the supervisor's pipe to
 * the end: a fork, not a program, because a program might find its libraries gone when the root changes under it, and
 * whatever is mounted over /bin, it runs. Arguments: fstab, new root.
 */
const script = `${waitForGo}
mount --all --fstab "$1" || exit 1
exec 3<&0
(read end <&3) &
cd "$2" && pivot_root . . && umount -l . && cd / || exit 1
echo ready
exec <&- >&- 2>&- 3<&-
wait`;

/** `record` writes the holder's mark to disk before the holder does anything. */
export async function encloseIsolated(
  want: RunWant,
  ground: Ground,
  record: (marks: readonly ProcessMark[]) => void,
): Promise<Enclosure> {
  const sandbox = want.sandbox as ProcessMark;
  const root = join(want.directory, "root");
  const messageFile = join(want.directory, `${want.instance}.message`);
  writeTables(want, ground, root, messageFile, `/proc/${sandbox.pid}/root`);
  const holder = spawnHolder([
    "nsenter",
    `--target=${sandbox.pid}`,
    "--mount",
    "--uts",
    "--ipc",
    ...(ground.abilities.addresses ? ["--net"] : []),
    "unshare",
    "--mount",
    "--pid",
    "--fork",
    "--kill-child",
    "--propagation",
    "private",
    "/bin/sh",
    "-c",
    script,
    "burstlet-container",
    join(want.directory, "fstab"),
    root,
    join(want.directory, "pipe"),
  ]);
  record([holder.mark]);
  await holder.go();
  const view = `/proc/${holder.mark.pid}/root`;
  let child: ChildProcess | undefined;
  let childMark: ProcessMark | undefined;
  // nsenter forks the program and waits for it; the program is its only child.
  const programs = (): readonly number[] => (child?.pid === undefined ? [] : childrenOf(child.pid));
  return {
    view,
    messageFile,
    marks: () => [holder.mark, ...(childMark === undefined ? [] : [childMark])],
    adapt: (program) => program,
    spawn(program) {
      child = spawnInside(holder.mark.pid, view, program, ground);
      childMark = child.pid === undefined ? undefined : markOf(child.pid);
      return child;
    },
    signal(signal) {
      for (const pid of programs()) sendSignal(pid, signal);
      return programs().length > 0;
    },
    handles: (signal) => programs().some((pid) => handlesSignal(pid, signal)),
    kill: () => holder.kill(),
    pids: () => [
      ...(child?.pid === undefined ? [] : treeOf(child.pid)),
      ...(isAlive(holder.mark) ? treeOf(holder.mark.pid) : []),
    ],
    ended: holder.ended,
  };
}

function writeTables(want: RunWant, ground: Ground, root: string, messageFile: string, view: string): void {
  const plan = planRoot(root, want.image.root, ground.layout, etcFiles(want.spec, want.address, ground.resolver));
  writeRoot(root, plan);
  writeFileSync(messageFile, "", { mode: 0o666 });
  // The umask must not keep a container's user from writing it.
  chmodSync(messageFile, 0o666);
  const volumes = planVolumeMounts(want.container, want.spec.volumes, want.taskDirectory, root, view);
  const message = bind(messageFile, makeMountPoint(root, want.container.terminationMessagePath, false), false);
  writeFileSync(join(want.directory, "fstab"), fstab([...plan.mounts, ...volumes, message]), { mode: 0o600 });
}

function spawnInside(holder: number, view: string, program: Program, ground: Ground): ChildProcess {
  const namespaces = ["--mount", "--uts", "--ipc", ...(ground.abilities.addresses ? ["--net"] : [])];
  // Variables that steer the dynamic loader must not steer nsenter, which runs outside the root.
  const loader = Object.keys(program.env).filter((name) => /^(LD_|GLIBC_)/.test(name));
  const env = Object.fromEntries(Object.entries(program.env).filter(([name]) => !loader.includes(name)));
  const prefix = loader.length === 0 ? [] : ["/usr/bin/env", ...loader.map((name) => `${name}=${program.env[name]}`)];
  const cwd = resolveInRoot(view, program.cwd);
  mkdirSync(cwd, { recursive: true, mode: 0o755 });
  return spawn(
    nsenterPath,
    [
      `--target=${holder}`,
      ...namespaces,
      `--pid=/proc/${holder}/ns/pid_for_children`,
      `--wd=${cwd}`,
      "--",
      ...prefix,
      ...program.argv,
    ],
    { env, stdio: ["ignore", "pipe", "pipe"], detached: true },
  );
}

/** Absolute: the PATH in the environment is the container's. */
const nsenterPath = ["/usr/bin/nsenter", "/bin/nsenter"].find((path) => existsSync(path)) ?? "nsenter";
