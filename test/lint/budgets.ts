/** What the linter cannot see, because it looks at one file at a time. */
import { posix } from "node:path";
import { roomOf } from "./rooms.ts";

/** With more than this, a folder is no longer read at a glance. */
const filesPerFolder = 12;

/** `paths` from the root of the project; every sentence names a folder or file and what is wrong with it. */
export function overBudget(paths: readonly string[]): readonly string[] {
  const sources = paths.filter(
    (path) => /\.(ts|mjs|go)$/.test(path) && !/(\.test\.ts|\/testing\.ts|_test\.go)$/.test(path),
  );
  const folders = Map.groupBy(sources, (path) => posix.dirname(path));
  const crowded = [...folders]
    .filter(([, files]) => files.length > filesPerFolder)
    .map(
      ([folder, files]) => `${folder} has ${files.length} source files; at most ${filesPerFolder}: split it by subject`,
    );
  const homeless = sources
    .filter((path) => path.startsWith("src/") && roomOf(path) === undefined)
    .map((path) => `${path} lies in no room that test/lint/rooms.ts names`);
  return [...crowded, ...homeless];
}
