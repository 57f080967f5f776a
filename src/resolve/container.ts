import { posix } from "node:path";
import type { Container, Pod } from "../model/kube.ts";
import type { ResolvedContainer, ResolvedMount, ResolvedVolume } from "../model/resolved-pod.ts";
import { lengthOf, type Text } from "../model/secret-text.ts";
import type { ContainerKind } from "../model/task-state.ts";
import { resolvedResources } from "./downward.ts";
import { environmentOf, expanded, referenceTo, type Environment, type Surroundings } from "./env.ts";
import { mostCharacters } from "../model/text/expand.ts";
import { below, invalid, missing, type Finds, type Where } from "./resolution.ts";

type VolumeMount = NonNullable<Container["volumeMounts"]>[number];

/** For the pod as a whole; ours, because each of a thousand containers could ask for what one process may have. */
const mostOfAll = 4 * mostCharacters;

/** Init containers and sidecars in order, then the main containers. */
export function* containersOf(
  around: Surroundings,
  volumes: readonly ResolvedVolume[],
): Finds<readonly ResolvedContainer[]> {
  const { initContainers = [], containers = [] } = around.pod.spec ?? {};
  const rows = [
    ...initContainers.map((container, index) => {
      const kind = container.restartPolicy === "Always" ? "sidecar" : "init";
      return { container, kind, path: `spec.initContainers[${index}]` } as const;
    }),
    ...containers.map((container, index) => ({ container, kind: "main", path: `spec.containers[${index}]` }) as const),
  ];
  const resolved: ResolvedContainer[] = [];
  let left = mostOfAll;
  for (const { container, kind, path } of rows) {
    const where = { path, container: container.name };
    const one = yield* containerOf(container, kind, around, volumes, where);
    resolved.push(one);
    left -= sizeOf(one);
    if (left < 0) {
      yield invalid(where, `environments, commands and args of one pod are at most ${mostOfAll} characters here`);
      break;
    }
  }
  return resolved;
}

function sizeOf({ env, command = [], args = [] }: ResolvedContainer): number {
  const texts = [...env.map(({ value }) => value), ...command, ...args];
  return texts.reduce((sum, text) => sum + lengthOf(text), 0);
}

function* containerOf(
  container: Container,
  kind: ContainerKind,
  around: Surroundings,
  volumes: readonly ResolvedVolume[],
  where: Where,
): Finds<ResolvedContainer> {
  const environment = yield* environmentOf(container, around, where);
  const { image = "", command = [], args = [], ports = [], workingDir } = container;
  if (image === "") yield invalid(below(where, "image"), `container "${container.name}" names no image`);
  return {
    name: container.name,
    kind,
    image,
    imagePullPolicy:
      (container.imagePullPolicy as ResolvedContainer["imagePullPolicy"] | undefined) ?? pullPolicy(image),
    command: yield* wordsOf(command, environment, below(where, "command")),
    args: yield* wordsOf(args, environment, below(where, "args")),
    workingDir: workingDir === "" ? undefined : workingDir,
    env: [...environment].map(([name, value]) => ({ name, value })),
    mounts: yield* mountsOf(container, around.pod, environment, volumes, where),
    ports: ports.map(({ containerPort, protocol = "TCP" }) => ({
      containerPort,
      protocol: protocol as "TCP" | "UDP" | "SCTP",
    })),
    resources: yield* resolvedResources(container, below(where, "resources")),
    terminationMessagePath: container.terminationMessagePath ?? "/dev/termination-log",
    terminationMessagePolicy:
      container.terminationMessagePolicy === "FallbackToLogsOnError" ? "FallbackToLogsOnError" : "File",
    stdin: container.stdin === true,
    stdinOnce: container.stdinOnce === true,
    tty: container.tty === true,
  };
}

function* wordsOf(
  words: readonly string[],
  environment: Environment,
  where: Where,
): Finds<readonly Text[] | undefined> {
  if (words.length === 0) return undefined;
  const values: Text[] = [];
  let left = mostCharacters;
  for (const [index, word] of words.entries()) {
    const value = yield* expanded(word, (name) => referenceTo(name, environment), left, below(where, `[${index}]`));
    if (value === undefined) return undefined;
    values.push(value);
    left -= lengthOf(value);
  }
  return values;
}

/** The API's default, for pods that did not come through the API: a tag that moves is always pulled. */
function pullPolicy(image: string): ResolvedContainer["imagePullPolicy"] {
  const tag = /:([^/:]+)$/.exec(image)?.[1] ?? "latest";
  return tag === "latest" ? "Always" : "IfNotPresent";
}

function* mountsOf(
  { name: containerName, volumeMounts = [] }: Container,
  { spec }: Pod,
  environment: Environment,
  volumes: readonly ResolvedVolume[],
  where: Where,
): Finds<readonly ResolvedMount[]> {
  const mounts: ResolvedMount[] = [];
  for (const [index, mount] of volumeMounts.entries()) {
    const here = below(where, `volumeMounts[${index}]`);
    if (spec?.volumes?.some(({ name }) => name === mount.name) !== true) {
      yield invalid(here, `cannot find volume "${mount.name}" to mount into container "${containerName}"`);
    }
    const subPath = yield* subPathOf(mount, environment, here);
    // Nobody can write into what the API holds, so the kubelet mounts it read-only whatever the pod says.
    const fixed = volumes.some((volume) => volume.name === mount.name && isReadOnly(volume));
    const path = mount.mountPath.startsWith("/") ? mount.mountPath : `/${mount.mountPath}`;
    const sub = subPath === undefined ? {} : { subPath };
    mounts.push({ volume: mount.name, path, readOnly: mount.readOnly === true || fixed, ...sub });
  }
  return mounts;
}

function isReadOnly(volume: ResolvedVolume): boolean {
  return volume.kind === "files" || (volume.kind === "storage" && volume.readOnly);
}

function* subPathOf(mount: VolumeMount, environment: Environment, where: Where): Finds<string | undefined> {
  const { subPath = "", subPathExpr = "" } = mount;
  if (subPathExpr === "")
    return subPath === "" ? undefined : yield* checkSubPath(subPath, below(where, "subPath"), invalid);
  const here = below(where, "subPathExpr");
  const unset: string[] = [];
  const lookup = (name: string) => {
    const value = environment.get(name);
    if (value === undefined || value === "") unset.push(name);
    return value;
  };
  const path = yield* expanded(subPathExpr, lookup, mostCharacters, here);
  // Annotations, labels and ConfigMaps can change, so everything but the expression itself may still come right.
  if (unset.length > 0) {
    yield missing(here, `missing value for ${unset.toSorted().join(", ")}`);
    return undefined;
  }
  if (path === undefined) return undefined;
  if (typeof path === "string") return yield* checkSubPath(path, here, missing);
  const what = "a value from a Secret or a file, or an address that only the running task knows";
  yield invalid(here, `subPathExpr contains ${what}, and none of these can be part of a path here`);
  return undefined;
}

function* checkSubPath(
  subPath: string,
  where: Where,
  verdict: typeof invalid | typeof missing,
): Finds<string | undefined> {
  if (subPath.startsWith("/")) {
    yield verdict(where, `error SubPath \`${subPath}\` must not be an absolute path`);
    return undefined;
  }
  if (subPath.split("/").includes("..")) {
    yield verdict(where, `unable to provision SubPath \`${subPath}\`: must not contain '..'`);
    return undefined;
  }
  const normal = posix.normalize(subPath).replace(/\/$/, "");
  return normal === "." ? undefined : normal;
}
