/** What a pod under test is resolved from: objects in memory behind the interface of the cluster. */
import type {
  ConfigMap,
  Container,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodSpec,
  Secret,
  Service,
} from "../../src/model/kube.ts";
import { Late, SecretText, type Text } from "../../src/model/secret-text.ts";
import { resolve } from "../../src/resolve/resolve.ts";
import type { Resolution, ResolveNode, ResolveSources } from "../../src/resolve/resolve.ts";

export interface World {
  readonly configMaps?: Readonly<Record<string, Omit<ConfigMap, "metadata">>>;
  /** Values as text; they are encoded as the API does. */
  readonly secrets?: Readonly<Record<string, { type?: string; data: Readonly<Record<string, string | Buffer>> }>>;
  readonly services?: readonly Service[];
  readonly claims?: Readonly<Record<string, PersistentVolumeClaim>>;
  readonly volumes?: Readonly<Record<string, PersistentVolume>>;
  /** Names of objects, or `token`, whose reading fails. */
  readonly failing?: readonly string[];
}

/** A claim of namespace ns that is bound to a volume of this spec. */
export function boundVolume(
  spec: NonNullable<PersistentVolume["spec"]>,
  claim = "data",
): Required<Pick<World, "claims" | "volumes">> {
  return {
    claims: {
      [claim]: {
        metadata: { name: claim, namespace: "ns", uid: "c1" },
        spec: { volumeName: "pv" },
        status: { phase: "Bound" },
      },
    },
    volumes: { pv: { spec: { claimRef: { uid: "c1" }, ...spec } } },
  };
}

export interface RecordedSources extends ResolveSources {
  /** Every call, e.g. `secret ns/db` or `token {…}`. */
  readonly asked: readonly string[];
}

export const testNode: ResolveNode = {
  name: "virtual-1",
  allocatable: { cpu: 4, memory: 8 * 1024 ** 3, ephemeralStorage: 20 * 1024 ** 3 },
};

export function sourcesOf(world: World): RecordedSources {
  const asked: string[] = [];
  const ask = async <T>(call: string, name: string, answer: () => T): Promise<T> => {
    asked.push(call);
    await Promise.resolve();
    if (world.failing?.includes(name) === true) throw new Error(`${name} is forbidden`);
    return answer();
  };
  return {
    asked,
    services: () => world.services ?? [],
    configMap: async (namespace, name) => ask(`configmap ${namespace}/${name}`, name, () => world.configMaps?.[name]),
    secret: async (namespace, name) => ask(`secret ${namespace}/${name}`, name, () => encoded(world.secrets?.[name])),
    persistentVolumeClaim: async (namespace, name) =>
      ask(`claim ${namespace}/${name}`, name, () => world.claims?.[name]),
    persistentVolume: async (name) => ask(`volume ${name}`, name, () => world.volumes?.[name]),
    serviceAccountToken: async (request) =>
      ask(`token ${JSON.stringify(request)}`, "token", () => ({
        token: `token for ${request.audience ?? "the cluster"}`,
        expiresAt: "2026-01-01T01:00:00Z",
      })),
  };
}

export function podOf(spec: Partial<PodSpec>, metadata: Pod["metadata"] = {}): Pod {
  return {
    metadata: { name: "web", namespace: "ns", uid: "uid-1", ...metadata },
    spec: { serviceAccountName: "robot", containers: [{ name: "main", image: "busybox:1" }], ...spec },
  };
}

/** A pod of one container. */
export function podWith(container: Partial<Container>, spec: Partial<PodSpec> = {}): Pod {
  return podOf({ ...spec, containers: [{ name: "main", image: "busybox:1", ...container }] });
}

export async function resolved(pod: Pod, world: World = {}, node: Partial<ResolveNode> = {}): Promise<Resolution> {
  return resolve(pod, sourcesOf(world), { ...testNode, ...node });
}

/** The result of a pod that must resolve. */
export async function resolvedPod(pod: Pod, world: World = {}, node: Partial<ResolveNode> = {}) {
  const resolution = await resolved(pod, world, node);
  if (!resolution.ok) throw new Error(resolution.problems.map(({ message }) => message).join("; "));
  return resolution.pod;
}

/** `kind path: message` of every problem of a pod that must not resolve. */
export async function problemsOf(pod: Pod, world: World = {}, node: Partial<ResolveNode> = {}): Promise<string[]> {
  const resolution = await resolved(pod, world, node);
  if (resolution.ok) throw new Error("resolved, but should not have been");
  return resolution.problems.map(({ kind, path, message }) => `${kind} ${path}: ${message}`);
}

/** What a value is made of: `secret(…)` around secret parts, `<podIP>` for late ones. */
export function shown(value: Text): string {
  if (typeof value === "string") return value;
  if (value instanceof SecretText) return `secret(${value.reveal()})`;
  if (value instanceof Late) {
    return value.parts.map(shownPart).join("");
  }
  throw new TypeError("no value");
}

function shownPart(part: Late["parts"][number]): string {
  if (typeof part === "string" || part instanceof SecretText) return shown(part);
  if ("late" in part) return `<${part.late}>`;
  const { volume, path, key, optional } = part.file;
  const otherwise = part.unset === undefined ? "" : ` else ${shown(part.unset)}`;
  return `<${key} of ${volume}/${path}${optional ? " if it is there" : ""}${otherwise}>`;
}

function encoded(secret: NonNullable<World["secrets"]>[string] | undefined): Secret | undefined {
  if (secret === undefined) return undefined;
  const entries = Object.entries(secret.data).map(([key, value]) => [key, Buffer.from(value).toString("base64")]);
  return { type: secret.type ?? "Opaque", data: Object.fromEntries(entries) };
}
