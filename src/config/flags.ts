/** The options of `burstlet run` that change the configuration, under the kubelet's names. Pure. */
import { providerTaint } from "../model/annotations.ts";
import type { Problem } from "./config-error.ts";
import { valueAt } from "./explain.ts";
import type { Setting } from "./setting.ts";
import { schemaAt, valueOf } from "./shape.ts";
import { configurationSchema } from "./schema.ts";

/** The option that sets one value of the configuration, and where that stands. */
const plain = [
  ["--hostname-override", "hostnameOverride", ["nodes", 0, "name"]],
  ["--node-ip", "nodeIp", ["nodes", 0, "address"]],
  ["--max-pods", "maxPods", ["nodes", 0, "maxPods"]],
  ["--pod-manifest-path", "podManifestPath", ["nodes", 0, "staticPodPath"]],
  ["-v", "v", ["logging", "verbosity"]],
  ["--logging-format", "loggingFormat", ["logging", "format"]],
  ["--address", "address", ["kubelet", "address"]],
  ["--read-only-port", "readOnlyPort", ["kubelet", "readOnlyPort"]],
  ["--anonymous-auth", "anonymousAuth", ["kubelet", "authentication", "anonymous", "enabled"]],
  ["--authentication-token-webhook", "authenticationTokenWebhook", ["kubelet", "authentication", "webhook", "enabled"]],
  [
    "--authentication-token-webhook-cache-ttl",
    "authenticationTokenWebhookCacheTtl",
    ["kubelet", "authentication", "webhook", "cacheTTL"],
  ],
  ["--client-ca-file", "clientCaFile", ["kubelet", "authentication", "x509", "clientCAFile"]],
  ["--authorization-mode", "authorizationMode", ["kubelet", "authorization", "mode"]],
  [
    "--authorization-webhook-cache-authorized-ttl",
    "authorizationWebhookCacheAuthorizedTtl",
    ["kubelet", "authorization", "webhook", "cacheAuthorizedTTL"],
  ],
  [
    "--authorization-webhook-cache-unauthorized-ttl",
    "authorizationWebhookCacheUnauthorizedTtl",
    ["kubelet", "authorization", "webhook", "cacheUnauthorizedTTL"],
  ],
  ["--rotate-server-certificates", "rotateServerCertificates", ["kubelet", "serverTLSBootstrap"]],
  ["--tls-cert-file", "tlsCertFile", ["kubelet", "tlsCertFile"]],
  ["--tls-private-key-file", "tlsPrivateKeyFile", ["kubelet", "tlsPrivateKeyFile"]],
] as const satisfies readonly (readonly [where: string, name: string, path: Setting["path"]])[];

/** As they were typed; `true` is an option without its value. */
export type Flags = { readonly [Name in (typeof plain)[number][1]]?: string | true | undefined } & {
  /** `key=value,key=value` */
  readonly nodeLabels?: string | undefined;
  /** `key=value:effect,key:effect` */
  readonly registerWithTaints?: string | undefined;
};

interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

export function flagSettings(flags: Flags, file: unknown): { settings: Setting[]; problems: Problem[] } {
  const settings: Setting[] = [];
  const problems: Problem[] = [];
  const say = (where: string, path: Setting["path"], value: unknown): void => {
    settings.push({ where, path, value });
  };
  for (const [where, name, path] of plain) {
    const typed = flags[name];
    const schema = schemaAt(configurationSchema, path);
    if (typed !== undefined && schema !== undefined) say(where, path, valueOf(schema, String(typed)));
  }
  for (const piece of pieces(flags.nodeLabels)) {
    const label = /^([^=]+)=([^=]*)$/.exec(piece);
    if (label === null) problems.push(odd("--node-labels", piece, "key=value, with commas between"));
    else say("--node-labels", ["nodes", 0, "labels", label[1] ?? ""], label[2] ?? "");
  }
  const taints = pieces(flags.registerWithTaints).map((piece) => taintOf(piece) ?? piece);
  for (const piece of taints) {
    if (typeof piece === "string") problems.push(odd("--register-with-taints", piece, taintForm));
  }
  if (taints.length > 0) {
    const added = taints.filter((taint) => typeof taint !== "string");
    say("--register-with-taints", ["nodes", 0, "taints"], [...othersOf(file, added), ...added]);
  }
  return { settings, problems };
}

const taintForm =
  "key=value:effect or key:effect, with commas between; effects are NoSchedule, PreferNoSchedule, NoExecute";

function pieces(text: string | undefined): string[] {
  return text === undefined ? [] : text.split(",").filter((piece) => piece !== "");
}

function odd(where: string, piece: string, form: string): Problem {
  return { where, field: "", what: `${JSON.stringify(piece)} is not allowed; allowed: ${form}` };
}

function taintOf(piece: string): Taint | undefined {
  const [, key, value, effect] = /^([^=:]+)(?:=([^=:]*))?:(NoSchedule|PreferNoSchedule|NoExecute)$/.exec(piece) ?? [];
  if (key === undefined || effect === undefined) return undefined;
  return { key, ...(value === undefined || value === "" ? {} : { value }), effect };
}

/** The file's taints, or the one that every virtual node has; a taint of the flag takes the place of its namesake. */
function othersOf(file: unknown, added: readonly Taint[]): unknown[] {
  const node = valueAt(file, ["nodes", 0]) as { taints?: unknown; provider?: unknown } | undefined;
  const usual = [{ key: providerTaint, value: String(node?.provider), effect: "NoSchedule" }];
  const present = Array.isArray(node?.taints) ? (node.taints as (Partial<Taint> | null)[]) : usual;
  return present.filter((taint) => !added.some(({ key, effect }) => key === taint?.key && effect === taint.effect));
}
