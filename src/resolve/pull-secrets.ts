/** Image pull secrets: both kinds of docker config, decoded. */
import type { PullCredential } from "../model/resolved-pod.ts";
import type { Pod, Secret } from "../model/kube.ts";
import { credentialsFor } from "../model/pull-credentials.ts";
import { SecretText } from "../model/secret-text.ts";
import type { Surroundings } from "./env.ts";
import { warning, type Finds } from "./resolution.ts";

const shapes = {
  "kubernetes.io/dockerconfigjson": { key: ".dockerconfigjson", entries: (json: Json) => asObject(json["auths"]) },
  "kubernetes.io/dockercfg": { key: ".dockercfg", entries: (json: Json) => json },
} as const;

type Json = Readonly<Record<string, unknown>>;

/**
 * The credentials of the pod's pull secrets that some image of the pod may need, in the order of the secrets. A
 * missing or broken secret is only told: an image that is there or public needs none.
 */
export function* pullCredentialsOf({ pod, gathered }: Surroundings): Finds<readonly PullCredential[]> {
  const credentials: PullCredential[] = [];
  const failed: string[] = [];
  for (const { name = "" } of pod.spec?.imagePullSecrets ?? []) {
    if (name === "") continue;
    const answer = gathered.object("Secret", name);
    const held = "found" in answer ? answer.found.pullCredentials : undefined;
    if (held === undefined) failed.push(name);
    else credentials.push(...held);
  }
  if (failed.length > 0) {
    const message =
      `Unable to retrieve some image pull secrets (${failed.join(", ")}); ` +
      "attempting to pull the image may not succeed.";
    yield warning({ path: "spec.imagePullSecrets" }, "FailedToRetrieveImagePullSecret", message);
  }
  const useful = new Set(imagesOf(pod).flatMap((image) => credentialsFor(image, credentials)));
  return credentials.filter((credential) => useful.has(credential));
}

function imagesOf({ spec }: Pod): readonly string[] {
  const { initContainers = [], containers = [], ephemeralContainers = [], volumes = [] } = spec ?? {};
  const ofContainers = [...initContainers, ...containers, ...ephemeralContainers].map(({ image }) => image);
  const ofVolumes = volumes.map(({ image }) => image?.reference);
  return [...ofContainers, ...ofVolumes].filter((image) => image !== undefined);
}

/** Empty for a secret of another type, which the kubelet passes over; `undefined` when the config cannot be read. */
export function decodePullSecret({ type = "", data = {} }: Secret): readonly PullCredential[] | undefined {
  if (!(type in shapes)) return [];
  const shape = shapes[type as keyof typeof shapes];
  const content = data[shape.key] ?? "";
  if (content === "") return [];
  try {
    const json = asObject(JSON.parse(Buffer.from(content, "base64").toString("utf8")));
    return Object.entries(shape.entries(json)).map(([registry, entry]) => credentialOf(registry, asObject(entry)));
  } catch {
    // What went wrong may quote the secret, so nothing of the error is told.
    return undefined;
  }
}

function credentialOf(registry: string, { auth, username, password }: Json): PullCredential {
  if (typeof auth !== "string" || auth === "") {
    return { registry, username: asText(username), password: new SecretText(asText(password)) };
  }
  const pair = Buffer.from(auth, "base64").toString("utf8");
  const colon = pair.indexOf(":");
  // Buffer passes over what is no base64.
  if (colon === -1 || !/^[A-Za-z0-9+/\r\n]*={0,2}\s*$/.test(auth)) {
    throw new SyntaxError("auth is base64 of user:password");
  }
  return { registry, username: pair.slice(0, colon), password: new SecretText(pair.slice(colon + 1)) };
}

function asObject(value: unknown): Json {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw new SyntaxError("not an object");
  return value as Json;
}

function asText(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") throw new SyntaxError("not a text");
  return value;
}
