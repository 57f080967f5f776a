/**
 * The folder of a volume whose files may be replaced while containers read them, as the kubelet's AtomicWriter lays it
 * out (pkg/volume/util/atomic_writer.go): the files are in a folder of their own, `..data` is a link to it, and each
 * name at the top is a link through `..data`. Whoever reads finds the old files or, after one rename, the new ones.
 */
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import type { VolumeSpec } from "../../../runtime.ts";
import { plain, type LateValues } from "../text.ts";
import { inside } from "./in-root.ts";

type Files = Extract<VolumeSpec, { kind: "files" }>["files"];

const current = "..data";
const next = "..next";

/** `keepOld`: what is mounted from the old files by subPath stays as it is. */
export function fillFolder(folder: string, files: Files, late: LateValues, { keepOld }: { keepOld: boolean }): void {
  const fresh = mkdtempSync(join(folder, "..files-"));
  chmodSync(fresh, 0o755);
  for (const file of files) writeFile(fresh, file, late);
  const names = new Set(files.map(({ path }) => inside(path).split("/")[0] ?? ""));
  const present = readdirSync(folder);
  for (const name of names) if (!present.includes(name)) symlinkSync(join(current, name), join(folder, name));
  rmSync(join(folder, next), { force: true });
  symlinkSync(basename(fresh), join(folder, next));
  renameSync(join(folder, next), join(folder, current));
  for (const name of present) {
    if ([current, next, basename(fresh)].includes(name) || names.has(name)) continue;
    const path = join(folder, name);
    if (lstatSync(path).isSymbolicLink()) rmSync(path);
    // What else is at the top is a mount point inside of this volume.
    else if (name.startsWith("..") && !keepOld) rmSync(path, { recursive: true, force: true });
  }
}

function writeFile(folder: string, file: Files[number], late: LateValues): void {
  const path = join(folder, inside(file.path));
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  writeFileSync(path, Buffer.from(plain(file.content, late), file.encoding), { mode: 0o600 });
  chmodSync(path, file.mode & 0o777);
  if (file.uid !== undefined && process.getuid?.() === 0) chownSync(path, file.uid, 0);
}
