import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ScenarioBox } from "../../scenario/box.ts";

/** Folders of this machine: of each file system of EFS, which tasks share; of each task's volume of EBS, and of its files in /etc. */
export interface Folders {
  /** Of a file system of the scenario. A symbolic link leads nowhere outside it. `undefined`: there is no such folder. */
  within(fileSystemId: string, path: string): string | undefined;
  /** As `within`, of an access point's folder, which EFS makes where there is none. */
  made(fileSystemId: string, path: string): string | undefined;
  /** A new one, of root's alone, as a new file system is. */
  disk(taskId: string): string;
  /** A new one with these files. */
  network(taskId: string, files: Readonly<Record<string, string>>): string;
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
    network(taskId, files) {
      const folder = own(`network-${taskId}`, 0o755);
      for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
      return folder;
    },
    release(taskId) {
      if (base === undefined) return;
      for (const kind of ["disk", "network"]) rmSync(join(base, `${kind}-${taskId}`), { recursive: true, force: true });
    },
    close() {
      if (base !== undefined) rmSync(base, { recursive: true, force: true });
    },
  };
}
