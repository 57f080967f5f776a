/** Volumes of a pod as those of a group: scratch space, shares, and files that never change while the group lives. Pure. */
import {
  Late,
  type Refusal,
  type ResolvedContainer,
  type ResolvedPod,
  type ResolvedVolume,
  type StorageVolume,
  isAutomountedToken,
  volumePath,
} from "../../../src/provider.ts";
import { volumeName } from "../names.ts";
import { type ContainerProperties, FileBytes, type FileShare, type VolumeBody } from "../request.ts";
import { shareOf, shareRefusals } from "./azure-files.ts";

/** Of one group (Azure's page of ACI's limits). */
const mostVolumes = 20;

/** What nothing mounts is left out: there are few volumes, and nobody would miss it. So is the automounted token. */
export function groupVolumes(pod: ResolvedPod): readonly VolumeBody[] {
  return usedVolumes(pod).map(({ volume, name }): VolumeBody => {
    if (volume.kind === "emptyDir") return { name, emptyDir: {} };
    if (volume.kind === "storage") return { name, azureFile: shareIn(volume) };
    const files = volume.files.flatMap(({ path, content, encoding }) =>
      content instanceof Late ? [] : [[path, new FileBytes(content, encoding)] as const],
    );
    return { name, secret: Object.fromEntries(files) };
  });
}

/** One that has been refused has no group. */
function shareIn(volume: StorageVolume): FileShare {
  const found = shareOf(volume);
  if ("share" in found) return found.share;
  throw new TypeError(`volume ${volume.name} is refused`);
}

export function mountsOf(pod: ResolvedPod, { mounts }: ResolvedContainer): ContainerProperties["volumeMounts"] {
  const names = new Map(usedVolumes(pod).map(({ volume, name }) => [volume.name, name]));
  const found = mounts.flatMap(({ volume, path, readOnly }) => {
    const name = names.get(volume);
    return name === undefined ? [] : [{ name, mountPath: path, readOnly }];
  });
  return found.length > 0 ? found : undefined;
}

export function volumeRefusals(pod: ResolvedPod): readonly Refusal[] {
  const used = usedVolumes(pod);
  const many = `A group has at most ${mostVolumes} volumes, and the pod mounts ${used.length}: join some by projected ones.`;
  return [
    ...(used.length > mostVolumes ? [{ path: "spec.volumes", sentence: many }] : []),
    ...used.flatMap(({ volume }) => fileRefusals(pod, volume)),
    ...shareRefusals(
      pod,
      used.flatMap(({ volume }) => (volume.kind === "storage" ? [volume] : [])),
    ),
  ];
}

function fileRefusals(pod: ResolvedPod, volume: ResolvedVolume): Refusal[] {
  if (volume.kind !== "files") return [];
  const path = volumePath(pod.pod, volume.name);
  const inFolder = volume.files.find((file) => file.path.includes("/"));
  const isLate = volume.files.some(({ content }) => content instanceof Late);
  return [
    ...(inFolder === undefined
      ? []
      : [
          {
            path,
            sentence: `A volume of Azure's has no folders, and ${inFolder.path} is in one: give it a plain name.`,
          },
        ]),
    ...(isLate ? [{ path, sentence: "Only the running group knows its address: no file can hold it." }] : []),
  ];
}

function usedVolumes(pod: ResolvedPod): readonly { readonly volume: ResolvedVolume; readonly name: string }[] {
  const mounted = new Set(pod.containers.flatMap(({ mounts }) => mounts.map(({ volume }) => volume)));
  const token = new Set((pod.pod.spec?.volumes ?? []).filter(isAutomountedToken).map(({ name }) => name));
  return pod.volumes
    .filter(({ name }) => mounted.has(name) && !token.has(name))
    .map((volume, index) => ({ volume, name: volumeName(index) }));
}
