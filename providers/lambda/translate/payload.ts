/** What the function is given: the pod's command, variables and files, or its author's own JSON. Pure. */
import {
  type FilesVolume,
  Late,
  lengthOf,
  type Refusal,
  type ResolvedContainer,
  type ResolvedPod,
  SecretText,
  type Text,
  isAutomountedToken,
} from "../../../src/provider.ts";
import { type Mode, type Payload, type PayloadFile, podAnnotations } from "../request.ts";
import { pathOf } from "./function-named.ts";

/**
 * Bytes of a payload: "6 MB" for a synchronous and "1 MB" for an asynchronous invocation (AWS's model of Invoke; that these are
 * powers of two is known of the former alone).
 */
export const mostPayload = { sync: 6 * 2 ** 20, durable: 2 ** 20, event: 2 ** 20 } as const satisfies Record<
  Mode,
  number
>;
/** Where a value is refused that the table does not see in the spec. */
export const valuesPath = "spec.containers[0]";
/** Bytes that `burstlet` in the payload may come to: names have at most 253 characters. */
const ownPart = 2_000;

export function payloadOf(
  pod: ResolvedPod,
  mode: Mode,
): { readonly payload: Payload; readonly refusals: readonly Refusal[] } {
  const json = pod.annotations[podAnnotations.payload];
  if (json !== undefined) return { payload: { json }, refusals: jsonRefusals(json, pod, mode) };
  const [container] = pod.containers;
  const parts = {
    command: container?.command,
    args: container?.args,
    workingDir: container?.workingDir,
    env: container === undefined ? [] : variablesOf(pod, container),
    files: container === undefined ? [] : filesOf(pod, container),
  };
  const values = [
    ...(parts.command ?? []),
    ...(parts.args ?? []),
    ...parts.env.map(({ value }) => value),
    ...parts.files.map(({ content }) => content),
  ];
  return { payload: { parts }, refusals: [...valueRefusals(pod, values), ...sizeRefusals(parts, mode)] };
}

/** The host name is the cloud's; programs that ask their environment still find the pod's. */
function variablesOf({ hostname }: ResolvedPod, { env }: ResolvedContainer): ResolvedContainer["env"] {
  return env.some(({ name }) => name === "HOSTNAME") ? env : [{ name: "HOSTNAME", value: hostname }, ...env];
}

function filesOf(pod: ResolvedPod, { mounts }: ResolvedContainer): readonly PayloadFile[] {
  const tokens = new Set((pod.pod.spec?.volumes ?? []).filter(isAutomountedToken).map(({ name }) => name));
  return mounts.flatMap(({ volume: name, path, subPath }) => {
    const volume = pod.volumes.find((one): one is FilesVolume => one.name === name && one.kind === "files");
    if (volume === undefined || tokens.has(name)) return [];
    return volume.files.flatMap(({ path: inner, mode, content, encoding }) => {
      const rest = below(inner, subPath);
      return rest === undefined ? [] : [{ path: `${path}${rest}`, mode, content, encoding }];
    });
  });
}

/** `/file` of a mount of the whole volume, `` where subPath is the file itself; `undefined`: not part of the mount. */
function below(path: string, subPath: string | undefined): string | undefined {
  if (subPath === undefined || subPath === "") return `/${path}`;
  if (path === subPath) return "";
  return path.startsWith(`${subPath}/`) ? path.slice(subPath.length) : undefined;
}

function valueRefusals(pod: ResolvedPod, values: readonly Text[]): readonly Refusal[] {
  const allowed = pod.annotations[podAnnotations.secrets] === "payload";
  const path = valuesPath;
  const secret = `It holds a value of a Secret, which may be in the payload only where the annotation ${podAnnotations.secrets}: payload says so.`;
  const late = "It holds a value that only a running task knows, such as its address: an invocation has none.";
  return [
    ...(!allowed && values.some(hasSecret) ? [{ path, sentence: secret }] : []),
    ...(values.some((value) => value instanceof Late) ? [{ path, sentence: late }] : []),
  ];
}

function hasSecret(value: Text): boolean {
  return (
    value instanceof SecretText || (value instanceof Late && value.parts.some((part) => part instanceof SecretText))
  );
}

function sizeRefusals(parts: object, mode: Mode): readonly Refusal[] {
  // A secret counts by its characters; the client measures the bytes once more.
  const text = JSON.stringify(parts);
  const hidden = secretsIn(parts).reduce((sum, value) => sum + lengthOf(value), 0);
  return tooLarge("spec", Buffer.byteLength(text) + hidden + ownPart, mode);
}

function secretsIn(value: unknown): readonly Text[] {
  if (value instanceof SecretText) return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(secretsIn);
}

function jsonRefusals(json: string, pod: ResolvedPod, mode: Mode): readonly Refusal[] {
  const path = pathOf(podAnnotations.payload);
  const [container] = pod.containers;
  const others = (["command", "args"] as const).filter((field) => container?.[field] !== undefined);
  return [
    ...notJson(json).map((why) => ({ path, sentence: `Expected JSON: ${why}.` })),
    ...others.map((field) => ({
      path: `spec.containers[0].${field}`,
      sentence: `The annotation ${podAnnotations.payload} is sent as it is, so ${field} would be lost: keep one of them.`,
    })),
    ...tooLarge(path, Buffer.byteLength(json), mode),
  ];
}

/** What the parser says, with the place. */
function notJson(text: string): readonly string[] {
  try {
    JSON.parse(text);
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}

function tooLarge(path: string, bytes: number, mode: Mode): Refusal[] {
  const number = (value: number): string => value.toLocaleString("en-US");
  const most = mostPayload[mode];
  const kind = mode === "sync" ? "" : " of an asynchronous invocation";
  const sentence = `A payload${kind} has at most ${number(most)} bytes, this one about ${number(bytes)}: keep large data in S3.`;
  return bytes <= most ? [] : [{ path, sentence }];
}
