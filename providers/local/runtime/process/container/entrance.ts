/** The way of a program into a container's namespaces, groups and terminal, as the command line that takes it there. */
import { toolPath } from "../host/command.ts";
import type { Command } from "../terminal/wired.ts";
import { resolveInRoot } from "./files/in-root.ts";
import type { Program } from "./program.ts";

export interface Entrance {
  /** The process that holds the container's namespaces; `undefined` where it has none of its own. */
  readonly holder: number | undefined;
  /** Its root as seen from here. */
  readonly view: string;
  /** Is its network another one than ours? */
  readonly network: boolean;
  /** Who runs there, with no further groups; absent: burstlet's own user. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** No program gains rights that its caller has not. */
  readonly noNewPrivileges?: boolean | undefined;
}

export interface EntranceWant {
  /** It has a terminal on its stdin, which becomes its controlling one. */
  readonly terminal: boolean;
  /** Directories of control groups to join before anything of it runs. */
  readonly groups: readonly string[];
}

export function enter(entrance: Entrance, program: Program, { terminal, groups }: EntranceWant): Command {
  const { own, hidden } = divide(program.env);
  const cwd = resolveInRoot(entrance.view, program.cwd);
  const argv = [...hidden, ...program.argv];
  const lead = terminal ? [toolPath("setsid"), "--ctty"] : [];
  const inside =
    entrance.holder === undefined ? [...lead, ...argv] : enterNamespaces(entrance, entrance.holder, cwd, lead, argv);
  return {
    argv: inside as [string, ...string[]],
    groups,
    env: own,
    cwd: entrance.holder === undefined ? cwd : undefined,
    // setsid(1) makes no session in place of a process that leads a group.
    detached: entrance.holder !== undefined || !terminal,
  };
}

/**
 * The first nsenter forks into the PID namespace and waits; its child is the program's process. A terminal is taken
 * there, before the root changes, so that the tools are the host's.
 */
function enterNamespaces(
  { network, user, noNewPrivileges = false }: Entrance,
  holder: number,
  cwd: string,
  lead: readonly string[],
  argv: readonly string[],
): readonly string[] {
  const nsenter = toolPath("nsenter");
  const pid = `--pid=/proc/${holder}/ns/pid_for_children`;
  const others = [`--target=${holder}`, "--mount", "--uts", "--ipc", ...(network ? ["--net"] : [])];
  const become = user === undefined ? [] : [`--setgid=${user.gid}`, `--setuid=${user.uid}`];
  const last = [...become, `--wd=${cwd}`, "--", ...argv];
  // Who is root keeps what he has: the namespaces can be entered all the same.
  const bound = noNewPrivileges ? [toolPath("setpriv"), "--no-new-privs"] : [];
  if (lead.length === 0) return [...bound, nsenter, ...others, pid, ...last];
  return [...bound, nsenter, pid, "--", ...lead, nsenter, ...others, ...last];
}

/**
 * Variables that steer the dynamic loader or a shell, or that a shell would change or lose, must not meet the tools on
 * the way: env(1) of the container sets them last.
 */
function divide(env: Readonly<Record<string, string>>): {
  readonly own: Readonly<Record<string, string>>;
  readonly hidden: readonly string[];
} {
  const careful = Object.entries(env).filter(([name]) => isCareful(name));
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => !isCareful(name)));
  return {
    own,
    hidden: careful.length === 0 ? [] : ["/usr/bin/env", ...careful.map(([name, value]) => `${name}=${value}`)],
  };
}

const shellNames = /^(PWD|OLDPWD|SHLVL|_|SHELL|SHELLOPTS|BASH.*|OPTIND|PPID|U?ID|EUID|IFS|ENV)$/;

function isCareful(name: string): boolean {
  return /^(LD_|GLIBC_)/.test(name) || shellNames.test(name) || !/^[A-Za-z_]\w*$/.test(name);
}
