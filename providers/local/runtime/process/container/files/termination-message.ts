import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import type { Clock } from "../../../../../../src/provider.ts";
import { readLog } from "../../../log-reader.ts";

/** The kubelet's limits: MaxContainerTerminationMessageLength, and of the log MaxContainerTerminationMessageLogLength and …LogLines. */
const limits = { fileBytes: 4096, logBytes: 2048, logLines: 80 } as const;

/** The last bytes of the container's file, or, when it is empty and `fallback`, of its log. */
export async function terminationMessage(want: {
  file: string;
  log: string;
  fallback: boolean;
  clock: Clock;
}): Promise<string> {
  const own = lastBytes(want.file, limits.fileBytes);
  if (own !== "" || !want.fallback) return own;
  const source = { path: want.log, ended: () => true, clock: want.clock };
  const pieces: Buffer[] = [];
  for await (const batch of readLog(
    source,
    { follow: false, tailLines: limits.logLines },
    new AbortController().signal,
  ))
    for (const record of batch) pieces.push(record.bytes, Buffer.from(record.partial ? "" : "\n"));
  return Buffer.concat(pieces).subarray(-limits.logBytes).toString();
}

function lastBytes(path: string, count: number): string {
  let file: number;
  try {
    // Without isolation the container may have put a link there.
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return "";
  }
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, count));
    const read = readSync(file, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString("utf8", 0, read);
  } finally {
    closeSync(file);
  }
}
