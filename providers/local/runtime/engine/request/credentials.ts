/** Which pull credential belongs to an image, by the kubelet's rules (kubernetes pkg/credentialprovider/keyring.go). Pure. */
import { Late, SecretText } from "../../../../../src/provider.ts";
import type { TaskSpec } from "../../runtime.ts";
import type { ImageName } from "./image-name.ts";

type Credential = TaskSpec["pullCredentials"][number];

/** The X-Registry-Auth header for this image; `undefined` when no credential matches. More specific ones win. */
export function registryAuth(image: ImageName, credentials: readonly Credential[]): string | undefined {
  const matching = credentials.filter((credential) => matches(key(credential.registry), image));
  const best = matching.toSorted((a, b) => compareSpecific(key(a.registry), key(b.registry)))[0];
  if (best === undefined) return undefined;
  const { username, password } = best;
  const auth = { username, password: open(password), serveraddress: image.registry };
  return Buffer.from(JSON.stringify(auth)).toString("base64url");
}

function open(password: Credential["password"]): string {
  if (password instanceof SecretText) return password.reveal();
  // Addresses of the task cannot be part of a password: pulling comes before they exist.
  if (password instanceof Late) throw new TypeError("a pull credential cannot depend on the task's address");
  return password;
}

interface Key {
  readonly host: readonly string[];
  readonly port: string;
  readonly path: string;
}

/** `https://index.docker.io/v1/` is how docker's own configuration spells Docker Hub; `/v1/` and `/v2/` are API versions. */
function key(registry: string): Key {
  const bare = registry.replace(/^https?:\/\//, "");
  const slash = bare.indexOf("/");
  const authority = slash < 0 ? bare : bare.slice(0, slash);
  const path = slash < 0 ? "" : bare.slice(slash).replace(/\/+$/, "");
  const [host = "", port = ""] = authority.split(":");
  const hub = host === "index.docker.io" ? "docker.io" : host;
  return { host: hub.split("."), port, path: /^\/v[12]$/.test(path) ? "" : path };
}

/** Same port, as many labels, each by glob, and the path as a prefix. */
function matches(want: Key, image: ImageName): boolean {
  const have = key(`${image.registry}/${image.path}`);
  if (want.port !== have.port || want.host.length !== have.host.length) return false;
  const hosts = want.host.every((label, index) => glob(label).test(have.host[index] ?? ""));
  return hosts && have.path.startsWith(want.path);
}

function glob(label: string): RegExp {
  const escaped = label.replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`);
}

/** The kubelet sorts its keys in reverse order, so that longer paths and plain hosts come before shorter ones and globs. */
function compareSpecific(a: Key, b: Key): number {
  const globs = (one: Key): number => one.host.filter((label) => /[*?[]/.test(label)).length;
  return b.path.length - a.path.length || globs(a) - globs(b);
}
