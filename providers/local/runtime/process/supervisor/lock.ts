/**
 * The supervisor's lock: an exclusive transaction of SQLite, that is a POSIX record lock (fcntl), which Node itself
 * does not offer. The kernel drops it when the process dies, however it dies, and children do not inherit it.
 */
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";

/** Held for as long as the returned handle lives; `undefined` when another process holds it. */
export function takeLock(stateDir: string): Disposable | undefined {
  const database = new DatabaseSync(join(stateDir, "supervisor.lock"));
  try {
    database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (/locked|busy/.test((error as Error).message)) return undefined;
    throw error;
  }
  return { [Symbol.dispose]: () => database.close() };
}
