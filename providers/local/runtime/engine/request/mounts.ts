/**
 * Volumes of a task as named volumes of the engine, so that a remote engine works like a local one: nothing is
 * mounted from burstlet's own disk. The sandbox mounts all of them below `/burstlet`: that keeps memory volumes
 * mounted between two containers, and is where files are uploaded.
 *
 * A subPath of an emptyDir is an engine volume of its own, mounted once more inside every mount of the whole. Binding
 * a folder inside a volume that containers can write would let one of them plant a link to the engine's machine
 * there (Kubernetes' CVE-2017-1002101). Pure.
 */
import { posix } from "node:path";
import { ProviderError } from "../../../../../src/provider.ts";
import type { ContainerSpec, TaskSpec, VolumeSpec } from "../../runtime.ts";
import type { Flavour } from "./bodies.ts";

export interface EngineVolume {
  readonly name: string;
  /** Where the sandbox has it. */
  readonly sandboxPath: string;
  /** Set for memory: options of the engine's local driver. */
  readonly options: Readonly<Record<string, string>>;
  readonly files: Extract<VolumeSpec, { kind: "files" }>["files"] | undefined;
}

/** Everything of ours in the sandbox is below this. */
export const sandboxFolder = "/burstlet";

/** One file for each run's termination message. */
export function messageVolume(task: string): EngineVolume {
  return { name: `${task}-messages`, sandboxPath: `${sandboxFolder}/messages`, options: {}, files: undefined };
}

export function engineVolumes(task: string, spec: TaskSpec): readonly EngineVolume[] {
  const volumes = spec.volumes.flatMap((volume, index): EngineVolume[] => {
    const own = (suffix: string, files: EngineVolume["files"]): EngineVolume => ({
      name: `${task}-${index}${suffix}`,
      sandboxPath: `${sandboxFolder}/volumes/${index}${suffix}`,
      options: memoryOptions(volume),
      files,
    });
    if (volume.kind === "files") return [own("", volume.files)];
    return [own("", undefined), ...subPaths(spec, volume.name).map((_path, sub) => own(`-${sub}`, undefined))];
  });
  return [messageVolume(task), ...volumes];
}

/** podman 4.3 takes `size=` for a disk quota and refuses it; `nr_blocks` (of 4 KiB) says the same to the kernel. */
function memoryOptions(volume: VolumeSpec): Record<string, string> {
  if (volume.kind !== "emptyDir" || volume.medium !== "memory") return {};
  const limit = volume.sizeLimit === undefined ? "" : `,nr_blocks=${Math.max(1, Math.ceil(volume.sizeLimit / 4096))}`;
  return { type: "tmpfs", device: "tmpfs", o: `mode=0777${limit}` };
}

/** Of an emptyDir, in all containers; sorted, so that the numbering is the same at each call. */
function subPaths(spec: TaskSpec, volume: string): readonly string[] {
  const mounts = spec.containers.flatMap((container) => container.mounts.filter((mount) => mount.volume === volume));
  const paths = mounts.map((mount) => normal(mount.subPath)).filter((path) => path !== "");
  return [...new Set(paths)].toSorted();
}

/** Where the sandbox has a file of a volume: what lies below a subPath is in that one's own engine volume. */
export function volumeFile(spec: TaskSpec, volume: string, path: string): string {
  const folder = `${sandboxFolder}/volumes/${spec.volumes.findIndex(({ name }) => name === volume)}`;
  const subs = subPaths(spec, volume);
  // The longest one: the others are mounted around it.
  const sub = subs.filter((one) => path.startsWith(`${one}/`)).toSorted((a, b) => b.length - a.length)[0];
  if (sub === undefined) return `${folder}/${path}`;
  return `${folder}-${subs.indexOf(sub)}/${path.slice(sub.length + 1)}`;
}

function normal(path: string | undefined): string {
  return (path ?? "")
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");
}

/**
 * The container's HostConfig.Binds. `folderOf` gives an engine volume's folder on the engine's machine, as the engine
 * tells it: single files can only be mounted from there, and only volumes that containers cannot write are used so.
 */
