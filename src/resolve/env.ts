/** The environment of one container, in the kubelet's order (pkg/kubelet/kubelet_pods.go makeEnvironmentVariables). */
import { posix } from "node:path";
import type { Container, Pod } from "../model/kube.ts";
import { Late, lengthOf, type Text } from "../model/secret-text.ts";
import { envField, resourceField } from "./downward.ts";
import { expand, mostCharacters } from "../model/text/expand.ts";
import { objectOf, type DataObject, type Entry, type Gathered } from "./gather.ts";
import { below, invalid, missing, warning } from "./resolution.ts";
import type { Finds, ObjectKind, ResolveNode, Where } from "./resolution.ts";

export type Environment = ReadonlyMap<string, Text>;

/** Everything that the resolving of one pod looks at. */
export interface Surroundings {
  readonly pod: Pod;
  readonly node: ResolveNode;
  readonly gathered: Gathered;
  readonly serviceVariables: ReadonlyMap<string, string>;
}

type EnvFrom = NonNullable<Container["envFrom"]>[number];
type EnvVar = NonNullable<Container["env"]>[number];
type ValueFrom = NonNullable<EnvVar["valueFrom"]>;

/**
 * First envFrom (later entries win), then env (which wins over envFrom), then the service variables that are not
 * set yet. A value sees what is set so far and the service variables, never a later variable.
 */
export function* environmentOf(container: Container, around: Surroundings, where: Where): Finds<Environment> {
  const environment = new Map<string, Text>();
  for (const [index, source] of (container.envFrom ?? []).entries()) {
    yield* addAll(environment, source, around.gathered, below(where, `envFrom[${index}]`));
  }
  const lookup = (name: string) => referenceTo(name, environment) ?? around.serviceVariables.get(name);
  let left = mostCharacters;
  for (const [index, variable] of (container.env ?? []).entries()) {
    const here = below(where, `env[${index}]`);
    yield* checkName(variable.name, below(here, "name"));
    const { value = "", valueFrom } = variable;
    const isWritten = value !== "" || valueFrom === undefined;
    const resolved = isWritten
      ? yield* expanded(value, lookup, left, below(here, "value"))
      : yield* valueOf(valueFrom, container, around, lookup(variable.name), below(here, "valueFrom"));
    if (resolved === undefined) continue;
    environment.set(variable.name, resolved);
    left -= lengthOf(resolved);
  }
  for (const [name, value] of around.serviceVariables) {
    if (!environment.has(name)) environment.set(name, value);
  }
  return environment;
}

/** The value of a variable where `$(NAME)` stands, which stays as written where an optional one is not in its file. */
export function referenceTo(name: string, environment: Environment): Text | undefined {
  const value = environment.get(name);
  const [part, ...more] = value instanceof Late ? value.parts : [];
  if (typeof part !== "object" || !("file" in part) || more.length > 0) return value;
  return new Late([{ ...part, unset: part.unset ?? `$(${name})` }]);
}

/** The text with its references replaced, or `undefined` after saying why no process can be given it. */
export function* expanded(
  text: string,
  lookup: (name: string) => Text | undefined,
  limit: number,
  where: Where,
): Finds<Text | undefined> {
  if (text.includes("\0")) yield invalid(where, "contains a NUL byte, which no process can be given");
  const value = expand(text, lookup, limit);
  if (value === undefined) {
    const most = `${mostCharacters} characters are the most that Linux gives a process`;
    yield invalid(where, `environment, command and args are too long once $(NAME) is replaced: ${most}`);
  }
  return value;
}

function* addAll(environment: Map<string, Text>, source: EnvFrom, gathered: Gathered, where: Where): Finds<void> {
  const { configMapRef, secretRef, prefix = "" } = source;
  const [kind, ref, field] = configMapRef
    ? (["ConfigMap", configMapRef, "configMapRef"] as const)
    : (["Secret", secretRef ?? {}, "secretRef"] as const);
  const here = below(where, field);
  const object = yield* objectOf(gathered, kind, ref, here);
  for (const [key, entry] of object?.entries ?? []) {
    // binaryData of a ConfigMap is for volumes only.
    if (kind === "ConfigMap" && entry.encoding === "base64") continue;
    yield* checkName(prefix + key, below(where, "prefix"));
    yield* checkText(entry, key, kind, nameIn(gathered, ref), here);
    environment.set(prefix + key, entry.content);
  }
}

