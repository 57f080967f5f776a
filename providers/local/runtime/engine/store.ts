import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../../../../src/provider.ts";
import { readRecord, writeRecord, type TaskRecord } from "./record.ts";

/** The records of one node's tasks, one file each: `<stateDir>/<task>.json`, for the owner alone (they hold secrets). */
export interface RecordStore {
  /** Every readable record by task name; one that cannot be read is told in the log and left where it is. */
  load(): Promise<ReadonlyMap<string, TaskRecord>>;
  save(task: string, record: TaskRecord): Promise<void>;
  remove(task: string): Promise<void>;
}

export async function createRecordStore(folder: string, log: Log): Promise<RecordStore> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = (task: string): string => join(folder, `${task}.json`);
  return {
    async load() {
      const records = new Map<string, TaskRecord>();
      for (const name of await readdir(folder)) {
        // Left by a crash in the middle of a save; it may hold secrets.
        if (name.endsWith(".new")) await rm(join(folder, name), { force: true });
        if (!name.endsWith(".json")) continue;
        try {
          records.set(name.slice(0, -".json".length), readRecord(await readFile(join(folder, name), "utf8")));
        } catch (error) {
          log.error("task record cannot be read; the task is shown from the engine alone", {
            file: name,
            error: String(error),
          });
        }
      }
      return records;
    },
    async save(task, record) {
      // Renaming makes it whole or absent after a crash; `flush` also after a crash of the machine.
      const temporary = `${file(task)}.${randomUUID()}.new`;
      await writeFile(temporary, writeRecord(record), { mode: 0o600, flush: true });
      await rename(temporary, file(task));
    },
    async remove(task) {
      await rm(file(task), { force: true });
    },
  };
}
