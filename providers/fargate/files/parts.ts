/** Which volumes of a task stand for those of a pod: ECS mounts whole volumes only, so each folder mounted by subPath is one. Pure. */
import { posix } from "node:path";
import {
  type FilesVolume,
  isAutomountedToken,
  type Pod,
  type ResolvedFile,
  type ResolvedMount,
  type ResolvedPod,
  type ResolvedVolume,
  type StorageVolume,
  writtenContainers,
} from "../../../src/provider.ts";
import { asksForToken } from "./token.ts";

type WrittenVolume = NonNullable<NonNullable<Pod["spec"]>["volumes"]>[number];

/** A volume of the task. */
export interface Part {
  /** In the task. Kubernetes has no underscore in names, so none of its volumes has the name of a folder's. */
  readonly name: string;
  readonly volume: string;
  readonly subPath: string;
  /** `undefined`: what the programs write themselves. */
  readonly files: readonly ResolvedFile[] | undefined;
  /** What is more than the task's own disk. */
  readonly storage: StorageVolume | undefined;
}

/** Those that some container mounts, and emptyDirs as a whole that nobody does. */
export function partsOf(pod: ResolvedPod): readonly Part[] {
  return pod.volumes.flatMap((volume) => {
    if (!isMade(pod, volume)) return [];
    const mounts = pod.containers.flatMap((container) => container.mounts.filter((one) => one.volume === volume.name));
    const paths = [...new Set(mounts.map(subPathOf))].toSorted();
    const whole = volume.kind === "emptyDir" && paths.length === 0 ? [""] : paths;
    return whole.map((subPath, index): Part => ({
      name: subPath === "" ? volume.name : `${volume.name}_${index}`,
      volume: volume.name,
      subPath,
      files: volume.kind === "files" ? below(volume, subPath) : undefined,
      storage: volume.kind === "storage" ? volume : undefined,
    }));
  });
}

export function partOf(parts: readonly Part[], mount: ResolvedMount): Part | undefined {
  const subPath = subPathOf(mount);
  return parts.find((part) => part.volume === mount.volume && part.subPath === subPath);
}

/** The automounted token's volume is left out unless it is asked for. */
function isMade({ pod, annotations }: ResolvedPod, { name }: ResolvedVolume): boolean {
  const written = (pod.spec?.volumes ?? []).find((one) => one.name === name);
  return written === undefined || !isAutomountedToken(written) || asksForToken(annotations);
}

function subPathOf({ subPath = "" }: Pick<ResolvedMount, "subPath">): string {
  return subPath === "" ? "" : posix.normalize(subPath).replace(/\/$/, "").replace(/^\.$/, "");
}

function below({ files }: FilesVolume, subPath: string): readonly ResolvedFile[] {
  if (subPath === "") return files;
  const start = `${subPath}/`;
  return files.flatMap((file) =>
    file.path.startsWith(start) ? [{ ...file, path: file.path.slice(start.length) }] : [],
  );
}

export interface ImpossibleMount {
  /** In the pod: `spec.containers[0].volumeMounts[1]`. */
  readonly path: string;
  /** Is its part said by subPathExpr? */
  readonly expression: boolean;
}

/** Mounts by subPath that no volume of its own can stand for. */
export function impossibleMounts(pod: Pod): readonly ImpossibleMount[] {
  const mounts = writtenContainers(pod).flatMap(({ container, path }) =>
    (container.volumeMounts ?? []).map((mount, index) => ({
      ...mount,
      path: `${path}.volumeMounts[${index}]`,
      // What an expression comes to is known later; two of the same text come to the same.
      part: subPathOf({ subPath: mount.subPath || mount.subPathExpr }),
      isLater: (mount.subPathExpr ?? "") !== "",
    })),
  );
  return mounts.flatMap(({ path, name, part, isLater: expression }) => {
    if (part === "") return [];
    const volume = (pod.spec?.volumes ?? []).find((one) => one.name === name);
    // Of storage what can be is told once it is known what it is.
    if (volume === undefined || volume.csi || volume.persistentVolumeClaim) return [];
    if (!volume.emptyDir) return !expression && isFolderOf(volume, part) ? [] : [{ path, expression }];
    const others = mounts.filter((one) => one.name === name && one.part !== part);
    const isOpen = others.some((one) => expression || one.isLater || overlaps(one.part, part));
    return isOpen ? [{ path, expression }] : [];
  });
}

const overlaps = (one: string, other: string): boolean =>
  one === "" || other === "" || one.startsWith(`${other}/`) || other.startsWith(`${one}/`);

/** Is this path a folder of a volume of files, as its specification says? Keys of objects are files. */
function isFolderOf({ configMap, secret, downwardAPI, projected }: WrittenVolume, path: string): boolean {
  const sources = [...(projected?.sources ?? []), { configMap, secret, downwardAPI }];
  const items = sources.flatMap((source) => [
    ...(source.configMap?.items ?? []),
    ...(source.secret?.items ?? []),
    ...(source.downwardAPI?.items ?? []),
    ...("serviceAccountToken" in source && source.serviceAccountToken ? [source.serviceAccountToken] : []),
  ]);
  return items.some((item) => posix.normalize(item.path).startsWith(`${path}/`));
}

/** Paths within this volume whose files differ from pod to pod of one owner: what the downward API tells. */
export function ownPaths(pod: Pod, volume: string): ReadonlySet<string> {
  return pathsOf(pod, volume, ({ downwardAPI }) => downwardAPI?.items ?? []);
}

/** Paths of tokens, of which every pod has its own. */
export function tokenPaths(pod: Pod, volume: string): ReadonlySet<string> {
  return pathsOf(pod, volume, ({ serviceAccountToken }) => (serviceAccountToken ? [serviceAccountToken] : []));
}

type Source = NonNullable<NonNullable<WrittenVolume["projected"]>["sources"]>[number];

function pathsOf(
  { spec }: Pod,
  name: string,
  pick: (source: Source) => readonly { readonly path: string }[],
): ReadonlySet<string> {
  const volume = (spec?.volumes ?? []).find((one) => one.name === name);
  const { downwardAPI, projected } = volume ?? {};
  const sources = [...(projected?.sources ?? []), ...(downwardAPI ? [{ downwardAPI }] : [])];
  return new Set(sources.flatMap((source) => pick(source).map(({ path }) => posix.normalize(path).replace(/\/$/, ""))));
}