/**
 * The value, or `undefined` when the variable is not set at all: an optional source is missing, or a problem was told.
 * `before`: the value that it has so far.
 */
function* valueOf(
  source: ValueFrom,
  own: Container,
  around: Surroundings,
  before: Text | undefined,
  where: Where,
): Finds<Text | undefined> {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = source;
  if (fieldRef) return yield* envField(around.pod, around.node, fieldRef, below(where, "fieldRef"));
  if (resourceFieldRef) {
    return yield* resourceField(around.pod, around.node, resourceFieldRef, own, below(where, "resourceFieldRef"));
  }
  if (configMapKeyRef) {
    return yield* keyOf(around.gathered, "ConfigMap", configMapKeyRef, below(where, "configMapKeyRef"));
  }
  if (secretKeyRef) return yield* keyOf(around.gathered, "Secret", secretKeyRef, below(where, "secretKeyRef"));
  if (fileKeyRef) return yield* fromFile(fileKeyRef, around.pod, before, below(where, "fileKeyRef"));
  return undefined;
}

/** What the API server has checked of other pods than those of files (pkg/apis/core/validation validateFileKeyRefVolumes). */
function* fromFile(
  { volumeName: volume, path, key, optional = false }: NonNullable<ValueFrom["fileKeyRef"]>,
  { spec }: Pod,
  before: Text | undefined,
  where: Where,
): Finds<Text | undefined> {
  if (spec?.volumes?.find(({ name }) => name === volume)?.emptyDir === undefined) {
    yield invalid(below(where, "volumeName"), `the pod has no emptyDir volume called ${volume}`);
    return undefined;
  }
  if (path.split("/").includes("..")) {
    yield invalid(below(where, "path"), `must not contain '..': ${path}`);
    return undefined;
  }
  return new Late([{ file: { volume, path: posix.join("/", path).slice(1), key, optional }, unset: before }]);
}

interface KeyRef {
  readonly name?: string;
  readonly key: string;
  readonly optional?: boolean;
}

function* keyOf(gathered: Gathered, kind: ObjectKind, ref: KeyRef, where: Where): Finds<Text | undefined> {
  const object: DataObject | undefined = yield* objectOf(gathered, kind, ref, where);
  if (object === undefined) return undefined;
  const entry = object.entries.get(ref.key);
  if (entry === undefined || (kind === "ConfigMap" && entry.encoding === "base64")) {
    const message = `couldn't find key ${ref.key} in ${kind} ${nameIn(gathered, ref)}`;
    if (ref.optional === true) yield warning(where, `Optional${kind}KeyNotFound`, message);
    else yield missing(where, message, `Mandatory${kind}KeyNotFound`);
    return undefined;
  }
  yield* checkText(entry, ref.key, kind, nameIn(gathered, ref), where);
  return entry.content;
}

function nameIn(gathered: Gathered, ref: { readonly name?: string }): string {
  return `${gathered.namespace}/${ref.name ?? ""}`;
}

/** A process can take neither a NUL nor, through most clouds' APIs, bytes that are no UTF-8. */
function* checkText(entry: Entry, key: string, kind: ObjectKind, name: string, where: Where): Finds<void> {
  const { content, encoding } = entry;
  if (encoding === "utf8" && !(typeof content === "string" && content.includes("\0"))) return;
  yield missing(where, `key ${key} in ${kind} ${name} is no text, so it cannot be an environment variable: mount it`);
}

/** What the API has allowed since 1.34 (IsRelaxedEnvVarName). */
function* checkName(name: string, where: Where): Finds<void> {
  if (/^[ -<>-~]+$/.test(name)) return;
  const message = `"${name}" is no name of an environment variable: printable ASCII without "=" is`;
  yield invalid(where, message, "InvalidEnvironmentVariableNames");
}
