/** The I/O of this room: everything a pod refers to, asked for at once and each object one time. */
import { isUtf8 } from "node:buffer";
import { parseTime } from "../model/clock.ts";
import type { ConfigMap, Pod, Secret } from "../model/kube.ts";
import type { PullCredential } from "../model/resolved-pod.ts";
import { SecretText, type Text } from "../model/secret-text.ts";
import type { ObjectReference } from "../cluster/cluster.ts";
import { decodePullSecret } from "./pull-secrets.ts";
import {
  missing,
  warning,
  type Finds,
  type ObjectKind,
  type ResolveNode,
  type ResolveSources,
  type Where,
} from "./resolution.ts";
import { refreshTime } from "./live/tokens.ts";
import { gatherStorage, type Storage } from "./storage/gather-storage.ts";

/** One entry of a ConfigMap or Secret. `base64`: bytes that are no text (a NUL counts as no text). */
export interface Entry {
  readonly content: Text;
  readonly encoding: "utf8" | "base64";
}

export interface DataObject {
  readonly entries: ReadonlyMap<string, Entry>;
  /** Of a Secret: what it holds for pulling images; `undefined` when that cannot be read. */
  readonly pullCredentials: readonly PullCredential[] | undefined;
}

interface Token {
  readonly content: SecretText;
  /** Milliseconds since 1970. */
  readonly refreshAt: number | undefined;
}

/** What asking for something came to. */
type Answer<T> = { readonly found: T } | { readonly absent: true } | { readonly failed: string };

export interface Gathered {
  readonly namespace: string;
  object(kind: ObjectKind, name: string): Answer<DataObject>;
  /** `undefined`: not asked for, because the pod has to wait for an object anyway. */
  token(want: TokenWant): Answer<Token> | undefined;
  readonly tokens: readonly Answer<Token>[];
  /** By the volume's name; absent: not asked for, or no storage. */
  readonly storage: ReadonlyMap<string, Storage>;
}

interface TokenProjection {
  readonly audience?: string;
  readonly expirationSeconds?: number;
}

export interface TokenWant {
  readonly audience: string | undefined;
  readonly expirationSeconds: number;
}

/**
 * Asks for everything that the pod refers to: the objects at once, then the tokens, but those only when the pod can
 * start, so that a waiting pod does not have one signed each time. `tokensAnyway`: for one that runs. `storage`: of the
 * node; without it claims are not looked at. Never rejects: a failure is an answer.
 */
export async function gather(
  pod: Pod,
  sources: ResolveSources,
  { tokensAnyway = false, storage }: { readonly tokensAnyway?: boolean } & Pick<ResolveNode, "storage"> = {},
): Promise<Gathered> {
  const { objects, tokens } = wanted(pod);
  const [answers, stored] = await Promise.all([
    askEach(objects, objectKey, async (ref) => readObject(sources, pod, ref)),
    gatherStorage(pod, sources, storage),
  ]);
  const object = (ref: Omit<ObjectRef, "optional">) =>
    // Only an empty name is not asked for.
    answers.get(objectKey(ref)) ?? { failed: "resource name may not be empty" };
  const canStart = tokensAnyway || objects.every((ref) => ref.optional || "found" in object(ref));
  const granted = await askEach(canStart ? tokens : [], tokenKey, async (want) => requestToken(sources, pod, want));
  return {
    namespace: pod.metadata?.namespace ?? "",
    object: (kind, name) => object({ kind, name }),
    token: (want) => granted.get(tokenKey(want)),
    tokens: [...granted.values()],
    storage: stored,
  };
}

/** The object, or `undefined` after saying what is wrong; absent and optional is only a warning. */
export function* objectOf(
  gathered: Gathered,
  kind: ObjectKind,
  ref: { readonly name?: string | undefined; readonly optional?: boolean | undefined },
  where: Where,
): Finds<DataObject | undefined> {
  const name = ref.name ?? "";
  const answer = gathered.object(kind, name);
  if ("found" in answer) return answer.found;
  const need = ref.optional === true ? "Optional" : "Mandatory";
  if ("failed" in answer) {
    // Whether it exists is not known, so an optional one is not simply left out.
    const message = `failed to fetch ${kind.toLowerCase()} "${name}": ${answer.failed}`;
    yield missing(where, message, `FailedToRead${need}${kind}`);
    return undefined;
  }
  const message = `${kind.toLowerCase()} "${name}" not found`;
  if (need === "Optional") yield warning(where, `Optional${kind}NotFound`, message);
  else yield missing(where, message, `Mandatory${kind}NotFound`);
  return undefined;
}

/** A token lives an hour unless the pod says otherwise (API default). */
export function tokenWant({ audience, expirationSeconds = 3600 }: TokenProjection): TokenWant {
  return { audience: audience === "" ? undefined : audience, expirationSeconds };
}

/** Every ConfigMap and Secret that the pod names, each once. */
export function referencesOf(pod: Pod): ObjectReference[] {
  const namespace = pod.metadata?.namespace ?? "";
  const distinct = new Map(wanted(pod).objects.map(({ kind, name }) => [objectKey({ kind, name }), { kind, name }]));
  return [...distinct.values()].map((reference) => ({ ...reference, namespace }));
}

