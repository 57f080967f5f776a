/** The I/O of this room: everything a pod refers to, asked for at once and each object one time. */
import { isUtf8 } from "node:buffer";
import { parseTime } from "../model/clock.ts";
import type { ConfigMap, Container, Pod, Secret, Volume } from "../model/kube.ts";
import { SecretText, type Text } from "../model/secret-text.ts";
import { missing, warning, type Finds, type ObjectKind, type ResolveSources, type Where } from "./resolution.ts";

/** One entry of a ConfigMap or Secret. `base64`: bytes that are no text (a NUL counts as no text). */
export interface Entry {
  readonly content: Text;
  readonly encoding: "utf8" | "base64";
}

export interface DataObject {
  readonly entries: ReadonlyMap<string, Entry>;
  /** For image pull secrets. */
  readonly type: string | undefined;
}

export interface Token {
  readonly content: SecretText;
  /** Milliseconds since 1970. */
  readonly refreshAt: number | undefined;
}

/** What asking for something came to. */
export type Answer<T> = { readonly found: T } | { readonly absent: true } | { readonly failed: string };

export interface Gathered {
  readonly namespace: string;
  object(kind: ObjectKind, name: string): Answer<DataObject>;
  token(want: TokenWant): Answer<Token>;
  readonly tokens: readonly Answer<Token>[];
}

type ServiceAccountTokenProjection = { readonly audience?: string; readonly expirationSeconds?: number };

export interface TokenWant {
  readonly audience: string | undefined;
  readonly expirationSeconds: number;
}

/** Asks for everything that the pod refers to. Never rejects: a failure is an answer. */
export async function gather(pod: Pod, sources: ResolveSources): Promise<Gathered> {
  const namespace = pod.metadata?.namespace ?? "";
  const { objects, tokens } = wanted(pod);
  const answers = new Map<string, Answer<DataObject>>();
  const granted = new Map<string, Answer<Token>>();
  await Promise.all([
    ...Map.groupBy(objects, objectKey)
      .entries()
      .map(async ([key, [ref]]) => {
        if (ref !== undefined) answers.set(key, await answerOf(async () => readObject(sources, pod, ref)));
      }),
    ...Map.groupBy(tokens, tokenKey)
      .entries()
      .map(async ([key, [want]]) => {
        if (want !== undefined) granted.set(key, await answerOf(async () => requestToken(sources, pod, want)));
      }),
  ]);
  const unasked = { failed: "not asked for" };
  return {
    namespace,
    object: (kind, name) => answers.get(objectKey({ kind, name })) ?? unasked,
    token: (want) => granted.get(tokenKey(want)) ?? unasked,
    tokens: [...granted.values()],
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
export function tokenWant({ audience, expirationSeconds = 3600 }: ServiceAccountTokenProjection): TokenWant {
  return { audience: audience === "" ? undefined : audience, expirationSeconds };
}

interface ObjectRef {
  readonly kind: ObjectKind;
  readonly name: string;
}

function wanted(pod: Pod): { objects: ObjectRef[]; tokens: TokenWant[] } {
  const { initContainers = [], containers = [], volumes = [], imagePullSecrets = [] } = pod.spec ?? {};
  const objects = [
    ...[...initContainers, ...containers].flatMap(objectsOfContainer),
    ...volumes.flatMap(objectsOfVolume),
    ...refs("Secret", ...imagePullSecrets.map(({ name }) => name)),
  ];
  const projections = volumes.flatMap(({ projected }) => projected?.sources ?? []);
  const tokens = projections.flatMap(({ serviceAccountToken: token }) => (token ? [tokenWant(token)] : []));
  return { objects, tokens };
}

function objectsOfContainer({ env = [], envFrom = [] }: Container): ObjectRef[] {
  return [
    ...refs("ConfigMap", ...env.map(({ valueFrom }) => valueFrom?.configMapKeyRef?.name)),
    ...refs("ConfigMap", ...envFrom.map(({ configMapRef }) => configMapRef?.name)),
    ...refs("Secret", ...env.map(({ valueFrom }) => valueFrom?.secretKeyRef?.name)),
    ...refs("Secret", ...envFrom.map(({ secretRef }) => secretRef?.name)),
  ];
}

function objectsOfVolume({ configMap, secret, projected }: Volume): ObjectRef[] {
  const sources = projected?.sources ?? [];
  return [
    ...refs("ConfigMap", configMap?.name, ...sources.map((source) => source.configMap?.name)),
    ...refs("Secret", secret?.secretName, ...sources.map((source) => source.secret?.name)),
  ];
}

function refs(kind: ObjectKind, ...names: (string | undefined)[]): ObjectRef[] {
  // The API permits pull secrets with an empty name; the kubelet passes them over.
  return names.flatMap((name) => (name === undefined || name === "" ? [] : [{ kind, name }]));
}

function objectKey({ kind, name }: ObjectRef): string {
  return `${kind}/${name}`;
}

function tokenKey({ audience, expirationSeconds }: TokenWant): string {
  return JSON.stringify([audience, expirationSeconds]);
}

async function answerOf<T>(ask: () => Promise<T | undefined>): Promise<Answer<T>> {
  try {
    const found = await ask();
    return found === undefined ? { absent: true } : { found };
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}

async function readObject(
  sources: ResolveSources,
  { metadata }: Pod,
  { kind, name }: ObjectRef,
): Promise<DataObject | undefined> {
  const { namespace = "", creationTimestamp } = metadata ?? {};
  if (kind === "ConfigMap") {
    const configMap = await sources.configMap(namespace, name, creationTimestamp);
    return configMap && { entries: configMapEntries(configMap), type: undefined };
  }
  const secret = await sources.secret(namespace, name, creationTimestamp);
  return secret && { entries: secretEntries(secret), type: secret.type };
}

function configMapEntries({ data = {}, binaryData = {} }: ConfigMap): ReadonlyMap<string, Entry> {
  return new Map([
    ...Object.entries(binaryData).map(([key, content]): [string, Entry] => [key, { content, encoding: "base64" }]),
    ...Object.entries(data).map(([key, content]): [string, Entry] => [key, { content, encoding: "utf8" }]),
  ]);
}

function secretEntries({ data = {} }: Secret): ReadonlyMap<string, Entry> {
  return new Map(
    Object.entries(data).map(([key, base64]): [string, Entry] => {
      const bytes = Buffer.from(base64, "base64");
      return isUtf8(bytes) && !bytes.includes(0)
        ? [key, { content: new SecretText(bytes.toString("utf8")), encoding: "utf8" }]
        : [key, { content: new SecretText(base64), encoding: "base64" }];
    }),
  );
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

/** At 80 % of its life or after 24 hours, whichever is first (pkg/kubelet/token/token_manager.go). */
function refreshTime(expiresAt: number | undefined, lifeSeconds: number): number | undefined {
  if (expiresAt === undefined) return undefined;
  const life = lifeSeconds * 1000;
  const day = 24 * 60 * 60 * 1000;
  return Math.min(expiresAt - 0.2 * life, expiresAt - life + day);
}
