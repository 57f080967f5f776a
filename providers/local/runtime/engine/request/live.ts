/**
 * A volume of files in the engine, laid out as the kubelet's AtomicWriter does it (pkg/volume/util/atomic_writer.go):
 * the files in a folder `..files-<revision>`, `..data` a link to it, each name at the top a link through `..data`. New
 * files are uploaded beside the old ones, then `/swap` of our own image, in the sandbox, renames a new link over `..data`
 * and removes what is old: an engine's archive endpoint can do neither. Pure.
 */
import type { FilesVolume, TarEntry } from "../../../../../src/provider.ts";
import type { TaskSpec } from "../../runtime.ts";
import type { LiveVolume } from "../record.ts";
import { type LateValues, openText } from "./bodies.ts";
import { sandboxFolder } from "./mounts.ts";

const current = "..data";
const next = "..next";

type Files = FilesVolume["files"];

/** Where the sandbox has the volume. */
export function liveFolder(spec: TaskSpec, volume: string): string {
  return `${sandboxFolder}/volumes/${spec.volumes.findIndex(({ name }) => name === volume)}`;
}

/** A volume that nobody reads yet, below `folder` of the archive. */
export function firstEntries(folder: string, files: Files, revision: number, late: LateValues): TarEntry[] {
  return [
    ...filesOfRevision(folder, files, revision, late),
    link(`${folder}/${current}`, folderOf(revision)),
    ...names(files).map((name) => link(`${folder}/${name}`, `${current}/${name}`)),
  ];
}

/** What is uploaded beside the old files. */
export function freshEntries(folder: string, files: Files, live: LiveVolume, late: LateValues): TarEntry[] {
  const missing = names(files).filter((name) => !live.links.includes(name));
  return [
    ...filesOfRevision(folder, files, live.revision, late),
    ...missing.map((name) => link(`${folder}/${name}`, `${current}/${name}`)),
    link(`${folder}/${next}`, folderOf(live.revision)),
  ];
}

/** The arguments of `/swap`. */
export function swapArguments(folder: string, { stale }: LiveVolume): string[] {
  return [`${folder}/${next}`, `${folder}/${current}`, ...stale];
}

/** What is to be noted before the files of this volume are replaced: a crash on the way loses nothing of it. */
export function begunReplacement(spec: TaskSpec, before: LiveVolume | undefined, volume: FilesVolume): LiveVolume {
  const old = spec.volumes.find(({ name }) => name === volume.name);
  const oldFiles = old?.kind === "files" ? old.files : [];
  const { revision, links, stale } = before ?? { revision: 0, links: names(oldFiles), stale: [] };
  const folder = liveFolder(spec, volume.name);
  const wanted = names(volume.files);
  // Also those of a replacement that was broken off: they may be there.
  const known = new Set([...links, ...names(oldFiles)]);
  const gone = [...known].filter((name) => !wanted.includes(name)).map((name) => `${folder}/${name}`);
  const kept = wanted.map((name) => `${folder}/${name}`);
  // A folder that is mounted by subPath would lose its files.
  const isPinned = spec.containers.some(({ mounts }) =>
    mounts.some((one) => one.volume === volume.name && one.subPath),
  );
  const oldPaths = isPinned ? [] : pathsOf(`${folder}/${folderOf(revision)}`, oldFiles);
  const all = new Set([...stale.filter((path) => !kept.includes(path)), ...gone, ...oldPaths]);
  return { revision: revision + 1, links: links.filter((name) => wanted.includes(name)), stale: [...all] };
}

export function endedReplacement({ revision }: LiveVolume, { files }: FilesVolume): LiveVolume {
  return { revision, links: names(files), stale: [] };
}

function filesOfRevision(folder: string, files: Files, revision: number, late: LateValues): TarEntry[] {
  const own = `${folder}/${folderOf(revision)}`;
  return [
    directory(own),
    ...foldersOf(files).map((path) => directory(`${own}/${path}`)),
    ...files.map((file): TarEntry => {
      const content = Buffer.from(openText(file.content, late), file.encoding);
      return { path: `${own}/${file.path}`, type: "file", mode: file.mode, content, uid: file.uid };
    }),
  ];
}

/** Files first, then folders from the inside out. */
function pathsOf(own: string, files: Files): string[] {
  const folders = foldersOf(files).toReversed();
  return [...files.map(({ path }) => `${own}/${path}`), ...folders.map((path) => `${own}/${path}`), own];
}

const folderOf = (revision: number): string => `..files-${revision}`;
const directory = (path: string): TarEntry => ({ path, type: "directory", mode: 0o755 });
const link = (path: string, target: string): TarEntry => ({ path, type: "link", mode: 0o777, target });

/** At the top of the volume. */
function names(files: Files): string[] {
  return [...new Set(files.map(({ path }) => path.split("/")[0] ?? ""))];
}

/** Outer ones first. */
function foldersOf(files: Files): string[] {
  const parents = files.flatMap(({ path }) => {
    const parts = path.split("/").slice(0, -1);
    return parts.map((_part, index) => parts.slice(0, index + 1).join("/"));
  });
  return [...new Set(parents)];
}
