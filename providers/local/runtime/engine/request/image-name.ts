/** Full image references, so that no engine has to guess a registry. Pure. */
export interface ImageName {
  /** e.g. `docker.io/library/busybox:1.36`, `registry:5000/a/b@sha256:…`. */
  readonly full: string;
  /** Host with optional port. */
  readonly registry: string;
  readonly path: string;
}

const part = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const pathPattern = new RegExp(`^${part}(?:/${part})*$`);
const hostPattern =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*(?::\d+)?$/;
const tagPattern = /^\w[\w.-]{0,127}$/;
const digestPattern = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;

/** `undefined`: no valid reference (the kubelet's InvalidImageName). Grammar: distribution/reference. */
export function imageName(text: string): ImageName | undefined {
  const at = text.indexOf("@");
  const digest = at < 0 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !digestPattern.test(digest)) return undefined;
  const named = at < 0 ? text : text.slice(0, at);
  const colon = named.lastIndexOf(":");
  const tagged = colon > named.lastIndexOf("/");
  const tag = tagged ? named.slice(colon + 1) : undefined;
  if (tag !== undefined && !tagPattern.test(tag)) return undefined;
  const { registry, path } = splitRegistry(tagged ? named.slice(0, colon) : named);
  if (!pathPattern.test(path) || !hostPattern.test(registry)) return undefined;
  const suffix = digest === undefined ? `:${tag ?? "latest"}` : `@${digest}`;
  return { full: `${registry}/${path}${suffix}`, registry, path };
}

/** The first part is a host only with a dot, a port, an upper-case letter, or as `localhost`; else it is Docker Hub. */
function splitRegistry(name: string): { registry: string; path: string } {
  const slash = name.indexOf("/");
  const first = slash < 0 ? "" : name.slice(0, slash);
  const isHost = /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();
  if (!isHost) return { registry: "docker.io", path: slash < 0 ? `library/${name}` : name };
  const registry = first === "index.docker.io" ? "docker.io" : first;
  const path = name.slice(slash + 1);
  return { registry, path: registry === "docker.io" && !path.includes("/") ? `library/${path}` : path };
}
