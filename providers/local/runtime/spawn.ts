import { spawn, type ChildProcess, type IOType, type SpawnOptions } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Stream } from "node:stream";

/** Open files that a child would inherit, with who opened each. */
const inheritable = new Map<number, symbol>();

/**
 * Tells of a file that is not closed by exec(2). Node opens none, node-pty 1.1 opens each terminal's master so: without
 * care every program of every other pod that starts meanwhile could read and type there. Call what is returned when it
 * is closed.
 */
export function noteInheritable(fd: number): () => void {
  const owner = Symbol();
  inheritable.set(fd, owner);
  return () => {
    if (inheritable.get(fd) === owner) inheritable.delete(fd);
  };
}

type File = IOType | "ipc" | Stream | number;

/** As `spawn`, of a child that gets the files in `stdio` and no other. */
export function spawnSealed(
  [file, ...args]: readonly [string, ...string[]],
  { stdio, ...options }: Omit<SpawnOptions, "stdio"> & { stdio: readonly File[] },
): ChildProcess {
  if (inheritable.size === 0) return spawn(file, args, { ...options, stdio: stdio.slice() });
  const nothing = openSync("/dev/null", "r");
  try {
    const files: File[] = stdio.slice();
    for (const fd of inheritable.keys()) {
      if (fd < stdio.length) continue;
      // "ignore" leaves a number above 2 as it is.
      while (files.length <= fd) files.push("ignore");
      files[fd] = nothing;
    }
    return spawn(file, args, { ...options, stdio: files });
  } finally {
    closeSync(nothing);
  }
}
