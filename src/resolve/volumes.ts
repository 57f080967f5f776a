/** emptyDir, storage, and the volumes that are files: configMap, secret, downwardAPI, projected. */
import { posix } from "node:path";
import type { Pod, Volume } from "../model/kube.ts";
import type { ResolvedFile, ResolvedVolume } from "../model/resolved-pod.ts";
import { lengthOf } from "../model/secret-text.ts";
import { metadataField, resourceField } from "./downward.ts";
import type { Surroundings } from "./env.ts";
import { objectOf, tokenWant } from "./gather.ts";
import { bytes, parseQuantity } from "./quantity.ts";
import { below, invalid, missing, warning } from "./resolution.ts";
import type { Storage } from "./storage/gather-storage.ts";
import type { Finds, ObjectKind, Where } from "./resolution.ts";

/** `rw-r--r--`: the API's default of every defaultMode. */
const usualMode = 0o644;

/**
 * Characters of all files of a pod; ours. An object of the API holds 1 MiB at most, but a pod can name it ten thousand
 * times.
 */
const mostCharacters = 64 * 1024 * 1024;

type Projection = NonNullable<NonNullable<Volume["projected"]>["sources"]>[number];
type DownwardItem = NonNullable<NonNullable<Volume["downwardAPI"]>["items"]>[number];
type TokenProjection = NonNullable<Projection["serviceAccountToken"]>;

interface ObjectSource {
  readonly name?: string | undefined;
  readonly optional?: boolean | undefined;
  readonly items?: readonly { readonly key: string; readonly path: string; readonly mode?: number }[] | undefined;
}

/** Every volume that can be resolved without knowing the provider; the provider's support table speaks of the others. */
export function* volumesOf(around: Surroundings): Finds<readonly ResolvedVolume[]> {
  const resolved: ResolvedVolume[] = [];
  let left = mostCharacters;
  for (const [index, volume] of (around.pod.spec?.volumes ?? []).entries()) {
    const where = { path: `spec.volumes[${index}]`, volume: volume.name };
    const one = yield* volumeOf(volume, around, where);
    if (one === undefined) continue;
    resolved.push(one);
    left -= one.kind === "files" ? one.files.reduce((sum, { content }) => sum + lengthOf(content), 0) : 0;
    if (left < 0) {
      yield invalid(where, `the files of a pod's volumes are at most ${mostCharacters} characters here`);
      break;
    }
  }
  return resolved;
}

function* volumeOf(volume: Volume, around: Surroundings, where: Where): Finds<ResolvedVolume | undefined> {
  const { name, emptyDir } = volume;
  if (emptyDir) return yield* emptyDirOf(name, emptyDir, below(where, "emptyDir"));
  const storage = around.gathered.storage.get(name);
  if (storage !== undefined) return yield* storageOf(storage, where);
  const files = yield* filesOf(volume, around, where);
  if (files === undefined) return undefined;
  yield* checkFolders(files, where);
  return { name, kind: "files", files: withGroup(files, around.pod) };
}

function* filesOf(volume: Volume, around: Surroundings, where: Where): Finds<readonly ResolvedFile[] | undefined> {
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap) {
    return yield* objectFiles("ConfigMap", configMap, configMap.defaultMode, around, below(where, "configMap"));
  }
  if (secret) {
    const source = { ...secret, name: secret.secretName };
    return yield* objectFiles("Secret", source, secret.defaultMode, around, below(where, "secret"));
  }
  if (downwardAPI) {
    const { items = [], defaultMode } = downwardAPI;
    return yield* downwardFiles(items, defaultMode, around, below(where, "downwardAPI"));
  }
  return projected && (yield* projectedFiles(projected, around, below(where, "projected")));
}

function* storageOf(storage: Storage, where: Where): Finds<ResolvedVolume | undefined> {
  if ("found" in storage) return storage.found;
  const here = below(where, storage.field);
  yield storage.is === "invalid" ? invalid(here, storage.message) : missing(here, storage.message);
  return undefined;
}

