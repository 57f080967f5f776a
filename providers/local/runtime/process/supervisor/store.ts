/**
 * The state directory (0700): `tasks/<key>/{spec,state}.json`, the containers' roots, logs and messages.
 * A record appears whole or not at all: written aside and renamed.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { TaskSpec } from "../../runtime.ts";
import { decode, encode } from "../protocol.ts";
import { lockName, logName, optionsName, socketName, taskDirectory } from "../paths.ts";
import type { TaskRecord } from "./record.ts";

export interface Store {
  create(record: TaskRecord, spec: TaskSpec): void;
  save(record: TaskRecord): void;
  /** Before the record tells of more containers. */
  extend(key: string, spec: TaskSpec): void;
  load(): readonly { readonly record: TaskRecord; readonly spec: TaskSpec }[];
  remove(key: string): Promise<void>;
}

export function openStore(stateDir: string): Store {
  const tasks = join(stateDir, "tasks");
  const halves = join(stateDir, "halves");
  // Halves of tasks that were being made or removed when somebody died.
  rmSync(halves, { recursive: true, force: true });
  for (const path of [tasks, halves]) mkdirSync(path, { recursive: true, mode: 0o700 });
  return {
    create(record, spec) {
      const half = join(halves, record.key);
      mkdirSync(join(half, "containers"), { recursive: true, mode: 0o700 });
      for (const { name } of spec.containers) mkdirSync(join(half, "containers", name), { mode: 0o700 });
      writeFileSync(join(half, "spec.json"), encode(spec), { mode: 0o600 });
      writeFileSync(join(half, "state.json"), encode(record), { mode: 0o600 });
      renameSync(half, taskDirectory(stateDir, record.key));
    },
    save(record) {
      const path = join(taskDirectory(stateDir, record.key), "state.json");
      writeFileSync(`${path}.new`, encode(record), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    },
    extend(key, spec) {
      const folder = taskDirectory(stateDir, key);
      for (const { name } of spec.containers)
        mkdirSync(join(folder, "containers", name), { recursive: true, mode: 0o700 });
      const path = join(folder, "spec.json");
      writeFileSync(`${path}.new`, encode(spec), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    },
    load: () =>
      readdirSync(tasks).map((key) => {
        const read = (name: string): unknown => decode(readFileSync(join(tasks, key, name), "utf8"));
        return { record: read("state.json") as TaskRecord, spec: read("spec.json") as TaskSpec };
      }),
    async remove(key) {
      const half = join(halves, `${key}.gone`);
      // The rename is the moment at which the task is gone.
      renameSync(taskDirectory(stateDir, key), half);
      await rm(half, { recursive: true, force: true });
    },
  };
}

/**
 * Without tasks nothing in the state directory is worth keeping. Called by the holder of the lock, which goes last:
 * until then nobody else begins here. Somebody else's files stay, and then the directory does.
 */
export function removeUnused(stateDir: string): void {
  const at = (name: string): string => join(stateDir, name);
  if (readdirSync(at("tasks")).length > 0) return;
  rmSync(at("images"), { recursive: true, force: true });
  for (const name of ["tasks", "halves", "addresses"]) removeIfEmpty(at(name));
  const journal = `${lockName}-journal`;
  for (const name of [socketName, optionsName, logName, journal, lockName]) rmSync(at(name), { force: true });
  removeIfEmpty(stateDir);
}

function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Not empty, or not there.
  }
}