interface ObjectRef {
  readonly kind: ObjectKind;
  readonly name: string;
  readonly optional: boolean;
}

interface Reference {
  readonly name?: string | undefined;
  readonly optional?: boolean | undefined;
}

function wanted(pod: Pod): { objects: ObjectRef[]; tokens: TokenWant[] } {
  const { initContainers = [], containers = [], volumes = [], imagePullSecrets = [] } = pod.spec ?? {};
  const projections = volumes.flatMap(({ projected }) => projected?.sources ?? []);
  const variables = [...initContainers, ...containers].flatMap(({ env = [] }) => env);
  const envFrom = [...initContainers, ...containers].flatMap((container) => container.envFrom ?? []);
  const objects = [
    ...refs("ConfigMap", [
      ...variables.map(({ valueFrom }) => valueFrom?.configMapKeyRef),
      ...envFrom.map(({ configMapRef }) => configMapRef),
      ...volumes.map(({ configMap }) => configMap),
      ...projections.map(({ configMap }) => configMap),
    ]),
    ...refs("Secret", [
      ...variables.map(({ valueFrom }) => valueFrom?.secretKeyRef),
      ...envFrom.map(({ secretRef }) => secretRef),
      ...volumes.map(({ secret }) => secret && { ...secret, name: secret.secretName }),
      ...projections.map(({ secret }) => secret),
      ...imagePullSecrets.map(({ name }) => ({ name, optional: true })),
    ]),
  ];
  const tokens = projections.flatMap(({ serviceAccountToken: token }) => (token ? [tokenWant(token)] : []));
  return { objects, tokens };
}

function refs(kind: ObjectKind, references: readonly (Reference | undefined)[]): ObjectRef[] {
  return references.flatMap((reference) => {
    const { name = "", optional = false } = reference ?? {};
    return name === "" ? [] : [{ kind, name, optional }];
  });
}

function objectKey({ kind, name }: Omit<ObjectRef, "optional">): string {
  return `${kind}/${name}`;
}

function tokenKey({ audience, expirationSeconds }: TokenWant): string {
  return JSON.stringify([audience, expirationSeconds]);
}

/** Asks once for each key, all at the same time. */
async function askEach<Want, T>(
  wants: readonly Want[],
  keyOf: (want: Want) => string,
  ask: (want: Want) => Promise<T | undefined>,
): Promise<ReadonlyMap<string, Answer<T>>> {
  const distinct = new Map(wants.map((want) => [keyOf(want), want]));
  const answers = [...distinct].map(async ([key, want]): Promise<[string, Answer<T>]> => {
    try {
      const found = await ask(want);
      return [key, found === undefined ? { absent: true } : { found }];
    } catch (error) {
      return [key, { failed: error instanceof Error ? error.message : String(error) }];
    }
  });
  return new Map(await Promise.all(answers));
}

async function readObject(
  sources: ResolveSources,
  { metadata }: Pod,
  { kind, name }: ObjectRef,
): Promise<DataObject | undefined> {
  const { namespace = "", creationTimestamp } = metadata ?? {};
  if (kind === "ConfigMap") {
    const configMap = await sources.configMap(namespace, name, creationTimestamp);
    return configMap && { entries: configMapEntries(configMap), pullCredentials: [] };
  }
  const secret = await sources.secret(namespace, name, creationTimestamp);
  return secret && { entries: secretEntries(secret), pullCredentials: decodePullSecret(secret) };
}

function configMapEntries({ data = {}, binaryData = {} }: ConfigMap): ReadonlyMap<string, Entry> {
  return new Map([
    ...sorted(binaryData).map(([key, content]): [string, Entry] => [key, { content, encoding: "base64" }]),
    ...sorted(data).map(([key, content]): [string, Entry] => [key, { content, encoding: "utf8" }]),
  ]);
}

function secretEntries({ data = {} }: Secret): ReadonlyMap<string, Entry> {
  return new Map(
    sorted(data).map(([key, base64]): [string, Entry] => {
      const bytes = Buffer.from(base64, "base64");
      return isUtf8(bytes) && !bytes.includes(0)
        ? [key, { content: new SecretText(bytes.toString("utf8")), encoding: "utf8" }]
        : [key, { content: new SecretText(base64), encoding: "base64" }];
    }),
  );
}

/** By key, so that the same object always gives the same environment. */
function sorted(data: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(data).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

async function requestToken(sources: ResolveSources, pod: Pod, want: TokenWant): Promise<Token> {
  const { namespace = "", name = "", uid = "" } = pod.metadata ?? {};
  const serviceAccount = pod.spec?.serviceAccountName ?? "";
  const { token, expiresAt } = await sources.serviceAccountToken({
    namespace,
    serviceAccount,
    pod: { namespace, name, uid },
    ...want,
  });
  return { content: new SecretText(token), refreshAt: refreshTime(parseTime(expiresAt), want.expirationSeconds) };
}

/** When the first of the tokens should be replaced. */
export function earliestRefresh({ tokens }: Gathered): number | undefined {
  const times = tokens.flatMap((answer) => ("found" in answer ? (answer.found.refreshAt ?? []) : []));
  return times.length === 0 ? undefined : Math.min(...times);
}
