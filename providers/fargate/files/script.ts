/** What the injected container runs: sh, base64, gzip, tar and sed of any stock image. Pure. */
import type { ResolvedPod } from "../../../src/provider.ts";

/** Where the task's volumes are in the injected container, each under its number. */
export const filesRoot = "/burstlet";

/** A folder, and the variables whose texts together are what is unpacked there; or it is fetched by a link. */
export interface Unpack {
  readonly folder: string;
  readonly isObject: boolean;
  readonly variables: readonly string[];
}

/** The link to an object, and the SHA-256 that its text has, in hexadecimal. */
export const linkVariable = "BURSTLET_LINK";
export const sumVariable = "BURSTLET_SUM";

/** Root of a volume: `group` 0 is root's. */
export interface Root {
  readonly folder: string;
  readonly mode: string;
  readonly group: number;
}

/**
 * Each step by way of a file: of a pipeline a POSIX shell tells the end of the last command only. Nothing of a file is
 * ever printed.
 */
const unpack = [
  "unpack() {",
  `  base64 -d < ${filesRoot}/.text > ${filesRoot}/.gz`,
  `  gzip -dc < ${filesRoot}/.gz > ${filesRoot}/.tar`,
  `  tar -xmf ${filesRoot}/.tar -C "$1"`,
  `  rm -f ${filesRoot}/.text ${filesRoot}/.gz ${filesRoot}/.tar`,
  "}",
];

/** Whose certificate it is busybox does not check: the sum says what came. */
const fetched = [
  `wget -q -O ${filesRoot}/.text "$${linkVariable}" || { echo "burstlet: the files cannot be fetched from the bucket" >&2; exit 1; }`,
  `echo "$${sumVariable}  ${filesRoot}/.text" | sha256sum -c > ${filesRoot}/.sum 2>&1 || ` +
    '{ echo "burstlet: the bucket has other files than these" >&2; exit 1; }',
  `rm -f ${filesRoot}/.sum`,
];

function textOf({ isObject, variables }: Unpack): readonly string[] {
  if (isObject) return fetched;
  return [`printf %s "${variables.map((name) => `$${name}`).join("")}" > ${filesRoot}/.text`];
}

/** Volumes keep what their files say, whatever the image's umask. */
export function scriptOf(roots: readonly Root[], unpacks: readonly Unpack[], pod: NetworkFiles): string {
  return [
    "set -eu",
    "umask 0",
    ...(roots.length + unpacks.length > 0 ? [`mkdir -p ${filesRoot}`] : []),
    ...(unpacks.length > 0 ? unpack : []),
    ...unpacks.flatMap((one) => [...textOf(one), `unpack ${one.folder}`]),
    ...roots.map(({ folder, mode, group }) => `chown 0:${group} ${folder}; chmod ${mode} ${folder}`),
    ...(pod.hostAliases.length > 0 ? [`printf '%s\\n' "$${hostsVariable}" >> /etc/hosts`] : []),
    ...resolverLines(pod),
  ].join("\n");
}

type NetworkFiles = Pick<ResolvedPod, "hostAliases" | "dns">;

const hostsVariable = "BURSTLET_HOSTS";
const resolverVariable = "BURSTLET_RESOLV";
const searchVariable = "BURSTLET_SEARCH";

/** Does the pod ask for another resolv.conf than the cloud's? */
export function changesResolver({ dns }: Pick<ResolvedPod, "dns">): boolean {
  return dns.policy === "explicit" || dns.nameservers.length + dns.searches.length + dns.options.length > 0;
}

/** Of resolv.conf's lines of domains only the last counts, so the cloud's and the pod's become one. */
function resolverLines(pod: NetworkFiles): string[] {
  if (!changesResolver(pod)) return [];
  if (pod.dns.policy === "explicit") return [`printf '%s\\n' "$${resolverVariable}" > /etc/resolv.conf`];
  return [
    `domains="$(sed -n 's/^search[[:space:]]*//p' /etc/resolv.conf | tail -n 1)"`,
    `domains="$domains\${domains:+\${${searchVariable}:+ }}$${searchVariable}"`,
    `others="$(sed '/^search/d' /etc/resolv.conf)"`,
    `printf '%s\\n%s\\n' "$others" "$${resolverVariable}" > /etc/resolv.conf`,
    `[ -z "$domains" ] || printf 'search %s\\n' "$domains" >> /etc/resolv.conf`,
  ];
}

/** What the script finds in variables about names and addresses. */
export function networkVariables(pod: NetworkFiles): { readonly name: string; readonly value: string }[] {
  const { hostAliases, dns } = pod;
  const aliases = hostAliases.map(({ ip, hostnames }) => `${ip}\t${hostnames.join("\t")}`);
  const lines = [
    ...(dns.policy === "explicit" && dns.searches.length > 0 ? [`search ${dns.searches.join(" ")}`] : []),
    ...dns.nameservers.map((server) => `nameserver ${server}`),
    ...(dns.options.length > 0 ? [`options ${dns.options.join(" ")}`] : []),
  ];
  return [
    ...(aliases.length > 0
      ? [{ name: hostsVariable, value: ["# Entries added by HostAliases.", ...aliases].join("\n") }]
      : []),
    ...(changesResolver(pod) ? [{ name: resolverVariable, value: lines.join("\n") }] : []),
    ...(changesResolver(pod) && dns.policy === "cloud"
      ? [{ name: searchVariable, value: dns.searches.join(" ") }]
      : []),
  ];
}
