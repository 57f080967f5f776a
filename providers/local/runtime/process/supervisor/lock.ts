/**
 * The supervisor's lock: an exclusive transaction of SQLite, that is a POSIX record lock (fcntl), which Node itself
 * does not offer. The kernel drops it when the process dies, however it dies, and children do not inherit it.
 */
import { closeSync, fstatSync, openSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { lockName } from "../paths.ts";

/** Held for as long as the returned handle lives; `undefined` when another process holds it, or has just let it go. */
export function takeLock(stateDir: string): Disposable | undefined {
  const path = join(stateDir, lockName);
  const before = openedInode(path);
  if (before === undefined) return undefined;
  const database = new DatabaseSync(path);
  try {
    database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (/locked|busy/.test((error as Error).message)) return undefined;
    throw error;
  }
  // Its last holder may have removed the file, with what else it had; a lock on that keeps nobody out.
  if (statSync(path, { throwIfNoEntry: false })?.ino !== before) {
    database.close();
    return undefined;
  }
  return { [Symbol.dispose]: () => database.close() };
}

/**
 * Made if need be, and closed before the lock is taken: closing any file of a process lets its locks on it go.
 * `undefined`: even the directory has just gone.
 */
function openedInode(path: string): number | undefined {
  let file: number;
  try {
    file = openSync(path, "a", 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    return fstatSync(file).ino;
  } finally {
    closeSync(file);
  }
}
