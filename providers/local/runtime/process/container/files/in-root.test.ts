import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeMountPoint, resolveInRoot, whyNotExecutable } from "./in-root.ts";

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "burstlet-root-"));
  mkdirSync(join(root, "usr/bin"), { recursive: true });
  symlinkSync("usr/bin", join(root, "bin"));
  symlinkSync("/etc/hidden", join(root, "away"));
  symlinkSync("../../../../../etc", join(root, "up"));
  symlinkSync("loop", join(root, "loop"));
  writeFileSync(join(root, "usr/bin/tool"), "");
  chmodSync(join(root, "usr/bin/tool"), 0o755);
  writeFileSync(join(root, "usr/bin/text"), "", { mode: 0o644 });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("a path inside a root", () => {
  it.for([
    ["/bin/tool", "/usr/bin/tool"],
    ["/away/x", "/etc/hidden/x"],
    ["/up/passwd", "/etc/passwd"],
    ["/../../etc", "/etc"],
    ["relative/./x//y", "/relative/x/y"],
    ["/", ""],
  ] as const)("%s is %s and never outside", ([path, inside]) => {
    expect(resolveInRoot(root, path)).toBe(join(root, inside));
  });

  it("is an error where links go in a circle", () => {
    expect(() => resolveInRoot(root, "/loop")).toThrow("too many levels");
  });
});

it("mount points are made inside the root, directories and files", () => {
  expect(makeMountPoint(root, "/up/file", false)).toBe(join(root, "etc/file"));
  expect(statSync(join(root, "etc/file")).isFile()).toBe(true);
  expect(statSync(makeMountPoint(root, "/bin/deep/er", true)).isDirectory()).toBe(true);
});

describe("a command", () => {
  it.for([
    ["tool", undefined],
    ["/bin/tool", undefined],
    ["./tool", undefined],
    ["none", 'exec: "none": executable file not found in $PATH'],
    ["text", 'exec: "text": executable file not found in $PATH'],
    ["/bin/none", 'exec: "/bin/none": stat /bin/none: no such file or directory'],
    ["./text", 'exec: "./text": permission denied'],
    ["/bin", 'exec: "/bin": is a directory'],
  ] as const)("%s cannot be executed because of %s", ([name, why]) => {
    expect(whyNotExecutable(root, name, "/sbin:/bin", "/usr/bin")).toBe(why);
  });
});
