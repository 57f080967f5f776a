/** What a task's volumes hold, as archives for the sandbox's folder. Pure. */
import type { FilesVolume, TarEntry } from "../../../../../src/provider.ts";
import type { TaskSpec } from "../../runtime.ts";
import type { LiveVolume } from "../record.ts";
import type { LateValues } from "./bodies.ts";
import { firstEntries, freshEntries, liveFolder } from "./live.ts";
import { engineVolumes, sandboxFolder } from "./mounts.ts";

/** Before containers start. `live` as the record has it. */
export function volumeEntries(
  task: string,
  spec: TaskSpec,
  late: LateValues,
  live: Readonly<Record<string, LiveVolume>>,
): TarEntry[] {
  const messages = engineVolumes(task, spec)[0];
  return engineVolumes(task, spec).flatMap((volume): TarEntry[] => {
    const folder = inArchive(volume.sandboxPath);
    // Modes as the kubelet gives them: everybody may write into an emptyDir.
    const root: TarEntry = { path: folder, type: "directory", mode: volume.files === undefined ? 0o777 : 0o755 };
    const name = spec.volumes.find((one) => liveFolder(spec, one.name) === volume.sandboxPath)?.name ?? "";
    const revision = live[name]?.revision ?? 0;
    const files = volume.files === undefined ? [] : firstEntries(folder, volume.files, revision, late);
    const all = [root, ...files];
    return volume.sandboxPath === messages?.sandboxPath ? all : all.map((entry) => ofGroup(entry, spec.fsGroup));
  });
}

/** While containers read it: the volume's new files, beside the old ones. */
export function replacementEntries(
  spec: TaskSpec,
  volume: FilesVolume,
  live: LiveVolume,
  late: LateValues,
): TarEntry[] {
  const folder = inArchive(liveFolder(spec, volume.name));
  return freshEntries(folder, volume.files, live, late).map((entry) => ofGroup(entry, spec.fsGroup));
}

function inArchive(sandboxPath: string): string {
  return sandboxPath.slice(sandboxFolder.length + 1);
}

/** As the kubelet's SetVolumeOwnership (pkg/volume/volume_linux.go): the group reads files, and folders hand it on. */
function ofGroup(entry: TarEntry, gid: number | undefined): TarEntry {
  if (gid === undefined) return entry;
  return { ...entry, gid, mode: entry.mode | (entry.type === "directory" ? 0o2550 : 0o440) };
}
