/** The one container that burstlet adds for files, groups of volumes, and names of hosts: it runs before all others. Pure. */
import { createHash } from "node:crypto";
import type { ContainerDefinition, KeyValuePair, MountPoint } from "@aws-sdk/client-ecs";
import { type ResolvedFile, type ResolvedPod, SecretText, writtenContainers } from "../../../src/provider.ts";
import { labels, objectVariable, type StoredSecret } from "../request.ts";
import { type ArchivedFile, archiveOf, isSecret } from "./archive.ts";
import { ownPaths, type Part, partsOf, tokenPaths } from "./parts.ts";
import {
  changesResolver,
  filesRoot,
  networkVariables,
  type Root,
  scriptOf,
  sumVariable,
  type Unpack,
} from "./script.ts";

/** No container of a pod can have this name: Kubernetes allows no underscore. */
export const injectedName = "burstlet_init";

export interface Injected {
  /** Without the variables, which are where their width puts them. */
  readonly definition: ContainerDefinition;
  /** The same for all pods of an owner, and this pod's own. */
  readonly shared: readonly KeyValuePair[];
  readonly own: readonly KeyValuePair[];
  readonly stored: readonly StoredSecret[];
  /** Bytes of all that it finds in variables. */
  readonly size: number;
}

/** Does anything of this pod need the container? */
function needsInjected(pod: ResolvedPod, parts: readonly Part[]): boolean {
  if (pod.hostAliases.length > 0 || changesResolver(pod)) return true;
  return parts.some((part) => part.files !== undefined || fsGroupOf(pod) !== undefined || isMountedByOthers(pod, part));
}

export interface Injecting {
  readonly image: string;
  readonly isOnDisk: (part: Part) => boolean;
  /**
   * Where what is not secret goes: into variables; where it is too large for the definition, the way of secrets; where it is too
   * large for that, into an object of S3.
   */
  readonly plain: "variables" | "stored" | "object";
  /** Bytes of one value where secrets are kept. */
  readonly mostStored: number;
}

export function injectedOf(pod: ResolvedPod, { image, isOnDisk, plain, mostStored }: Injecting): Injected | undefined {
  const parts = partsOf(pod).filter(isOnDisk);
  if (!needsInjected(pod, parts)) return undefined;
  const packed = packedOf(pod, parts, plain);
  const network = networkVariables(pod);
  const [object] = packed.filter(({ isObject }) => isObject === true);
  const inPlace = packed.filter(
    (one): one is Packed & { text: string } => typeof one.text === "string" && one !== object,
  );
  const variables = (isOwn: boolean): KeyValuePair[] =>
    inPlace.filter((one) => one.isOwn === isOwn).map(({ name, text }) => ({ name, value: text }));
  const chunksOf = chunked(mostStored);
  const stored = packed.flatMap(chunksOf);
  const unpacks = packed.map((one): Unpack => ({
    folder: one.folder,
    isObject: one === object,
    variables: typeof one.text === "string" ? [one.name] : chunksOf(one).map(({ variable }) => variable),
  }));
  const objects = object === undefined ? [] : [storedObject(object)];
  return {
    definition: {
      name: injectedName,
      image,
      essential: false,
      user: "0",
      entryPoint: ["/bin/sh", "-c"],
      command: [scriptOf(parts.map(rootOf(pod)), unpacks, pod)],
      ...(parts.length > 0 && { mountPoints: parts.map(mountOf) }),
      ...(stored.length > 0 && { secrets: stored.map(({ variable, ref }) => ({ name: variable, valueFrom: ref })) }),
      dockerLabels: { [labels.kind]: "helper", [labels.index]: "-1" },
    },
    shared: [...variables(false), ...network, ...objects.flatMap(objectVariables)],
    own: variables(true),
    stored: [...stored.map(({ ref, content }) => ({ ref, content })), ...objects],
    size: [
      ...packed.map((one) => (one === object ? 0 : lengthOf(one.text))),
      ...network.map(({ value }) => value.length),
    ].reduce((sum, size) => sum + size, 0),
  };
}

interface Packed {
  readonly name: string;
  readonly folder: string;
  readonly text: string | SecretText;
  readonly isOwn: boolean;
  /** It is fetched, and in no variable. */
  readonly isObject?: boolean;
}