export function containerBinds(
  task: string,
  spec: TaskSpec,
  container: ContainerSpec,
  folderOf: (volume: string) => string,
): string[] {
  return container.mounts.flatMap((mount) => {
    if (foreign(spec).has(mount.volume)) return [];
    const index = spec.volumes.findIndex((volume) => volume.name === mount.volume);
    const volume = spec.volumes[index];
    if (volume === undefined)
      throw refuse(`container ${container.name} mounts volume ${mount.volume}, which the task has not`);
    const name = `${task}-${index}`;
    const sub = normal(mount.subPath);
    if (sub.split("/").includes(".."))
      throw refuse(`container ${container.name}: subPath ${mount.subPath} leaves the volume`);
    if (volume.kind === "files") {
      if (sub === "") return [`${name}:${mount.path}:ro`];
      if (!volume.files.some(({ path }) => path === sub || path.startsWith(`${sub}/`))) {
        throw refuse(`container ${container.name}: volume ${mount.volume} has no ${sub} for its subPath`);
      }
      return [`${folderOf(name)}/${sub}:${mount.path}:ro`];
    }
    return emptyDirBinds(name, subPaths(spec, mount.volume), sub, mount);
  });
}

/** Volumes that are no volumes of the engine. */
function foreign({ imageVolumes = [], hostPaths = [] }: TaskSpec): ReadonlySet<string> {
  return new Set([...imageVolumes, ...hostPaths].map(({ name }) => name));
}

/** HostConfig.Mounts and more of HostConfig.Binds. `references`: full names of the images that are volumes, by volume. */
export function foreignMounts(
  spec: TaskSpec,
  container: ContainerSpec,
  { references, flavour }: { readonly references: ReadonlyMap<string, string>; readonly flavour: Flavour },
): { readonly mounts: readonly object[]; readonly binds: readonly string[] } {
  const images = container.mounts.flatMap(({ volume, path }) => {
    const reference = references.get(volume);
    if (reference === undefined) return [];
    // podman mounts images read-only, and refuses to be told so.
    return [{ Type: "image", Source: reference, Target: path, ...(flavour === "docker" && { ReadOnly: true }) }];
  });
  const host = container.mounts.flatMap(({ volume, path: target, readOnly, subPath }) => {
    const found = spec.hostPaths?.find(({ name }) => name === volume);
    if (found === undefined) return [];
    return [{ source: posix.join(found.path, normal(subPath)), target, readOnly, create: found.create }];
  });
  // Where a bind finds nothing an engine makes a folder; Docker refuses a mount then.
  const [made, there] = [host.filter(({ create }) => create), host.filter(({ create }) => !create)];
  return {
    mounts: [
      ...images,
      ...there.map(({ source, target, readOnly }) => ({
        Type: "bind",
        Source: source,
        Target: target,
        ReadOnly: readOnly,
      })),
    ],
    binds: made.map(({ source, target, readOnly }) => `${source}:${target}:${readOnly ? "ro" : "rw"}`),
  };
}

/** nocopy: an emptyDir is empty, whatever the image has at that path. */
function emptyDirBinds(
  name: string,
  subs: readonly string[],
  sub: string,
  mount: ContainerSpec["mounts"][number],
): string[] {
  const mode = mount.readOnly ? "ro,nocopy" : "rw,nocopy";
  const own = sub === "" ? name : `${name}-${subs.indexOf(sub)}`;
  const inside = subs.flatMap((other, index) => {
    const relative = sub === "" ? other : other.startsWith(`${sub}/`) ? other.slice(sub.length + 1) : "";
    return relative === "" ? [] : [`${name}-${index}:${mount.path.replace(/\/$/, "")}/${relative}:${mode}`];
  });
  return [`${own}:${mount.path}:${mode}`, ...inside];
}

function refuse(message: string): ProviderError {
  return new ProviderError("invalid", "CreateContainerConfigError", message);
}
