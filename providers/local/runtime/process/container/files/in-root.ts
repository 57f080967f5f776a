/** Paths as a process inside another root sees them: links never lead out of that root. */
import { lstatSync, mkdirSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, normalize, resolve } from "node:path";
import { ProviderError } from "../../../../../../src/provider.ts";

/** As the kernel: MAXSYMLINKS. */
const maxLinks = 40;

/** The path outside of `path` inside `root`, links followed. What does not exist is taken as it is written. */
export function resolveInRoot(root: string, path: string): string {
  const todo = path.split("/").toReversed();
  let done: string[] = [];
  let links = 0;
  for (let part = todo.pop(); part !== undefined; part = todo.pop()) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      done.pop();
      continue;
    }
    const here = join(root, ...done, part);
    if (lstatSync(here, { throwIfNoEntry: false })?.isSymbolicLink() !== true) {
      done.push(part);
      continue;
    }
    links += 1;
    if (links > maxLinks) throw new Error(`${path}: too many levels of symbolic links`);
    const target = readlinkSync(here);
    if (target.startsWith("/")) done = [];
    todo.push(...target.split("/").toReversed());
  }
  return join(root, ...done);
}

/** The path within its volume, or `invalid` for one that leads out of it. */
export function inside(path: string): string {
  const normal = normalize(path);
  if (normal.startsWith("/") || normal.split("/").includes(".."))
    throw new ProviderError("invalid", "PathOutside", `path ${JSON.stringify(path)} leads out of its volume`);
  return normal;
}

/** Makes sure that something can be mounted on `path` inside `root`: a directory, or an empty file. */
export function makeMountPoint(root: string, path: string, directory: boolean): string {
  const target = resolveInRoot(root, path);
  mkdirSync(directory ? target : dirname(target), { recursive: true, mode: 0o755 });
  if (!directory && statSync(target, { throwIfNoEntry: false }) === undefined)
    writeFileSync(target, "", { mode: 0o666 });
  return target;
}

/**
 * Why a command cannot be executed, in the container runtimes' words, or `undefined` when it can.
 * `root` is the container's root as seen from here, `cwd` and PATH are the container's.
 */
export function whyNotExecutable(root: string, name: string, pathVariable: string, cwd: string): string | undefined {
  const quoted = `exec: ${JSON.stringify(name)}`;
  if (!name.includes("/")) {
    const found = pathVariable.split(":").some((directory) => check(root, resolve(cwd, directory, name)) === undefined);
    return found ? undefined : `${quoted}: executable file not found in $PATH`;
  }
  const path = resolve(cwd, name);
  const problem = check(root, path);
  return problem === undefined
    ? undefined
    : `${quoted}: ${problem === "missing" ? `stat ${path}: no such file or directory` : problem}`;
}

function check(root: string, path: string): "missing" | "is a directory" | "permission denied" | undefined {
  const found = statSync(resolveInRoot(root, path), { throwIfNoEntry: false });
  if (found === undefined) return "missing";
  if (found.isDirectory()) return "is a directory";
  return (found.mode & 0o111) === 0 ? "permission denied" : undefined;
}
