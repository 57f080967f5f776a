import { describe, expect, test } from "vitest";
import type { FilesVolume, TarEntry } from "../../../../../src/provider.ts";
import type { TaskSpec } from "../../runtime.ts";
import type { LiveVolume } from "../record.ts";
import { taskSpec, containerSpec } from "../../../../../test/support/tasks/task-specs.ts";
import { lateValues } from "./bodies.ts";
import { begunReplacement, endedReplacement, firstEntries, freshEntries, swapArguments } from "./live.ts";

const late = lateValues([], undefined);
const volume = (...paths: string[]): FilesVolume => ({
  name: "v",
  kind: "files",
  files: paths.map((path) => ({ path, mode: 0o640, content: path, encoding: "utf8" as const })),
});
const specWith = (of: FilesVolume, subPath?: string): TaskSpec => {
  const mounts = [{ volume: "v", path: "/v", readOnly: true, ...(subPath !== undefined && { subPath }) }];
  const other = { name: "other", kind: "emptyDir", medium: "disk" } as const;
  return taskSpec("u", { volumes: [other, of], containers: [containerSpec({ mounts })] });
};
const shown = (entries: readonly TarEntry[]) =>
  entries.map(({ path, type, target }) =>
    type === "link" ? `${path} -> ${target}` : type === "file" ? path : `${path}/`,
  );
const at = "/burstlet/volumes/1";

describe("a volume of files in the engine", () => {
  test("lies behind one link from the start", () => {
    expect(shown(firstEntries("f", volume("a", "x/y/z").files, 3, late))).toEqual([
      "f/..files-3/",
      "f/..files-3/x/",
      "f/..files-3/x/y/",
      "f/..files-3/a",
      "f/..files-3/x/y/z",
      "f/..data -> ..files-3",
      "f/a -> ..data/a",
      "f/x -> ..data/x",
    ]);
  });

  test("gets its new files beside the old ones, with links for new names only", () => {
    const begun = begunReplacement(specWith(volume("a", "gone")), undefined, volume("a", "new"));
    expect(shown(freshEntries("f", volume("a", "new").files, begun, late))).toEqual([
      "f/..files-1/",
      "f/..files-1/a",
      "f/..files-1/new",
      "f/new -> ..data/new",
      "f/..next -> ..files-1",
    ]);
  });

  test("loses the old ones when the new are in place: names that are gone, files, then folders from the inside out", () => {
    const begun = begunReplacement(specWith(volume("a", "x/y/z")), undefined, volume("a"));
    expect(swapArguments(at, begun)).toEqual([
      `${at}/..next`,
      `${at}/..data`,
      `${at}/x`,
      `${at}/..files-0/a`,
      `${at}/..files-0/x/y/z`,
      `${at}/..files-0/x/y`,
      `${at}/..files-0/x`,
      `${at}/..files-0`,
    ]);
  });

  test("keeps old files that may be mounted by subPath", () => {
    const begun = begunReplacement(specWith(volume("a", "b"), "a"), undefined, volume("a"));
    expect(begun.stale).toEqual([`${at}/b`]);
  });

  test("after a replacement that was broken off has nothing missing and nothing left over", () => {
    const first = begunReplacement(specWith(volume("a", "b")), undefined, volume("a", "c"));
    // Nobody knows how far that came: `b` may be gone, `c` may be there.
    const second = begunReplacement(specWith(volume("a", "c")), first, volume("a", "b"));
    expect(second.revision).toBe(2);
    expect(second.links).toEqual(["a"]);
    expect(second.stale).not.toContain(`${at}/b`);
    expect(second.stale).toEqual(
      expect.arrayContaining(["c", "..files-0", "..files-1"].map((path) => `${at}/${path}`)),
    );
    const done: LiveVolume = endedReplacement(second, volume("a", "b"));
    expect(done).toEqual({ revision: 2, links: ["a", "b"], stale: [] });
  });
});
