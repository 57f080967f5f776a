import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync } from "node:fs";
import { basename, join } from "node:path";
import { resolveInRoot } from "./in-root.ts";
import { volumePath } from "./volumes.ts";

/**
 * A regular file of a task's volume as containers have left it, at most `most` bytes; `undefined` where there is none.
 * `view`: the root of the task's mount namespace, as seen from here. No link leads out of the volume, also not one that is
 * planted meanwhile: what was opened says where it is.
 */
export function readVolumeFile(
  { directory, view, volume, path }: { directory: string; view: string; volume: string; path: string },
  most: number,
): Buffer | undefined {
  const root = volumePath(directory, volume);
  const file = resolveInRoot(join(view, root), path);
  const opened = openOrAbsent(file);
  if (opened === undefined) return undefined;
  try {
    const inVolume = file.slice(join(view, directory).length);
    if (!readlinkSync(`/proc/self/fd/${opened}`).endsWith(`/${basename(directory)}${inVolume}`))
      throw new Error("it was moved while it was opened");
    const found = fstatSync(opened);
    if (!found.isFile()) throw new Error("it is no regular file");
    if (found.size > most) throw new Error(`it is longer than ${most} bytes`);
    const bytes = Buffer.alloc(found.size);
    return bytes.subarray(0, readSync(opened, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(opened);
  }
}

function openOrAbsent(file: string): number | undefined {
  try {
    return openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}
