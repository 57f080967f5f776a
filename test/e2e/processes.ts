/** The processes that run as containers of one state directory, found without asking burstlet. */
import { readdir, readFile } from "node:fs/promises";

/** Ids of processes other than supervisors whose root or environment lies below the state directory. */
export async function processesOf(stateDir: string): Promise<number[]> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const mine = await Promise.all(ids.map(async (id) => ((await belongs(id, stateDir)) ? [id] : [])));
  return mine.flat();
}

/** With their command lines, words parted by spaces. */
export async function containerCommands(stateDir: string): Promise<{ id: number; line: string }[]> {
  const ids = await processesOf(stateDir);
  const words = async (id: number) => readFile(`/proc/${id}/cmdline`, "utf8").catch(() => "");
  return Promise.all(ids.map(async (id) => ({ id, line: (await words(id)).replaceAll("\0", " ") })));
}

/** Bytes that a process has written so far, to whatever. */
export async function bytesWritten(id: number): Promise<number> {
  const text = await readFile(`/proc/${id}/io`, "utf8").catch(() => "");
  return Number(/^wchar: (\d+)$/m.exec(text)?.[1] ?? 0);
}

/** The one supervisor of the state directory. */
export async function supervisorOf(stateDir: string): Promise<number> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  for (const id of ids) {
    const command = await readFile(`/proc/${id}/cmdline`, "utf8").catch(() => "");
    if (command.includes("supervisor-main") && command.includes(stateDir)) return id;
  }
  throw new Error(`no supervisor serves ${stateDir}`);
}

async function belongs(id: number, stateDir: string): Promise<boolean> {
  try {
    const [mounts, command] = await Promise.all([
      readFile(`/proc/${id}/mountinfo`, "utf8"),
      readFile(`/proc/${id}/cmdline`, "utf8"),
    ]);
    // A container's root file system is mounted from its task's folder; kernel threads and zombies have no command.
    return command !== "" && mounts.includes(`${stateDir}/`);
  } catch {
    return false;
  }
}
