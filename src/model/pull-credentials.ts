import type { PullCredential } from "./resolved-pod.ts";

/** The key under which a docker config holds what is for Docker Hub: `https://index.docker.io/v1/` without its ends. */
const hub = "index.docker.io";

interface Location {
  /** Labels of the host. */
  readonly labels: readonly string[];
  readonly port: string;
  readonly path: string;
}

/**
 * The credentials to try for an image, most specific first; empty: pull without. The kubelet's rules
 * (pkg/credentialprovider/keyring.go): the same port, as many host labels, `*`, `?` and `[…]` inside one label, the
 * credential's path a prefix of the image's. A credential for Docker Hub serves images that name no registry.
 */
export function credentialsFor(image: string, credentials: readonly PullCredential[]): readonly PullCredential[] {
  const wanted = locate(image);
  const keyed = credentials.map((credential) => ({ credential, key: keyOf(credential.registry) }));
  const matching = keyed.filter(({ key }) => matches(locate(key), wanted));
  // Backwards by key, so that `quay.io/team` comes before `quay.io`.
  const sorted = matching.toSorted((a, b) => (a.key === b.key ? 0 : a.key < b.key ? 1 : -1));
  if (sorted.length > 0 || !isHubImage(image)) return sorted.map(({ credential }) => credential);
  return keyed.filter(({ key }) => key === hub).map(({ credential }) => credential);
}

/** `https://index.docker.io/v1/` → `index.docker.io`; `/v1/` and `/v2/` say nothing about the image. */
function keyOf(registry: string): string {
  const bare = registry.replace(/^https?:\/\//, "");
  const slash = bare.indexOf("/");
  if (slash === -1) return bare;
  const path = bare.slice(slash).replace(/^\/v[12]\//, "/");
  return path === "/" ? bare.slice(0, slash) : bare.slice(0, slash) + path;
}

function locate(text: string): Location {
  const slash = text.indexOf("/");
  const authority = slash === -1 ? text : text.slice(0, slash);
  const [, host = authority, port = ""] = /^(.*):([0-9]*)$/.exec(authority) ?? [];
  return { labels: host.split("."), port, path: slash === -1 ? "" : text.slice(slash) };
}

function matches(credential: Location, image: Location): boolean {
  return (
    credential.port === image.port &&
    credential.labels.length === image.labels.length &&
    image.path.startsWith(credential.path) &&
    credential.labels.every((label, index) => globMatches(label, image.labels[index] ?? ""))
  );
}

/** One label of a host name; `*`, `?` and sets as in Go's filepath.Match. */
function globMatches(glob: string, label: string): boolean {
  const pattern = glob.replaceAll(/\[\^?[^\]]+\]|[\s\S]/g, (part) => {
    if (part === "*") return ".*";
    if (part === "?") return ".";
    return part.length > 1 ? part : part.replace(/[\\^$.|+()[\]{}]/, String.raw`\$&`);
  });
  return new RegExp(`^${pattern}$`).test(label);
}

/** No registry, or Docker Hub by name: a first part without `.` or `:` is a user's name (keyring.go). */
function isHubImage(image: string): boolean {
  const slash = image.indexOf("/");
  const first = slash === -1 ? image : image.slice(0, slash);
  if (first === "") return false;
  return slash === -1 || first === "docker.io" || first === hub || !/[.:]/.test(first);
}
