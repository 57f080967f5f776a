/** Files of volumes as containers have left them, read in the sandbox: no link leads out of it. */
import { mostFileBytes, type ReadVolumeFile } from "../../env-files.ts";
import type { TaskSpec } from "../../runtime.ts";
import type { EngineClient } from "../api/client.ts";
import { firstFile } from "../../../../../src/provider.ts";
import { sandboxName } from "../names.ts";
import { volumeFile } from "../request/mounts.ts";

/** Head of the archive and its end, with room for long names. */
const archiveBytes = 16 * 1024;

export function volumeFileReader(client: Pick<EngineClient, "download">, task: string, spec: TaskSpec): ReadVolumeFile {
  return async (volume, path) => {
    const tar = await client.download(sandboxName(task), volumeFile(spec, volume, path), mostFileBytes + archiveBytes);
    if (tar === undefined) return undefined;
    const found = firstFile(tar, mostFileBytes);
    if (found === undefined) throw new Error("it is no regular file");
    return found;
  };
}
