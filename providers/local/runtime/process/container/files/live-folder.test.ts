import { mkdtempSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SecretText } from "../../../../../../src/provider.ts";
import { fillFolder } from "./live-folder.ts";

const late = { podIP: "", podIPs: "", hostIP: "", hostIPs: "" };
let above: string;
let folder: string;
beforeEach(() => {
  above = mkdtempSync(join(tmpdir(), "burstlet-live-"));
  folder = join(above, "volume");
  mkdirSync(folder);
});
afterEach(() => rmSync(above, { recursive: true, force: true }));

const fill = (files: Readonly<Record<string, string>>, keepOld = false): void =>
  fillFolder(
    folder,
    Object.entries(files).map(([path, content]) => ({ path, mode: 0o640, content, encoding: "utf8" as const })),
    late,
    { keepOld },
  );
const shown = (): string[] => readdirSync(folder).filter((name) => !name.startsWith(".."));
const read = (path: string): string => readFileSync(join(folder, path), "utf8");

test("files lie behind one link, with their modes", () => {
  fill({ a: "1", "x/y/z": "2" });
  expect(shown()).toEqual(["a", "x"]);
  expect(readlinkSync(join(folder, "a"))).toBe("..data/a");
  expect([read("a"), read("x/y/z")]).toEqual(["1", "2"]);
  expect(statSync(join(folder, "a")).mode & 0o777).toBe(0o640);
  expect(statSync(join(folder, "..data")).mode & 0o777).toBe(0o755);
});

test("another content takes the place of the one before, and nothing of that is left", () => {
  fill({ a: "1", gone: "1", "x/gone": "1" });
  fill({ a: "2", new: "2", "x/new": "2" });
  expect(shown()).toEqual(["a", "new", "x"]);
  expect([read("a"), read("new"), readdirSync(join(folder, "x"))]).toEqual(["2", "2", ["new"]]);
  expect(readdirSync(folder).filter((name) => name.startsWith(".."))).toHaveLength(2);
  fill({});
  expect(shown()).toEqual([]);
});

test("what is held open or mounted from the old files stays when it is asked for", () => {
  fill({ "x/a": "1" });
  const old = join(folder, readlinkSync(join(folder, "..data")), "x/a");
  fill({ "x/a": "2" }, true);
  expect([readFileSync(old, "utf8"), read("x/a")]).toEqual(["1", "2"]);
  fill({ "x/a": "3" });
  expect(existsSync(old)).toBe(false);
});

test("a mount point inside of the volume stays", () => {
  fill({ a: "1" });
  mkdirSync(join(folder, "mounted"));
  fill({ a: "2" });
  expect(shown()).toEqual(["a", "mounted"]);
});

test("what an interrupted change left behind is in nobody's way", () => {
  fill({ a: "1" });
  mkdirSync(join(folder, "..files-half"));
  fill({ a: "2" });
  expect(read("a")).toBe("2");
  expect(readdirSync(folder)).not.toContain("..files-half");
});

test.for(["../out", "/etc/out", "a/../../out", "..", "x/../../../out"])(
  "a path that leads out of the volume is refused before anything is written: %s",
  (path) => {
    const content = new SecretText("hush");
    expect(() =>
      fillFolder(folder, [{ path, mode: 0o644, content, encoding: "utf8" }], late, { keepOld: false }),
    ).toThrow(/leads out of its volume/);
    expect(readdirSync(above)).toEqual(["volume"]);
    expect(existsSync("/etc/out")).toBe(false);
  },
);

test("a file of a user's own belongs to that user, where burstlet may give it away", () => {
  const file = { path: "token", mode: 0o600, content: "t", encoding: "utf8", uid: 1234 } as const;
  fillFolder(folder, [file], late, { keepOld: false });
  const own = process.getuid?.() ?? 0;
  expect(statSync(join(folder, "token")).uid).toBe(own === 0 ? 1234 : own);
});