function* emptyDirOf(
  name: string,
  { medium = "", sizeLimit }: NonNullable<Volume["emptyDir"]>,
  where: Where,
): Finds<ResolvedVolume | undefined> {
  const limit = sizeLimit === undefined ? undefined : parseQuantity(sizeLimit);
  if (sizeLimit !== undefined && limit === undefined) {
    yield invalid(below(where, "sizeLimit"), `"${sizeLimit}" is no quantity`);
  }
  // Huge pages are another kind of volume.
  if (medium !== "" && medium !== "Memory") return undefined;
  // A limit of 0 is none (pkg/volume/emptydir).
  const size = limit === undefined || limit === 0n ? {} : { sizeLimit: bytes(limit) };
  return { name, kind: "emptyDir", medium: medium === "Memory" ? "memory" : "disk", ...size };
}

/** Later sources win where two have the same path. */
function* projectedFiles(
  { sources = [], defaultMode }: NonNullable<Volume["projected"]>,
  around: Surroundings,
  where: Where,
): Finds<readonly ResolvedFile[]> {
  const files = new Map<string, ResolvedFile>();
  for (const [index, source] of sources.entries()) {
    const more = yield* projectionFiles(source, defaultMode, around, below(where, `sources[${index}]`));
    for (const file of more) files.set(file.path, file);
  }
  return [...files.values()];
}

function* projectionFiles(
  source: Projection,
  mode: number | undefined,
  around: Surroundings,
  where: Where,
): Finds<readonly ResolvedFile[]> {
  const { configMap, secret, downwardAPI, serviceAccountToken } = source;
  if (configMap) return yield* objectFiles("ConfigMap", configMap, mode, around, below(where, "configMap"));
  if (secret) return yield* objectFiles("Secret", secret, mode, around, below(where, "secret"));
  if (downwardAPI) return yield* downwardFiles(downwardAPI.items ?? [], mode, around, below(where, "downwardAPI"));
  if (serviceAccountToken) {
    return yield* tokenFile(serviceAccountToken, mode, around, below(where, "serviceAccountToken"));
  }
  const [kind = "nothing"] = Object.keys(source);
  const known = "configMap, secret, downwardAPI and serviceAccountToken are";
  yield invalid(where, `a projection of ${kind} is not supported: ${known}`);
  return [];
}

function* objectFiles(
  kind: ObjectKind,
  source: ObjectSource,
  defaultMode: number = usualMode,
  around: Surroundings,
  where: Where,
): Finds<readonly ResolvedFile[]> {
  const { entries } = (yield* objectOf(around.gathered, kind, source, where)) ?? {};
  if (entries === undefined) return [];
  const { items = [] } = source;
  const files: ResolvedFile[] = [];
  if (items.length === 0) {
    for (const [key, entry] of entries) files.push({ path: key, mode: defaultMode, ...entry });
  }
  for (const [index, { key, path: itemPath, mode = defaultMode }] of items.entries()) {
    const here = below(where, `items[${index}]`);
    const entry = entries.get(key);
    const path = yield* filePath(itemPath, below(here, "path"));
    if (entry !== undefined) {
      if (path !== undefined) files.push({ path, mode, ...entry });
      continue;
    }
    const words =
      kind === "ConfigMap" ? "configmap references non-existent config key" : "references non-existent secret key";
    if (source.optional === true) yield warning(here, `Optional${kind}KeyNotFound`, `${words}: ${key}`);
    else yield missing(here, `${words}: ${key}`, `Mandatory${kind}KeyNotFound`);
  }
  return lastOfEachPath(files);
}

function* downwardFiles(
  items: readonly DownwardItem[],
  defaultMode: number = usualMode,
  around: Surroundings,
  where: Where,
): Finds<readonly ResolvedFile[]> {
  const files: ResolvedFile[] = [];
  for (const [index, { path: itemPath, mode = defaultMode, fieldRef, resourceFieldRef }] of items.entries()) {
    const here = below(where, `items[${index}]`);
    const path = yield* filePath(itemPath, below(here, "path"));
    let content = "";
    if (fieldRef) content = yield* metadataField(around.pod, fieldRef, below(here, "fieldRef"));
    else if (resourceFieldRef) {
      const { pod, node } = around;
      content = yield* resourceField(pod, node, resourceFieldRef, undefined, below(here, "resourceFieldRef"));
    }
    if (path !== undefined) files.push({ path, mode, content, encoding: "utf8" });
  }
  return lastOfEachPath(files);
}

