import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ScenarioBox } from "../../scenario/box.ts";

/** Folders of this machine: one for each file system of EFS, which tasks share, and one for each task's volume of EBS. */
export interface Folders {
  /** Of a file system of the scenario. A symbolic link leads nowhere outside it. `undefined`: there is no such folder. */
  within(fileSystemId: string, path: string): string | undefined;
  /** As `within`, of an access point's folder, which EFS makes where there is none. */
  made(fileSystemId: string, path: string): string | undefined;
  /** A new one, of root's alone, as a new file system is. */
  disk(taskId: string): string;
  release(taskId: string): void;
  /** Removes all that the scenario has not named. */
  close(): void;
}

export function createFolders(scenario: ScenarioBox): Folders {
  let base: string | undefined;
  const own = (name: string, mode: number): string => {
    base ??= mkdtempSync(join(tmpdir(), "burstlet-storage-"));
    const folder = join(base, name);
    mkdirSync(folder, { recursive: true, mode });
    return folder;
  };
  const rootOf = (id: string): string => realpathSync(scenario.now.fileSystems[id]?.folder ?? own(id, 0o755));
  const within = (id: string, path: string): string | undefined => {
    const root = rootOf(id);
    const found = join(root, join("/", path));
    if (statSync(found, { throwIfNoEntry: false })?.isDirectory() !== true) return undefined;
    const real = realpathSync(found);
    return real === root || real.startsWith(`${root}/`) ? real : undefined;
  };
  return {
    within,
    made(id, path) {
      const before = within(id, path);
      if (before === undefined) mkdirSync(join(rootOf(id), join("/", path)), { recursive: true });
      return within(id, path);
    },
    disk: (taskId) => own(`disk-${taskId}`, 0o755),
    release(taskId) {
      if (base !== undefined) rmSync(join(base, `disk-${taskId}`), { recursive: true, force: true });
    },
    close() {
      if (base !== undefined) rmSync(base, { recursive: true, force: true });
    },
  };
}
