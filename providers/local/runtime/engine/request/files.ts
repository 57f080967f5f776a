/** What a task's volumes hold when its containers start, as an archive for the sandbox's folder. Pure. */
import type { TarEntry } from "../api/tar.ts";
import type { TaskSpec } from "../../runtime.ts";
import { type LateValues, openText } from "./bodies.ts";
import { engineVolumes, sandboxFolder } from "./mounts.ts";

export function volumeEntries(task: string, spec: TaskSpec, late: LateValues): TarEntry[] {
  const [messages, ...volumes] = engineVolumes(task, spec);
  return [messages, ...volumes].flatMap((volume): TarEntry[] => {
    if (volume === undefined) return [];
    const folder = volume.sandboxPath.slice(sandboxFolder.length + 1);
    // Modes as the kubelet gives them: everybody may write into an emptyDir.
    const root: TarEntry = { path: folder, type: "directory", mode: volume.files === undefined ? 0o777 : 0o755 };
    const files = (volume.files ?? []).map((file): TarEntry => {
      const content = Buffer.from(openText(file.content, late), file.encoding);
      return { path: `${folder}/${file.path}`, type: "file", mode: file.mode, content, uid: file.uid };
    });
    const all = [root, ...foldersOf(folder, volume.files ?? []), ...files];
    return volume === messages ? all : all.map((entry) => ofGroup(entry, spec.fsGroup));
  });
}

/** As the kubelet's SetVolumeOwnership (pkg/volume/volume_linux.go): the group reads files, and folders hand it on. */
function ofGroup(entry: TarEntry, gid: number | undefined): TarEntry {
  if (gid === undefined) return entry;
  return { ...entry, gid, mode: entry.mode | (entry.type === "directory" ? 0o2550 : 0o440) };
}

function foldersOf(folder: string, files: readonly { readonly path: string }[]): TarEntry[] {
  const parents = files.flatMap(({ path }) => {
    const parts = path.split("/").slice(0, -1);
    return parts.map((_part, index) => parts.slice(0, index + 1).join("/"));
  });
  return [...new Set(parents)].map((path) => ({ path: `${folder}/${path}`, type: "directory", mode: 0o755 }));
}
