import type { PullCredential } from "./resolved-pod.ts";

/** Docker Hub's names: in an image, and in a docker config (`https://index.docker.io/v1/` without its ends). */
const hub = "docker.io";
const hubKey = "index.docker.io";

interface Location {
  /** Labels of the host. */
  readonly labels: readonly string[];
  readonly port: string;
  readonly path: string;
}

/**
 * The credentials to try for an image, most specific first; empty: pull without. The kubelet's rules
 * (pkg/credentialprovider/keyring.go): the same port, as many host labels, `*` inside a label, the credential's
 * path a prefix of the image's. A credential for `index.docker.io` serves Docker Hub's images when no
 * other does.
 */
export function credentialsFor(image: string, credentials: readonly PullCredential[]): readonly PullCredential[] {
  const repository = repositoryOf(image);
  const wanted = locate(repository);
  const keyed = credentials.map((credential) => ({ credential, key: keyOf(credential.registry) }));
  const matching = keyed.filter(({ key }) => matches(locate(key), wanted));
  // Backwards by key, so that `quay.io/team` comes before `quay.io`.
  const sorted = matching.toSorted((a, b) => (a.key === b.key ? 0 : a.key < b.key ? 1 : -1));
  if (sorted.length > 0 || !repository.startsWith(`${hub}/`)) return sorted.map(({ credential }) => credential);
  return keyed.filter(({ key }) => key === hubKey).map(({ credential }) => credential);
}

/** `https://index.docker.io/v1/` → `index.docker.io`; `/v1/` and `/v2/` say nothing about the image. */
function keyOf(registry: string): string {
  const bare = registry.replace(/^https?:\/\//, "");
  const slash = bare.indexOf("/");
  if (slash === -1) return bare;
  const path = bare.slice(slash).replace(/^\/v[12]\//, "/");
  return path === "/" ? bare.slice(0, slash) : bare.slice(0, slash) + path;
}

/** `nginx:1` → `docker.io/library/nginx`: no tag, no digest, always a registry (github.com/distribution/reference). */
function repositoryOf(image: string): string {
  const name = image.replace(/@.*$/, "").replace(/:[^:/]*$/, "");
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(slash, 0));
  const isHost = /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();
  const [registry, path] = isHost ? [first, name.slice(slash + 1)] : [hub, name];
  if (registry !== hub && registry !== hubKey) return `${registry}/${path}`;
  return path.includes("/") ? `${hub}/${path}` : `${hub}/library/${path}`;
}

function locate(text: string): Location {
  const slash = text.indexOf("/");
  const authority = slash === -1 ? text : text.slice(0, slash);
  const colon = authority.lastIndexOf(":");
  const host = colon === -1 ? authority : authority.slice(0, colon);
  const port = colon === -1 ? "" : authority.slice(colon + 1);
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

/** One label of a host name, where `*` is any characters. Without a regular expression, because users write the globs. */
function globMatches(glob: string, label: string): boolean {
  const [start = "", ...others] = glob.split("*");
  const end = others.pop();
  if (end === undefined) return glob === label;
  if (label.length < start.length + end.length || !label.startsWith(start) || !label.endsWith(end)) return false;
  let at = start.length;
  for (const piece of others) {
    const found = label.indexOf(piece, at);
    if (found === -1 || found + piece.length > label.length - end.length) return false;
    at = found + piece.length;
  }
  return true;
}
