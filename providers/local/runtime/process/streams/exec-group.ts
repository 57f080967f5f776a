/** Everything that one command has started, wherever it went: by control groups, or else by a mark in the environment. */
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../../../../src/provider.ts";
import { isAlive, sendSignal, treeOf, withEnvironment, type ProcessMark } from "../host/processes.ts";

export interface ExecGroup {
  /** For the command to join. */
  readonly directories: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Kills until nothing is left; `command` is the command, or the tool that waits for it. */
  kill(command: ProcessMark | undefined, clock: Clock): Promise<void>;
  /** What runs on stays in the group, and that with the container. */
  leave(): void;
}

/** Where a host lends no control groups. Whoever clears his environment and leaves his parent is not found then. */
const markVariable = "BURSTLET_EXEC";
/** How long killed processes may take to be gone, milliseconds. */
const killWait = 10_000;
const killLook = 5;

export function nameCommand(): string {
  return `exec-${randomBytes(6).toString("hex")}`;
}

/** As `execGroup`, made now. */
export function openExecGroup(parents: readonly string[], name: string): ExecGroup {
  const group = execGroup(parents, name);
  for (const directory of group.directories) mkdirSync(directory);
  return group;
}

/** `parents`: the directories of the container's own groups; `name`: the command's, of `nameCommand`. */
export function execGroup(parents: readonly string[], name: string): ExecGroup {
  const directories = parents.map((parent) => join(parent, name));
  const marked = directories.length === 0;
  const members = (command: ProcessMark | undefined): readonly number[] => [
    ...directories.flatMap(pidsIn),
    ...(command !== undefined && isAlive(command) ? treeOf(command.pid) : []),
    ...(marked ? withEnvironment(markVariable, name).map(({ pid }) => pid) : []),
  ];
  return {
    directories,
    env: marked ? { [markVariable]: name } : {},
    async kill(command, clock) {
      for (const end = clock.monotonic() + killWait; clock.monotonic() < end; await clock.sleep(killLook)) {
        const found = members(command);
        if (found.length === 0) return;
        for (const pid of new Set(found)) sendSignal(pid, "SIGKILL");
      }
    },
    leave() {
      for (const directory of directories) removeEmpty(directory);
    },
  };
}

function pidsIn(directory: string): readonly number[] {
  try {
    return readFileSync(join(directory, "cgroup.procs"), "utf8").split("\n").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function removeEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // Something runs on in it: the supervisor removes it with the container's.
  }
}
