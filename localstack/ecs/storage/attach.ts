import type { HostPath } from "../../../providers/local/runtime/runtime.ts";
import type { Scenario } from "../../scenario/schema.ts";
import type { TaskVolume } from "../input/volume.ts";
import type { TaskRecord } from "../task/record.ts";
import type { Verdict } from "../task/verdict.ts";
import type { Folders } from "./folders.ts";

/** Volumes of a task that are more than its own disk, or why it cannot start. Texts of the EFS utils are from memory. */
export function attach(
  { id, definition }: TaskRecord,
  scenario: Scenario,
  folders: Folders,
): readonly HostPath[] | Verdict {
  const found: HostPath[] = [];
  for (const volume of definition.volumes) {
    const folder = folderOf(volume, id, scenario, folders);
    if (typeof folder === "object") return folder;
    if (folder !== undefined) found.push({ name: volume.name, path: folder, create: false });
  }
  return found;
}

function folderOf(
  { efsVolumeConfiguration: efs, configuredAtLaunch }: TaskVolume,
  taskId: string,
  { fileSystems, region }: Scenario,
  folders: Folders,
): string | undefined | Verdict {
  if (configuredAtLaunch) return folders.disk(taskId);
  if (efs === undefined) return undefined;
  const { fileSystemId: id, rootDirectory = "/", authorizationConfig: { accessPointId = "" } = {} } = efs;
  const host = `${id}.efs.${region}.amazonaws.com`;
  const fileSystem = Object.hasOwn(fileSystems, id) ? fileSystems[id] : undefined;
  if (fileSystem === undefined)
    return trouble(`Failed to resolve "${host}" - check that your file system ID is correct`);
  if (accessPointId === "") return folders.within(id, rootDirectory) ?? trouble(notFound(host, rootDirectory));
  const point = Object.hasOwn(fileSystem.accessPoints, accessPointId)
    ? fileSystem.accessPoints[accessPointId]
    : undefined;
  if (point === undefined) return trouble("b'mount.nfs4: access denied by server while mounting 127.0.0.1:/'");
  return folders.made(id, point.path) ?? trouble(notFound(host, point.path));
}

const notFound = (host: string, path: string): string =>
  `b'mount.nfs4: mounting ${host}:${path} failed, reason given by server: No such file or directory'`;

function trouble(words: string): Verdict {
  const reason =
    `ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: ${words} : ` +
    "unsuccessful EFS utils command execution; code: 32";
  return { is: "stop", code: "TaskFailedToStart", reason };
}
