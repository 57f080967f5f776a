import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createScenarioBox } from "../../scenario/box.ts";
import { createFolders } from "./folders.ts";

const given = mkdtempSync(join(tmpdir(), "burstlet-efs-"));
afterAll(() => rmSync(given, { recursive: true, force: true }));

test("a link in a file system leads nowhere outside it, and what the scenario names stays", () => {
  mkdirSync(join(given, "app"));
  symlinkSync("/etc", join(given, "out"));
  symlinkSync("app", join(given, "in"));
  const folders = createFolders(createScenarioBox({ fileSystems: { "fs-0a1b2c3d": { folder: given } } }));
  const found = (path: string) => folders.within("fs-0a1b2c3d", path)?.replace(given, "");
  expect([found("/"), found("/app"), found("/in"), found("/out"), found("/none"), found("/../..")]).toEqual([
    "",
    "/app",
    "/app",
    undefined,
    undefined,
    "",
  ]);
  expect(folders.made("fs-0a1b2c3d", "/new")).toBe(join(given, "new"));
  folders.close();
  expect(existsSync(join(given, "new"))).toBe(true);
});

test("a task's own folder is root's, and goes with it; all others go with the stand-in", () => {
  const folders = createFolders(createScenarioBox({ fileSystems: { "fs-0a1b2c3d": {} } }));
  const [disk, shared = ""] = [folders.disk("t"), folders.within("fs-0a1b2c3d", "/")];
  expect(statSync(disk).mode & 0o777).toBe(0o755);
  folders.release("t");
  expect([existsSync(disk), existsSync(shared)]).toEqual([false, true]);
  folders.close();
  expect(existsSync(shared)).toBe(false);
});
