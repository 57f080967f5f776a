/** Variables out of files that containers write for later ones (fileKeyRef): how they are put into a container. */
import { type FileKey, Late, ProviderError, type Text } from "../../../src/provider.ts";
import type { ContainerSpec } from "./runtime.ts";

/** A longer file is an error. */
export const mostFileBytes = 2 ** 20;

/** The bytes of a regular file of a volume; `undefined` where there is none. Rejects when it cannot be read or is too long. */
export type ReadVolumeFile = (volume: string, path: string) => Promise<Buffer | undefined>;

/** The container with everything put in that files say. Rejects with CreateContainerConfigError, as the kubelet tells it. */
export async function withEnvFiles(container: ContainerSpec, read: ReadVolumeFile): Promise<ContainerSpec> {
  const { env, command, args } = container;
  const wanted = [...env.map(({ value }) => value), ...(command ?? []), ...(args ?? [])].flatMap(filesOf);
  if (wanted.length === 0) return container;
  const files = new Map<string, EnvFile | undefined>();
  for (const { volume, path } of wanted) {
    const name = nameOf(volume, path);
    if (files.has(name)) continue;
    const bytes = await readOrRefuse(read, volume, path);
    files.set(name, bytes && parseEnvFile(bytes.toString()));
  }
  const valueOf = (file: FileKey): string | undefined => valueIn(files.get(nameOf(file.volume, file.path)), file);
  const filled = (text: Text): Text | undefined => (text instanceof Late ? text.withFiles(valueOf) : text);
  return {
    ...container,
    env: env.flatMap(({ name, value }) => {
      const text = filled(value);
      return text === undefined ? [] : [{ name, value: text }];
    }),
    command: command?.map((text) => filled(text) ?? ""),
    args: args?.map((text) => filled(text) ?? ""),
  };
}

function filesOf(text: Text): FileKey[] {
  if (!(text instanceof Late)) return [];
  return text.files().flatMap(({ file, unset }) => [file, ...(unset === undefined ? [] : filesOf(unset))]);
}

const nameOf = (volume: string, path: string): string => `${volume}/${path}`;

async function readOrRefuse(read: ReadVolumeFile, volume: string, path: string): Promise<Buffer | undefined> {
  try {
    return await read(volume, path);
  } catch (error) {
    throw refusal(`couldn't read env file ${path} of volume ${volume}: ${(error as Error).message}`);
  }
}

/** The API says that an optional variable is left out also where its file is not there. */
function valueIn(found: EnvFile | undefined, { key, optional, volume, path }: FileKey): string | undefined {
  const value = found?.variables.get(key);
  if (value !== undefined && value !== "") return value;
  // Only what comes before the key matters, as to the kubelet.
  if (value === undefined && found?.fault !== undefined)
    throw refusal(`couldn't parse env file ${path} of volume ${volume}: ${found.fault}`);
  if (optional) return undefined;
  throw refusal(`environment variable key ${JSON.stringify(key)} not found in file ${path} of volume ${volume}`);
}

function refusal(message: string): ProviderError {
  return new ProviderError("invalid", "CreateContainerConfigError", message);
}

const name = /[ \t]*([^=\n]*)=/y;
/** What follows after blanks is a command of the shell's and no value, so the variable is empty. */
const nothing = /[ \t]+[^\n]*(?:\n|$)/y;
const quoted = /'([^']*)'[ \t]*(?:#[^\n]*)?(?:\n|$)/y;
const empty = /[ \t]*(?:#[^\n]*)?(?:\n|$)/y;

export interface EnvFile {
  /** Up to the first fault. */
  readonly variables: ReadonlyMap<string, string>;
  readonly fault: string | undefined;
}

/**
 * `NAME='value'` lines, the part of a shell's syntax that the kubelet reads (pkg/kubelet/util/env): single quotes
 * around each value, which may have several lines and is taken literally; blank lines and comments. The first of equal
 * names counts.
 */
export function parseEnvFile(text: string): EnvFile {
  const variables = new Map<string, string>();
  const all = text.replaceAll("\r\n", "\n");
  let at = 0;
  const next = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(all);
    if (found !== null) at += found[0].length;
    return found;
  };
  while (at < all.length) {
    if (next(empty) !== null) continue;
    const start = at;
    const fault = (what: string): EnvFile => ({
      variables,
      fault: `line ${all.slice(0, start).split("\n").length} ${what}`,
    });
    const key = next(name)?.[1];
    if (key === undefined) return fault("has no '='");
    if (key === "" || /[ \t]$/.test(key)) return fault("has no name right before its '='");
    const value = next(nothing) === null ? next(quoted)?.[1] : "";
    if (value === undefined) return fault("has no value in single quotes with nothing after it");
    if (!variables.has(key)) variables.set(key, value);
  }
  return { variables, fault: undefined };
}
