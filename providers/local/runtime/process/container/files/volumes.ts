import { chmodSync, mkdirSync, rmSync, statSync } from "node:fs";
import { join, normalize } from "node:path";
import { ProviderError } from "../../../../../../src/provider.ts";
import type { ContainerSpec, TaskSpec, VolumeSpec } from "../../../runtime.ts";
import { inside, makeMountPoint, resolveInRoot } from "./in-root.ts";
import { fillFolder } from "./live-folder.ts";
import { bind, type Mount } from "./mounts.ts";
import type { LateValues } from "../text.ts";

/** Directories of a task's volumes under `directory`, filled; returns the mounts of those in memory and of the host's folders. */
export function writeVolumes(
  { volumes, hostPaths = [] }: Pick<TaskSpec, "volumes" | "hostPaths">,
  directory: string,
  late: LateValues,
): readonly Mount[] {
  const mounts: Mount[] = hostPaths.map(({ name, path, create }) => {
    if (create) mkdirSync(path, { recursive: true });
    makeDirectory(volumePath(directory, name), 0o755);
    return bind(path, volumePath(directory, name), false);
  });
  for (const volume of volumes) {
    const path = volumePath(directory, volume.name);
    if (volume.kind === "files") {
      rmSync(path, { recursive: true, force: true });
      makeDirectory(path, 0o755);
      fillFolder(path, volume.files, late, { keepOld: false });
      continue;
    }
    // Everybody may write into an emptyDir, whatever user a container runs as (the kubelet's 0777).
    makeDirectory(path, 0o777);
    if (volume.medium === "disk") continue;
    const size = volume.sizeLimit === undefined ? [] : [`size=${volume.sizeLimit}`];
    mounts.push({ source: "tmpfs", target: path, type: "tmpfs", options: ["nosuid", "nodev", "mode=0777", ...size] });
  }
  return mounts;
}

/** A volume as far as its mounts go. */
type Mounted = Pick<VolumeSpec, "name"> & { readonly kind: VolumeSpec["kind"] | "hostPath" };

/** The new files of a volume that containers may be reading. */
export function replaceFiles(spec: TaskSpec, name: string, directory: string, late: LateValues): void {
  const volume = spec.volumes.find((one) => one.name === name);
  if (volume?.kind !== "files") return;
  const keepOld = spec.containers.some(({ mounts }) => mounts.some((one) => one.volume === name && one.subPath));
  fillFolder(volumePath(directory, name), volume.files, late, { keepOld });
}

/**
 * The mounts of one container, outer paths first, with their mount points made. `view` is the root of the task's
 * mount namespace as seen from here: volumes in memory are mounted only there.
 */
export function planVolumeMounts(
  container: ContainerSpec,
  spec: Pick<TaskSpec, "volumes" | "hostPaths">,
  directory: string,
  root: string,
  view: string,
): readonly Mount[] {
  const volumes: readonly Mounted[] = [
    ...spec.volumes,
    ...(spec.hostPaths ?? []).map(({ name }) => ({ name, kind: "hostPath" }) as const),
  ];
  const made: { path: string; source: string; mount: Mount }[] = [];
  for (const mount of container.mounts.toSorted((a, b) => normalize(a.path).length - normalize(b.path).length)) {
    const volume = volumes.find((candidate) => candidate.name === mount.volume);
    if (volume === undefined)
      throw new ProviderError(
        "invalid",
        "VolumeNotFound",
        `container ${container.name} mounts volume ${mount.volume}, which the pod does not have`,
      );
    const source = findSource(volume, mount.subPath, directory, view);
    const isDirectory = statSync(join(view, source)).isDirectory();
    // A mount point below another volume's mount lies in that volume.
    const outer = made.findLast((candidate) => normalize(mount.path).startsWith(`${candidate.path}/`));
    const target =
      outer === undefined
        ? makeMountPoint(root, mount.path, isDirectory)
        : join(root, makeMountPointBelow(outer, mount.path, isDirectory, view));
    made.push({
      path: normalize(mount.path).replace(/\/$/, ""),
      source,
      mount: bind(source, target, mount.readOnly || volume.kind === "files"),
    });
  }
  return made.map(({ mount }) => mount);
}

function makeMountPointBelow(
  outer: { path: string; source: string },
  path: string,
  isDirectory: boolean,
  view: string,
): string {
  makeMountPoint(join(view, outer.source), normalize(path).slice(outer.path.length), isDirectory);
  return normalize(path);
}

/** Path of the volume, or of the part of it that is mounted, in the task's mount namespace. */
function findSource(volume: Mounted, subPath: string | undefined, directory: string, view: string): string {
  const path = volumePath(directory, volume.name);
  if (subPath === undefined || subPath === "") return path;
  // The container may have planted links in the volume; they must not lead out of it.
  const source = resolveInRoot(join(view, path), inside(subPath));
  if (statSync(source, { throwIfNoEntry: false }) === undefined) {
    if (volume.kind === "files")
      throw new ProviderError(
        "invalid",
        "SubPathNotFound",
        `volume ${volume.name} has no file ${subPath} to mount as subPath`,
      );
    makeDirectory(source, 0o777);
  }
  return source.slice(view.length);
}

export function volumePath(directory: string, name: string): string {
  return join(directory, "volumes", inside(name));
}

function makeDirectory(path: string, mode: number): void {
  mkdirSync(path, { recursive: true });
  chmodSync(path, mode);
}