function* tokenFile(
  projection: TokenProjection,
  defaultMode: number = usualMode,
  around: Surroundings,
  where: Where,
): Finds<readonly ResolvedFile[]> {
  const path = yield* filePath(projection.path, below(where, "path"));
  const answer = around.gathered.token(tokenWant(projection));
  if (answer === undefined) return [];
  if (!("found" in answer)) {
    yield missing(where, `failed to fetch token: ${"failed" in answer ? answer.failed : "not found"}`);
    return [];
  }
  if (path === undefined) return [];
  const user = commonUser(around.pod);
  const owner = user === undefined ? {} : { uid: user };
  const isPrivate = user !== undefined || around.pod.spec?.securityContext?.fsGroup !== undefined;
  const { content } = answer.found;
  return [{ path, mode: isPrivate ? 0o600 : defaultMode, content, encoding: "utf8", ...owner }];
}

/** The user that every container runs as; only then may a token belong to it (pkg/volume/util FsUserFrom). */
function commonUser({ spec }: Pod): number | undefined {
  const { initContainers = [], containers = [], ephemeralContainers = [], securityContext } = spec ?? {};
  const users = new Set(
    [...initContainers, ...containers, ...ephemeralContainers].map(
      (container) => container.securityContext?.runAsUser ?? securityContext?.runAsUser,
    ),
  );
  return users.size === 1 ? [...users][0] : undefined;
}

/** With an fsGroup the kubelet adds `r--r-----` to every file of a read-only volume (pkg/volume/volume_linux.go). */
function withGroup(files: readonly ResolvedFile[], { spec }: Pod): readonly ResolvedFile[] {
  const added = spec?.securityContext?.fsGroup === undefined ? 0 : 0o440;
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  return sorted.map((file) => ({ ...file, mode: file.mode | added }));
}

/** The path inside the volume, or `undefined` after saying why it is none. */
function* filePath(path: string, where: Where): Finds<string | undefined> {
  const fault = faultOf(path);
  if (fault === undefined) return posix.normalize(path).replace(/\/$/, "");
  yield invalid(where, `invalid path: ${fault}`);
  return undefined;
}

/** The rules and words of the kubelet (pkg/volume/util/atomic_writer.go validatePath). */
function faultOf(path: string): string | undefined {
  const steps = path.split("/");
  if (path.startsWith("/")) return `must be relative path: ${path}`;
  if (path.length > 4096) return "must be less than or equal to 4096 characters";
  if (steps.includes("..")) return `must not contain '..': ${path}`;
  if (steps.some((step) => step.length > 255)) return "filenames must be less than or equal to 255 characters";
  if (path.startsWith("..")) return `must not start with '..': ${path}`;
  // `.` is the volume itself.
  if (steps.every((step) => step === "" || step === ".")) return `must not be empty: "${path}"`;
  return undefined;
}

function lastOfEachPath(files: readonly ResolvedFile[]): readonly ResolvedFile[] {
  return [...new Map(files.map((file) => [file.path, file])).values()];
}

/** A path cannot be a file and a folder at once. */
function* checkFolders(files: readonly ResolvedFile[], where: Where): Finds<void> {
  // With the lowest character for the slash, what is in a folder comes right after the folder's own name.
  const paths = files.map(({ path }) => path.replaceAll("/", "\0")).toSorted();
  for (const [index, path] of paths.entries()) {
    const next = paths[index + 1];
    if (next?.startsWith(`${path}\0`) !== true) continue;
    const [file, inside] = [path, next].map((each) => each.replaceAll("\0", "/"));
    yield invalid(where, `"${file}" is a file and cannot be the folder of "${inside}" too`);
  }
}
