/** Gives the volumes of a live task other files, while containers read them. */
import { buffer } from "node:stream/consumers";
import { packTar, ProviderError } from "../../../../../src/provider.ts";
import type { FilesVolume } from "../../../../../src/provider.ts";
import type { TaskSpec } from "../../runtime.ts";
import { sandboxName } from "../names.ts";
import { amend, type RecordedTask, type Workshop } from "../perform.ts";
import { lateValues } from "../request/bodies.ts";
import { replacementEntries } from "../request/files.ts";
import { begunReplacement, endedReplacement, liveFolder, swapArguments } from "../request/live.ts";
import { sandboxFolder } from "../request/mounts.ts";
import { swapCommand } from "../own-image/pause.ts";
import { exitCode } from "../streams/exit-code.ts";

/** Call it with the task's lock, after a look. */
export async function replaceFiles(shop: Workshop, task: RecordedTask, files: readonly FilesVolume[]): Promise<void> {
  const { spec } = task.record;
  const unknown = files.find(({ name }) => !spec.volumes.some((one) => one.name === name && one.kind === "files"));
  if (unknown !== undefined) {
    const message = `task ${task.name} has no volume of files called ${unknown.name}`;
    throw new ProviderError("invalid", "VolumeNotFound", message);
  }
  const sandbox = task.seen.find((one) => one.kind === "sandbox");
  // Before that the volumes are filled from the record, when the sandbox runs.
  const isFilled = sandbox?.state === "running" && sandbox.startedAt === task.record.filled;
  for (const volume of files) {
    if (isFilled) await replaceVolume(shop, task, volume);
    else await amend(shop, task, { spec: withFiles(task.record.spec, volume) });
  }
}

async function replaceVolume(shop: Workshop, task: RecordedTask, volume: FilesVolume): Promise<void> {
  const begun = begunReplacement(task.record.spec, task.record.live[volume.name], volume);
  const spec = withFiles(task.record.spec, volume);
  await amend(shop, task, { spec, live: { ...task.record.live, [volume.name]: begun } });
  const entries = replacementEntries(spec, volume, begun, lateValues(task.record.addresses, shop.hostIP));
  await shop.client.upload(sandboxName(task.name), sandboxFolder, packTar(entries));
  await swap(shop, sandboxName(task.name), swapArguments(liveFolder(spec, volume.name), begun));
  await amend(shop, task, { live: { ...task.record.live, [volume.name]: endedReplacement(begun, volume) } });
}

function withFiles(spec: TaskSpec, volume: FilesVolume): TaskSpec {
  return { ...spec, volumes: spec.volumes.map((one) => (one.name === volume.name ? volume : one)) };
}

/** Linux gives one program no more arguments than a few megabytes hold. */
const mostRemoved = 2000;

async function swap(
  { client, clock }: Pick<Workshop, "client" | "clock">,
  sandbox: string,
  [from = "", to = "", ...stale]: readonly string[],
): Promise<void> {
  const [now, later] = [stale.slice(0, mostRemoved), stale.slice(mostRemoved)];
  const Cmd = [swapCommand, from, to, ...now];
  const exec = await client.createExec(sandbox, { Cmd, AttachStdout: true, AttachStderr: true });
  await buffer(await client.startExec(exec, undefined));
  const ask = async () => {
    const seen = await client.inspectExec(exec);
    return seen && { running: seen.Running, code: seen.ExitCode ?? undefined };
  };
  const code = await exitCode(ask, clock, new AbortController().signal);
  if (code !== 0) {
    const message = `the new files of a volume could not be put in place of the old ones (exit code ${code})`;
    throw new ProviderError("transient", "VolumeUpdateFailed", message);
  }
  // A rename of a link onto itself does nothing, and what is left is removed.
  if (later.length > 0) await swap({ client, clock }, sandbox, [to, to, ...later]);
}
