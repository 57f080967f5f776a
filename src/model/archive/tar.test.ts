import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { firstFile, packTar } from "./tar.ts";

it("writes archives that tar unpacks: contents, modes, folders, links and long names", () => {
  const folder = mkdtempSync(join(tmpdir(), "burstlet-tar-"));
  try {
    const long = `${"deep/".repeat(30)}ünder`;
    const file = (path: string, mode: number, text: string) => ({
      path,
      type: "file" as const,
      mode,
      content: Buffer.from(text),
    });
    const archive = packTar([
      { path: "d", type: "directory", mode: 0o777 },
      file("d/a", 0o640, "text"),
      file(long, 0o644, "x".repeat(1000)),
      file("empty", 0o666, ""),
      { path: "link", type: "link", mode: 0o777, target: "d/a" },
      { path: `${long}-link`, type: "link", mode: 0o777, target: `../${long}` },
    ]);
    execFileSync("tar", ["-xpf", "-", "-C", folder], { input: archive });
    expect(readFileSync(join(folder, "d/a"), "utf8")).toBe("text");
    expect(readFileSync(join(folder, long), "utf8")).toHaveLength(1000);
    expect(readFileSync(join(folder, "link"), "utf8")).toBe("text");
    expect(readlinkSync(join(folder, `${long}-link`))).toBe(`../${long}`);
    expect([
      statSync(join(folder, "d")).mode & 0o777,
      statSync(join(folder, "d/a")).mode & 0o777,
      statSync(join(folder, "empty")).mode & 0o777,
    ]).toEqual([0o777, 0o640, 0o666]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it("finds the first file again, also behind a folder and a long name, and keeps its last bytes", () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, maxLength: 300, unit: fc.constantFrom("a", "b", "/") }),
      fc.uint8Array({ maxLength: 1500 }),
      fc.nat(2000),
      (path, bytes, limit) => {
        const archive = packTar([
          { path: "folder", type: "directory", mode: 0o755 },
          { path, type: "file", mode: 0o644, content: Buffer.from(bytes) },
        ]);
        expect(firstFile(archive, limit)?.toString("hex")).toBe(
          Buffer.from(limit === 0 ? [] : bytes.slice(-limit)).toString("hex"),
        );
      },
    ),
  );
  expect(firstFile(packTar([]), 10)).toBeUndefined();
});