/** One archive of all that is plain, one of the pod's own; of what is secret one for each volume, so that pods can share it. */
function packedOf(pod: ResolvedPod, parts: readonly Part[], plain: Injecting["plain"]): readonly Packed[] {
  const gid = fsGroupOf(pod) ?? 0;
  const sorted = parts.map((part, index) => ({ part, index, ...sortedOf(pod, part, gid) }));
  const together = (kind: "shared" | "own"): readonly ArchivedFile[] =>
    sorted.flatMap((one) => one[kind].map((file) => ({ ...file, path: `${one.index}/${file.path}` })));
  const packed = (name: string, folder: string, files: readonly ArchivedFile[], isOwn = false): Packed[] =>
    files.length === 0 ? [] : [{ name: `BURSTLET_${name}`, folder, text: archiveOf(files), isOwn }];
  return [
    ...packed("SHARED", filesRoot, together("shared")).map((one) => {
      if (plain === "object") return { ...one, isObject: true };
      return plain === "stored" && typeof one.text === "string" ? { ...one, text: new SecretText(one.text) } : one;
    }),
    ...packed("OWN", filesRoot, together("own"), true),
    ...sorted.flatMap(({ index, secret }) => packed(`SECRET_${index}`, folderOf(index), secret)),
    ...sorted.flatMap(({ index, token }) => packed(`TOKEN_${index}`, folderOf(index), token)),
  ];
}

type Kind = "shared" | "own" | "secret" | "token";

function sortedOf(pod: ResolvedPod, part: Part, gid: number): Readonly<Record<Kind, readonly ArchivedFile[]>> {
  const own = ownPaths(pod.pod, part.volume);
  const tokens = tokenPaths(pod.pod, part.volume);
  const kindOf = (file: ResolvedFile): Kind => {
    const path = part.subPath === "" ? file.path : `${part.subPath}/${file.path}`;
    if (isSecret(file.content)) return tokens.has(path) ? "token" : "secret";
    return own.has(path) ? "own" : "shared";
  };
  const of = (kind: Kind): readonly ArchivedFile[] =>
    (part.files ?? []).filter((file) => kindOf(file) === kind).map((file) => ({ ...file, gid }));
  return { shared: of("shared"), own: of("own"), secret: of("secret"), token: of("token") };
}

const storedObject = ({ text }: Packed): StoredSecret => {
  return { ref: "objects/shared", content: typeof text === "string" ? new SecretText(text) : text, is: "object" };
};

/** Which object it is, for whoever looks for objects that no task needs, and what it has to be. */
const objectVariables = ({ ref, content }: StoredSecret): readonly KeyValuePair[] => [
  { name: objectVariable, value: ref },
  { name: sumVariable, value: createHash("sha256").update(content.reveal()).digest("hex") },
];

/** What is secret, cut to what one value holds. */
function chunked(most: number): (packed: Packed) => readonly (StoredSecret & { readonly variable: string })[] {
  return ({ name, text }) => {
    if (typeof text === "string") return [];
    const whole = text.reveal();
    return Array.from({ length: Math.ceil(whole.length / most) }, (_, index) => {
      const variable = `${name}_${index}`;
      const content = new SecretText(whole.slice(index * most, (index + 1) * most));
      return { variable, ref: `files/${variable}`, content };
    });
  };
}

const lengthOf = (text: string | SecretText): number => (typeof text === "string" ? text : text.reveal()).length;

const folderOf = (index: number): string => `${filesRoot}/${index}`;

function mountOf({ name }: Part, index: number): MountPoint {
  return { sourceVolume: name, containerPath: folderOf(index) };
}

/** As the kubelet has them: everybody may write into an emptyDir, and with an fsGroup what is made there is the group's. */
function rootOf(pod: ResolvedPod): (part: Part, index: number) => Root {
  const group = fsGroupOf(pod);
  return ({ files }, index) => ({
    folder: folderOf(index),
    group: group ?? 0,
    mode: files !== undefined ? "0755" : group === undefined ? "0777" : "2777",
  });
}

function fsGroupOf({ pod }: ResolvedPod): number | undefined {
  return pod.spec?.securityContext?.fsGroup;
}

/** An emptyDir belongs to root where nobody says otherwise: of a pod that runs as somebody else it is opened. */
function isMountedByOthers({ pod }: ResolvedPod, { volume }: Part): boolean {
  return writtenContainers(pod).some(({ container }) => {
    const user = container.securityContext?.runAsUser ?? pod.spec?.securityContext?.runAsUser ?? 0;
    return user !== 0 && (container.volumeMounts ?? []).some(({ name }) => name === volume);
  });
}
