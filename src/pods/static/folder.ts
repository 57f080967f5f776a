/** Reads the folder of static pods, as the kubelet does. */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { readManifest, type StaticPod } from "./manifest.ts";

export interface Manifests {
  readonly pods: readonly StaticPod[];
  /** Files that are no manifest; the others count all the same. */
  readonly problems: readonly { readonly file: string; readonly problem: string }[];
}

/** `path`: a folder, or one file. Nothing there is no pod. Rejects when it cannot be read. */
export async function readManifests(path: string, nodeName: string): Promise<Manifests> {
  const pods = new Map<string, StaticPod>();
  const problems: { file: string; problem: string }[] = [];
  for (const file of await filesOf(path)) {
    const found = readManifest(await readFile(file, "utf8"), nodeName);
    if ("problem" in found) problems.push({ file, problem: found.problem });
    else if (pods.has(found.key)) problems.push({ file, problem: `another file has a pod ${found.key} already` });
    else pods.set(found.key, found);
  }
  return { pods: [...pods.values()], problems };
}

async function filesOf(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  const entries = await readdir(path, { withFileTypes: true });
  // Editors keep half a file under a name with a dot.
  const names = entries.filter((entry) => !entry.isDirectory() && !entry.name.startsWith(".")).map(({ name }) => name);
  return names.toSorted().map((name) => join(path, name));
}
