/** An enclosure of namespaces: own processes, own root, in the task's network, host name and IPC. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  handlesSignal,
  isAlive,
  markOf,
  namespaceOf,
  sendSignal,
  treeOf,
  type ProcessMark,
} from "../host/processes.ts";
import type { Wired } from "../terminal/wired.ts";
import type { Enclosure, Ground, RunWant } from "./enclosure.ts";
import { enter, type Entrance } from "./entrance.ts";
import { etcFiles } from "./files/etc-files.ts";
import { spawnHolder, waitForGo, type Holder } from "./holder.ts";
import { makeMountPoint, resolveInRoot } from "./files/in-root.ts";
import { bind, fstab } from "./files/mounts.ts";
import { planRoot } from "./files/root-fs.ts";
import { planVolumeMounts } from "./files/volumes.ts";
import { writeRoot } from "./files/write-root.ts";

/**
 * Process 1 of the container. Its shell reaps orphans while it waits for a subshell that reads the supervisor's pipe to
 * the end: a fork, not a program, because a program might find its libraries gone when the root changes under it, and
 * whatever is mounted over /bin, it runs. The program comes from outside as all that is executed here, and before them: who
 * sends a signal to process 1 means it. Arguments: fstab, new root.
 */
const script = `${waitForGo}
mount --all --fstab "$1" || exit 1
exec 3<&0
(read end <&3) &
cd "$2" && pivot_root . . && umount -l . && cd / || exit 1
pass() {
  of=
  for each in /proc/[0-9]*; do
    read -r line <"$each/stat" || continue
    set -- "$1" \${line##*) }
    [ "$3" = 0 ] && [ "\${each#/proc/}" -gt 1 ] && [ "\${each#/proc/}" -lt "\${of:-4194305}" ] && of=\${each#/proc/}
  done
  kill -s "$1" "$of"
}
for signal in HUP INT QUIT TERM USR1 USR2; do trap "pass $signal" $signal; done
echo ready
exec <&- >&- 2>&- 3<&-
while kill -0 $!; do wait $!; done`;

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
  const holder = holdContainer(want, sandbox.pid, root, ground);
  record([holder.mark]);
  await holder.go();
  const view = `/proc/${holder.mark.pid}/root`;
  const { user, group, noNewPrivileges = false } = want.container.security ?? {};
  const entrance: Entrance = {
    holder: holder.mark.pid,
    view,
    network: ground.abilities.addresses,
    ...((user !== undefined || group !== undefined) && { user: { uid: user ?? 0, gid: group ?? 0 } }),
    ...(noNewPrivileges && { noNewPrivileges }),
  };
  let child: Wired["child"] | undefined;
  let childMark: ProcessMark | undefined;
  // The tools on the way wait outside of the PID namespace; the first process in it is the program.
  const programs = (): readonly number[] => {
    if (child?.pid === undefined) return [];
    const inside = namespaceOf(holder.mark.pid, "pid_for_children");
    const first = treeOf(child.pid).find((pid) => namespaceOf(pid, "pid") === inside);
    return first === undefined ? [] : [first];
  };
  return {
    view,
    messageFile,
    marks: () => [holder.mark, ...(childMark === undefined ? [] : [childMark])],
    adapt: (program) => program,
    door: () => ({ mark: holder.mark, entrance }),
    spawn(program, wire) {
      mkdirSync(resolveInRoot(view, program.cwd), { recursive: true, mode: 0o755 });
      const wired = wire(enter(entrance, program, { terminal: want.container.tty, groups: [] }));
      child = wired.child;
      childMark = child.pid === undefined ? undefined : markOf(child.pid);
      return wired;
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

function holdContainer(want: RunWant, sandbox: number, root: string, ground: Ground): Holder {
  return spawnHolder([
    "nsenter",
    `--target=${sandbox}`,
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
}

function writeTables(want: RunWant, ground: Ground, root: string, messageFile: string, view: string): void {
  const plan = planRoot(root, want.image.root, ground.layout, etcFiles(want.spec, want.address, ground.resolver));
  writeRoot(root, plan);
  writeFileSync(messageFile, "", { mode: 0o666 });
  // The umask must not keep a container's user from writing it.
  chmodSync(messageFile, 0o666);
  const volumes = planVolumeMounts(want.container, want.spec, want.taskDirectory, root, view);
  const message = bind(messageFile, makeMountPoint(root, want.container.terminationMessagePath, false), false);
  writeFileSync(join(want.directory, "fstab"), fstab([...plan.mounts, ...volumes, message]), { mode: 0o600 });
}
